"""`maestro audit`: is the provenance log whole, and what does it say?

An audit changes nothing. It makes no tables, so that a role which may only read will do.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.commands.existing import existing
from app.commands.statement import statement
from app.exit import Exit
from app.model import Seal, Surface
from app.render.escape import line
from app.store.chain import BadEntry, Kind, ProvenanceEntry, entry_of
from app.store.database import connect
from app.store.provenance import Provenance
from app.store.tampering import Report, Row

T = TypeVar("T")

PROGRESS = 100_000  # rows between two words of progress
LONGEST = 1_000  # characters of a line that is shown
_WHERE = re.compile(r"(?P<repository>[^/#\s]+/[^/#\s]+)(?:#(?P<number>[1-9][0-9]{0,9}))?|", re.ASCII)
_SEAL = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{12,64})")


def _seals(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> list[Seal]:
    found = [_SEAL.fullmatch(one) for one in given]
    if not all(found):
        raise click.BadParameter("a seal is SEQ:HASH as a card shows it, the hash of 12 to 64 small hexadecimal digits")
    return [Seal(int(one[1]), one[2]) for one in found if one]


@dataclass(frozen=True, slots=True)
class Where:
    """A repository, or one pull request of it; everywhere where neither is named."""

    repository: str = ""
    number: int | None = None


def _place(_context: click.Context, _parameter: click.Parameter, given: str) -> Where:
    found = _WHERE.fullmatch(given)
    if found is None:
        raise click.BadParameter("name a repository as OWNER/NAME, or a pull request as OWNER/NAME#NUMBER")
    return Where(found["repository"] or "", int(found["number"]) if found["number"] else None)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def audit() -> None:
    """Verify, show or export the provenance log: every decision and every action."""


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
    written_as = _statement_line if as_statements else _plain_line
    left_out = with_log(lambda log: _export(log, since, _chosen(repository), written_as))
    for reason in left_out:
        click.echo(f"maestro: {reason}", err=True)
    sys.exit(Exit.BLOCK if left_out else Exit.SHIP)


@audit.command("show")
@click.argument("where", metavar="[OWNER/NAME[#NUMBER]]", default="", callback=_place)
@click.option("--who", metavar="LOGIN", help="Only what this person, or `maestro`, caused.")
@click.option("--surface", type=click.Choice([one.value for one in Surface]), help="Only what was asked for there.")
@click.option("--kind", type=click.Choice([one.value for one in Kind]), help="Only lines of this kind.")
@click.option(
    "--last", type=click.IntRange(min=1, max=100_000), default=50, show_default=True, help="So many, at most."
)
def show(where: Where, who: str | None, surface: str | None, kind: str | None, last: int) -> None:
    """Print the newest lines of the log for people: when, who, in which role, from where, what, and what came of it."""

    def chosen(entry: ProvenanceEntry) -> bool:
        wanted = ((who, entry.who), (surface, entry.surface), (kind, entry.kind), (where.repository, entry.repository))
        return all(not one or one.lower() == other.lower() for one, other in wanted) and (
            where.number in {None, entry.number}
        )

    for said in with_log(lambda log: _newest(log, chosen, last)):
        click.echo(said)


async def _newest(log: Provenance, chosen: Chosen, last: int) -> Sequence[str]:
    """The last lines of the chosen entries, the oldest of them first; rows that are no entries tell nothing."""
    kept: deque[tuple[Row, ProvenanceEntry]] = deque(maxlen=last)
    async for batch in log.rows():
        for row in batch:
            with suppress(BadEntry):
                if chosen(entry := entry_of(row[1])):
                    kept.append((row, entry))
    return [_said(row, entry) for row, entry in kept]


def _said(row: Row, entry: ProvenanceEntry) -> str:
    """One line; whatever others wrote is one visible line, too."""
    at = datetime.fromtimestamp(entry.at / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
    where = entry.repository + (f"#{entry.number}" if entry.number is not None else "")
    who = f"{entry.who} ({', '.join(filter(None, (entry.role, entry.surface)))})"
    change = f": {entry.before} -> {entry.after}".replace("`", "") if entry.before or entry.after else ""
    said = (at, where, entry.head_sha[:7], who, f"{entry.kind} {entry.what}{change}", entry.result)
    seal = Seal(row[0], row[2].decode("utf-8", "replace"))
    return line(" · ".join((*said, seal.short)), LONGEST)


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


async def _export(log: Provenance, since: int, chosen: Chosen, written_as: Line) -> list[str]:
    """Print the lines of the chosen entries; returns the rows that are no entries at all, each with the reason."""
    left_out: list[str] = []
    async for batch in log.rows(since):
        for row in batch:
            try:
                entry = entry_of(row[1])
            except BadEntry as error:
                left_out.append(f"row {row[0]} is no entry: {error}")
                continue
            written = written_as(entry, row) if chosen(entry) else None
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
