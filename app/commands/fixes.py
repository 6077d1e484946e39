"""`maestro sbom fixes`: what was proposed, what became of it, and how long it took."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from app.render.escape import log as inert
from app.render.spans import span

if TYPE_CHECKING:
    from app.model import Fix

GOAL = 86_400.0  # seconds from publication to green, for what is critical
_PIPED = 4_000  # characters: what is read by a program is not folded


@click.command("fixes")
@click.option("--repository", default="", metavar="OWNER/NAME", help="Only those of this repository.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print the list and the summary as JSON.")
def fixes(repository: str, limit: int, as_json: bool) -> None:
    """List the fixes that were proposed, the newest first, and how long they took from publication to green.

    Reads the database that DATABASE_URL names, and asks GitHub nothing.
    """
    # Here, because the other commands of `maestro sbom` must not pay for a database.
    from app.commands.existing import existing
    from app.commands.kept import with_stores
    from app.store.fixes import plain

    existing()
    found = with_stores(lambda stores: stores.fixes.listed(limit, repository))
    told = [plain(one) for one in found]
    if as_json:
        click.echo(json.dumps({"fixes": told, "critical": criticals(found)}, indent=2))
    elif not told:
        click.echo("no fixes")
    else:
        _draw(told)
        click.echo(_summary(criticals(found)))


def criticals(found: Sequence[Fix]) -> dict[str, Any]:
    """Of the fixes of critical advisories: how many there are, are still awaited, and were seen to mend; and of the
    last, whose publication is known, the seconds that it took from there: the median, the longest, and within a day.
    """
    critical = [one for one in found if one.severity == "critical"]
    took = [one.seconds_to_green for one in critical if one.seconds_to_green is not None]
    return {
        "fixes": len(critical),
        "awaited": sum(one.awaited for one in critical),
        "green": len(took),
        "within_a_day": sum(seconds <= GOAL for seconds in took),
        "median_seconds": round(median(took)) if took else None,
        "longest_seconds": round(max(took)) if took else None,
    }


def _summary(told: dict[str, Any]) -> str:
    said = f"critical: {told['fixes']} proposed, {told['awaited']} awaited, {told['green']} from publication to green"
    if not told["green"]:
        return said
    median_, longest = span(told["median_seconds"]), span(told["longest_seconds"])
    return f"{said}: median {median_}, longest {longest}, {told['within_a_day']} within a day"


def _draw(told: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console  # takes as long to load as all the rest
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("repository", "target", "package", "severity", "state", "published", "opened", "green"):
        table.add_column(name, overflow="fold")
    for one in told:
        table.add_row(*map(inert, _row(one)))
    Console(width=None if sys.stdout.isatty() else _PIPED).print(table, markup=False)


def _row(told: Mapping[str, Any]) -> tuple[str, ...]:
    """`opened` and `green` are told as the time since the publication, where that is known."""
    number, refusal = told["pull_request"], told["refusal"]
    return (
        told["repository"],
        told["target"],
        f"{told['purl'].removeprefix('pkg:')} {told['version']}",
        told["severity"],
        f"{told['state']}{f' #{number}' if number else ''}{f': {refusal}' if refusal else ''}",
        told["published"] or "",
        _after(told["seconds_to_open"], told["opened"]),
        _after(told["seconds_to_green"], told["green"]),
    )


def _after(seconds: int | None, moment: str | None) -> str:
    return f"+{span(seconds)}" if seconds is not None else moment or ""
