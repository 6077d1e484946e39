"""`maestro kpi`: the outcome metrics, from what is stored."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from app.commands.existing import existing
from app.commands.kept import with_stores
from app.render import kpi as words
from app.render.escape import log as inert
from program.kpi import Reported, report

if TYPE_CHECKING:
    from app.storage import Stores
    from program.kpi import Facts

_DAY = 86_400.0  # seconds
_PIPED = 4_000  # characters: what is read by a program is not folded


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("repository", default="", metavar="[OWNER/NAME]")
@click.option("--days", type=click.IntRange(1, 3_650), default=30, show_default=True, help="The last so many.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON; docs/kpi.md tells of each field.")
def kpi(repository: str, days: int, as_json: bool) -> None:
    """Tell the outcome metrics of OWNER/NAME, or of all repositories together.

    Each stands with its 95 % interval and what it rests on. Reads the database that DATABASE_URL names, and asks GitHub
    nothing.
    """
    existing()
    end = time.time()

    async def read(stores: Stores) -> Facts | None:
        if repository and repository.lower() not in await stores.kpis.repositories():
            return None
        return await stores.kpis.facts([repository] if repository else None, end - days * _DAY, end)

    facts = with_stores(read)
    if facts is None:
        raise click.UsageError(f"nothing was ever decided in {inert(repository)}")
    told = report(facts)
    if as_json:
        click.echo(json.dumps(words.plain(told, facts, repository.lower() or None), indent=2, allow_nan=False))
    else:
        _draw(told)


def _draw(told: Sequence[Reported]) -> None:
    from rich.console import Console  # takes as long to load as all the rest
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("figure", "value", "95 % interval", "rests on"):
        table.add_column(name, overflow="fold")
    for one in told:
        table.add_row(*map(inert, _row(one)))
    console = Console(width=None if sys.stdout.isatty() else _PIPED)
    console.print(table, markup=False)
    for one in told:
        if compared := words.compared(one):
            console.print(f"\n{inert(one.kpi.title)}. {inert(compared)}", markup=False, highlight=False)


def _row(one: Reported) -> tuple[str, str, str, str]:
    figure = one.told.figure
    beside = "; ".join((words.rests_on(figure), *one.told.beside)).removeprefix("; ")
    return one.kpi.title, words.said(figure, one.kpi), words.between(figure, one.kpi), beside
