"""`maestro audit`: is the provenance log whole, and what does it say?

An audit changes nothing. It makes no tables, so that a role which may only read will do.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.commands.existing import existing
from app.commands.statement import statement
from app.exit import Exit
from app.model import Seal
from app.store.chain import BadEntry, ProvenanceEntry, entry_of
from app.store.database import connect
from app.store.provenance import Provenance
from app.store.tampering import Report, Row

T = TypeVar("T")

PROGRESS = 100_000  # rows between two words of progress
_SEAL = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{12,64})")


def _seals(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> list[Seal]:
    found = [_SEAL.fullmatch(one) for one in given]
    if not all(found):
        raise click.BadParameter("a seal is SEQ:HASH as a card shows it, the hash of 12 to 64 small hexadecimal digits")
    return [Seal(int(one[1]), one[2]) for one in found if one]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def audit() -> None:
    """Verify or export the provenance log: every decision and every action."""


@audit.command("verify")
@click.option(
    "--head", "heads", metavar="SEQ:HASH", multiple=True, callback=_seals, help="A seal that a card shows; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def verify(heads: list[Seal], as_json: bool) -> None:
    """Read the whole log and name every row that was changed, removed, moved or inserted.

    Rows cut off at the end, and a log that was rewritten as a whole, show only against a seal from outside: give one
    or more with --head. The exit code is 0 where the log is intact and 1 where it is not.
    """
    report = with_log(lambda log: log.verify(heads, _progress))
    if as_json:
        click.echo(json.dumps(_outcome(report), indent=2))
    else:
        for flaw in report.flaws:
            click.echo(str(flaw))
        click.echo(f"{_counted(len(report.flaws), 'flaw') if report.flaws else 'intact'}: {_extent(report)}")
    sys.exit(Exit.BLOCK if report.flaws else Exit.SHIP)


@audit.command("head")
def head() -> None:
    """Print the newest seal, SEQ:HASH: keep it elsewhere, for `audit verify --head`."""
    click.echo(str(with_log(lambda log: log.head())))


@audit.command("export")
@click.option("--in-toto", "as_statements", is_flag=True, help="An in-toto Statement v1 a line.")
@click.option("--since", type=click.IntRange(min=1), default=1, help="The first row to export [default: 1].")
@click.option("--repository", metavar="OWNER/NAME", help="Only what happened there.")
def export(as_statements: bool, since: int, repository: str | None) -> None:
    """Print the log, one JSON object a line.

    A Statement is about a commit: with --in-toto, entries that name none are left out.
    """
    line = _statement_line if as_statements else _plain_line
    left_out = with_log(lambda log: _export(log, since, _chosen(repository), line))
    for reason in left_out:
        click.echo(f"maestro: {reason}", err=True)
    sys.exit(Exit.BLOCK if left_out else Exit.SHIP)


def with_log(use: Callable[[Provenance], Awaitable[T]]) -> T:
    """What `use` makes of the log in the database that `DATABASE_URL` names. Raises ClickException, OSError."""

    async def used(engine: AsyncEngine) -> T:
        try:
            return await use(Provenance(engine))
        except DBAPIError as error:
            raise OSError(f"the log cannot be read: {error.orig}") from None
        finally:
            await engine.dispose()

    return asyncio.run(used(connect(existing())))


Line = Callable[[ProvenanceEntry, Row], str | None]
Chosen = Callable[[ProvenanceEntry], bool]


async def _export(log: Provenance, since: int, chosen: Chosen, line: Line) -> list[str]:
    """Print the lines of the chosen entries; returns the rows that are no entries at all, each with the reason."""
    left_out: list[str] = []
    async for batch in log.rows(since):
        for row in batch:
            try:
                entry = entry_of(row[1])
            except BadEntry as error:
                left_out.append(f"row {row[0]} is no entry: {error}")
                continue
            written = line(entry, row) if chosen(entry) else None
            if written is not None:
                click.echo(written)
    return left_out


def _chosen(repository: str | None) -> Chosen:
    """GitHub takes Octo/Shop and octo/shop for one."""
    return lambda entry: repository is None or entry.repository.lower() == repository.lower()


def _plain_line(_entry: ProvenanceEntry, row: Row) -> str:
    """The entry goes out as it is stored: whoever has the line before can check its hash."""
    return f'{{"seq":{row[0]},"hash":{json.dumps(row[2].decode("utf-8", "replace"))},"entry":{row[1].decode()}}}'


def _statement_line(entry: ProvenanceEntry, row: Row) -> str | None:
    return statement(entry, Seal(row[0], row[2].decode("utf-8", "replace")))


def _progress(rows: int) -> None:
    if rows % PROGRESS == 0:
        click.echo(f"{rows:,} rows read", err=True)


def _outcome(report: Report) -> dict[str, object]:
    flaws = [{"row": flaw.row, "what": flaw.what} for flaw in report.flaws]
    head = {"seq": report.head.seq, "hash": report.head.hash}
    return {"intact": not flaws, "rows": report.rows, "head": head, "flaws": flaws}


def _extent(report: Report) -> str:
    return f"{_counted(report.rows, 'row')}, head {report.head}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
