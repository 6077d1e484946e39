"""`maestro drift`: is one table distributed as another?"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from app.commands import screen
from app.commands.bills import EXISTING
from app.commands.columns import tables
from app.commands.files import settings_in
from app.exit import Exit
from app.render.drift_json import plain
from checks.drift import DriftLimits, Kind, Reference, Standing
from checks.drift.answer import Answer, compared, followed

_TABLE = click.Path(exists=True, dir_okay=False, allow_dash=True)
_EXITS: Mapping[Standing, Exit] = {
    Standing.OK: Exit.SHIP,
    Standing.WATCH: Exit.SHIP,
    Standing.DRIFT: Exit.BLOCK,
    Standing.BLIND: Exit.HOLD,
}


def _kinds(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, Kind]:
    kinds = {}
    for each in given:
        name, _, kind = each.rpartition("=")
        if not name or kind not in list(Kind):
            raise click.BadParameter(f"{each!r} is not NAME={' or NAME='.join(Kind)}")
        kinds[name] = Kind(kind)
    return kinds


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("reference", type=_TABLE)
@click.argument("current", type=_TABLE)
@click.option("--type", "kinds", multiple=True, callback=_kinds, metavar="NAME=KIND", help="numeric or categorical.")
@click.option("--day-column", "day", help="Follow CURRENT day by day; days are written as 2026-11-30.")
@click.option("--config", "rules", type=EXISTING, help="Limits, YAML or JSON; docs/drift.md lists them.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def drift(
    reference: str, current: str, kinds: dict[str, Kind], day: str | None, rules: Path | None, as_json: bool
) -> None:
    """Compare the columns of CURRENT with those of REFERENCE, two CSV files with a header.

    "-" reads one of them from standard input; a file whose name ends in .gz is unpacked. The exit code is the answer:
    0 ok, or weak evidence, 1 a drift, 2 a table that cannot be read, 3 blind: too few rows, or a column is missing.
    """
    if reference == current == "-":
        raise click.UsageError("only one of the tables can come on standard input")
    limits = settings_in(rules, DriftLimits)
    known = _reference(reference, kinds, day, limits)
    came = tables(current, {feature.name: feature.kind for feature in known.features}, day)
    if day is not None and 0 in came:
        raise click.ClickException(f"{current}: there is no column {day!r}")
    answer = compared(known, came, limits) if day is None else followed(known, came, limits)
    click.echo(json.dumps(plain(answer), indent=2) if as_json else _drawn(answer))
    sys.exit(_EXITS[answer.state])


def _reference(file: str, kinds: Mapping[str, Kind], day: str | None, limits: DriftLimits) -> Reference:
    days = tables(file, kinds, day)
    there = {name for table in days.values() for name in table}
    unknown = [name for name in kinds if name not in there]
    if unknown:
        raise click.ClickException(f"{file}: there is no column {unknown[0]!r}")
    return Reference.of(days[0], limits) if 0 in days else Reference.of_days(days, limits)


def _drawn(answer: Answer) -> str:
    from app.render.drift import drawn  # rich takes as long to load as all the rest

    return drawn(answer, width=screen.columns(), colour=screen.coloured())
