"""`maestro sbom`: bills of materials on the command line, judged as the App judges them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from app.commands import screen
from app.commands.bills import EXISTING, PLACE, advisories, bill, contents, data, day_of, policy, text
from app.commands.fixes import fixes
from app.commands.fixing import fix
from app.exit import Exit
from app.render.escape import log as inert
from checks.model import Mode, State
from checks.sbom import report
from checks.sbom.bills import writer
from checks.sbom.bills.bill import UnreadableError
from checks.sbom.judging.outcome import Outcome, Standing

_EXITS: Mapping[State, Exit] = {
    State.PASS: Exit.SHIP,
    State.WARN: Exit.SHIP,
    State.BLOCK: Exit.BLOCK,
    State.ERROR: Exit.INFRASTRUCTURE,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sbom() -> None:
    """Compare bills of materials, mend what is vulnerable, read, validate and convert them."""


@sbom.command("diff")
@click.argument("base", type=EXISTING)
@click.argument("head", type=EXISTING)
@click.option("--policy", "rules", type=EXISTING, help="A maestro.yml, or its `sbom` block by itself.")
@click.option("--osv", type=PLACE, help="Advisories: OSV records in a directory, .json, .jsonl, .jsonl.gz or .zip.")
@click.option("--vex", type=EXISTING, multiple=True, help="A VEX document (OpenVEX, CycloneDX); may be repeated.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Judge as on this day (UTC); today if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def diff(
    base: Path,
    head: Path,
    rules: Path | None,
    osv: Path | None,
    vex: tuple[Path, ...],
    day: datetime | None,
    as_json: bool,
) -> None:
    """Judge the bill HEAD against the bill BASE: what changed, what of it is risky, why it is there, what mends it.

    Nothing is asked of the network: without --osv only the advisories count that the bills carry themselves. The exit
    code is the verdict: 0 ship, 1 block, 2 a file that cannot be read, 3 hold.
    """
    config = policy(rules)
    known = advisories(osv, (bill(base), bill(head)))
    outcome = report.compare(
        data(base),
        data(head),
        config,
        known.records,
        [text(file) for file in vex],
        day_of(day),
        path=str(head),
        unread=known.unread,
    )
    click.echo(json.dumps(report.plain(outcome), indent=2) if as_json else _drawn(outcome))
    sys.exit(Exit.SHIP if config.mode is not Mode.BLOCK else _exit(outcome))


def _exit(outcome: Outcome) -> Exit:
    if outcome.standing is Standing.UNREADABLE:
        return Exit.USAGE
    return _EXITS.get(outcome.state, Exit.HOLD)


def _drawn(outcome: Outcome) -> str:
    from app.render.outcome import drawn  # rich takes as long to load as all the rest

    return drawn(outcome, width=screen.columns(), colour=screen.coloured())


sbom.add_command(fix)
sbom.add_command(fixes)


@sbom.command("show")
@click.argument("file", type=EXISTING)
@click.option("--json", "as_json", is_flag=True, help="Print the bill as JSON.")
def show(file: Path, as_json: bool) -> None:
    """Say what the bill FILE holds, and which parts of it cannot be read."""
    held = contents(bill(file))
    if as_json:
        click.echo(json.dumps(held, indent=2))
        return
    for name, value in held.items():
        for said in value if isinstance(value, list) else [value]:
            click.echo(f"{name:16}{inert(str(said))}")


@sbom.command("validate")
@click.argument("file", type=EXISTING)
def validate(file: Path) -> None:
    """Hold the CycloneDX bill FILE strictly against the schema of its version. The exit code is 2 when it breaks it."""
    try:
        found = writer.violations(data(file))
    except UnreadableError as error:
        raise click.ClickException(f"{file}: {error}") from None
    for violation in found:
        click.echo(f"{file}: {violation}", err=True)
    if found:
        sys.exit(Exit.USAGE)
    click.echo(f"{file}: valid")


@sbom.command("convert")
@click.argument("file", type=EXISTING)
@click.option("--product", default="", help="The name of the product, where the bill has none.")
def convert(file: Path, product: str) -> None:
    """Print the bill FILE, of whatever format, as CycloneDX 1.6 JSON."""
    found = bill(file)
    for flaw in found.flaws:
        click.echo(f"{file}: left out {flaw.position}: {flaw.message}", err=True)
    click.echo(writer.cyclonedx(found, product=product))
