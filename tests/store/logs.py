"""Logs to tamper with, and the raw SQL that does it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Seal
from app.store.address import SQLITE
from app.store.chain import GENESIS, Kind, ProvenanceEntry, canonical, sealed
from app.store.tampering import Report, Row, Verification

HEAD = "1a" * 20


def entry(number: int = 7, what: str = "ship") -> ProvenanceEntry:
    """A decision on one of many pull requests."""
    return ProvenanceEntry(kind=Kind.DECISION, repository="octo/shop", number=number, head_sha=HEAD, what=what)


def chained(entries: Sequence[ProvenanceEntry]) -> list[Row]:
    """The rows of a sound log."""
    rows, before = [], GENESIS
    for seq, one in enumerate(entries, 1):
        written = canonical(one)
        before = sealed(before, written)
        rows.append((seq, written.encode(), before.encode()))
    return rows


def judged(rows: Sequence[Row], *witnessed: Seal) -> Report:
    """What a verification says of `rows`."""
    reading = Verification(witnessed)
    reading.read(rows)
    return reading.report()


def seal(row: Row) -> Seal:
    """What a witness saw of `row`."""
    return Seal(row[0], row[2].decode())


async def unguarded(engine: AsyncEngine) -> None:
    """Take away the triggers, as somebody who owns the database can."""
    one_by_one = ("DROP TRIGGER provenance_kept", "DROP TRIGGER provenance_fixed")
    at_once = ("DROP TRIGGER provenance_fixed ON provenance",)
    async with engine.begin() as connection:
        for statement in one_by_one if engine.dialect.name == SQLITE else at_once:
            await connection.execute(text(statement))


async def replaced(engine: AsyncEngine, rows: Sequence[Row]) -> None:
    """Let the table hold exactly `rows`."""
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM provenance"))
        if rows:
            values = [{"s": seq, "e": entry.decode(), "h": shown.decode()} for seq, entry, shown in rows]
            await connection.execute(text("INSERT INTO provenance (seq, entry, hash) VALUES (:s, :e, :h)"), values)
