"""`maestro shadow`: does a new version answer mirrored requests differently?"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
import msgspec

from app.commands import screen
from app.commands.bills import EXISTING
from app.commands.files import lines_of, settings_in
from app.exit import Exit
from checks.shadow import Noise, Report, Shadow, ShadowConfig, Status, Triple, parse

_EXITS: Mapping[Status, Exit] = {
    Status.CLEAN: Exit.SHIP,
    Status.NOISY: Exit.SHIP,
    Status.WAITING: Exit.HOLD,
    Status.NO_DATA: Exit.HOLD,
    Status.REGRESSION: Exit.BLOCK,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def shadow() -> None:
    """Compare what two versions of a service answer to the same requests."""


@shadow.command("diff")
@click.argument("triples", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--config", "rules", type=EXISTING, help="Settings, YAML or JSON; docs/checks/shadow.md lists them.")
@click.option("--noise", type=EXISTING, help="An earlier `--json` report, for triples without a secondary.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def diff(triples: str, rules: Path | None, noise: Path | None, as_json: bool) -> None:
    """Judge TRIPLES, a line of JSON for each mirrored request: what candidate, primary and secondary answered to it.

    "-" reads standard input. An id that came before is passed over. The exit code is the verdict: 0 clean, 1 a
    regression, 2 a line that cannot be read, 3 too few answers.
    """
    compared = Shadow(settings_in(rules, ShadowConfig), _noise(noise))
    with click.open_file(triples, "rb") as lines:
        for triple in _once(lines_of(lines, triples, parse)):
            compared.update(triple)
    report = compared.look()
    click.echo(msgspec.json.format(msgspec.json.encode(report, enc_hook=_plain)) if as_json else _drawn(report))
    sys.exit(_EXITS[report.status])


def _once(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Each triple once, by its id."""
    seen: set[str] = set()
    for triple in triples:
        if triple.id not in seen:
            seen.add(triple.id)
            yield triple


def _noise(file: Path | None) -> Noise | None:
    try:
        return None if file is None else Noise.read(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from None


def _plain(value: object) -> object:
    if isinstance(value, Noise):
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)


def _drawn(report: Report) -> str:
    from app.render.shadow import drawn  # rich takes as long to load as all the rest

    return drawn(report, width=screen.columns(), colour=screen.coloured())
