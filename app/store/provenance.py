"""The provenance log: every decision and every action, in a chain of hashes that shows what is done to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, LargeBinary, cast, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import LogLine, Seal
from app.store.address import SQLITE
from app.store.chain import GENESIS, BadEntry, Kind, ProvenanceEntry, canonical, entry_of, sealed
from app.store.tables import provenance as table
from app.store.tampering import Report, Row, Verification

RECENT = 20_000  # rows at the end of the log in which a page looks for its own: nothing indexes them
BATCH = 5_000  # rows of one short transaction: on SQLite even a reader's keeps the writers waiting
_LOCK = 0x70726F76  # any number that nobody else locks: "prov"
_FIRST = -(2**63)  # below every number that a row can have, also one that is none of ours


async def append(connection: AsyncConnection, entries: Sequence[ProvenanceEntry]) -> list[Seal]:
    """Add `entries` in the caller's transaction, which they share the fate of; their seals.

    From here to the end of the transaction nobody else appends, so let it be the last thing that a transaction does.
    """
    if connection.dialect.name != SQLITE:  # whose transactions are one at a time
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = await _head(connection)
    seals, rows = [], []
    for written in map(canonical, entries):
        last = Seal(last.seq + 1, sealed(last.hash, written))
        seals.append(last)
        rows.append({"seq": last.seq, "entry": written, "hash": last.hash})
    if rows:
        await connection.execute(insert(table), rows)
    return seals


_LAST = 2**63 - 1  # the largest number that a row can be given, by whoever wants us to stumble


@dataclass(frozen=True, slots=True)
class Link:
    """A row as it is stored, and the hash that the row before it shows."""

    seq: int
    entry: bytes
    hash: bytes
    before: bytes


@dataclass(frozen=True, slots=True)
class Provenance:
    """The log as a whole."""

    engine: AsyncEngine

    async def append(self, entries: Sequence[ProvenanceEntry]) -> list[Seal]:
        """Add `entries` in a transaction of their own; their seals."""
        async with self.engine.begin() as connection:
            return await append(connection, entries)

    async def head(self) -> Seal:
        """The newest seal; number 0 and GENESIS where nothing is logged."""
        async with self.engine.connect() as connection:
            return await _head(connection)

    async def rows(self, since: int = _FIRST) -> AsyncIterator[list[Row]]:
        """The rows from number `since` on, in batches, as they are stored: nothing is taken to be sound."""
        while since <= _LAST and (batch := await self._batch(since)):
            yield batch
            since = batch[-1][0] + 1

    async def of_experiment(self, key: int, repository: str, sha: str, most: int = 20) -> list[LogLine]:
        """What the newest RECENT rows tell of an experiment on commit `sha`, and of what was done because of it."""
        return (await self._about(repository, f'"head_sha":"{sha}"', partial(_because_of, key)))[-most:]

    async def of_study(self, key: int, repository: str, sha: str, most: int = 20) -> list[LogLine]:
        """What the newest RECENT rows tell of a study of the deployment of commit `sha`, and of opinions on it."""
        return (await self._about(repository, f'"head_sha":"{sha}"', partial(_of_study, key)))[-most:]

    async def of_pull(self, repository: str, number: int, most: int = 40) -> list[LogLine]:
        """What the newest RECENT rows tell of a pull request."""
        return (await self._about(repository, f'"number":{number},', lambda entry: entry.number == number))[-most:]

    async def slice(self, repository: str, number: int, sha: str, decision: int) -> list[Link]:
        """The rows about a pull request, or about its commit `sha`, up to the one that logs its `decision`.

        Each as it is stored, with the hash of the row before it; empty where no row logs that decision. Reads the whole
        log up to there.
        """
        until = await self._logged(repository, decision)
        if until is None:
            return []
        rows = _about(f'"number":{number},', f'"head_sha":{json.dumps(sha)}')
        before = table.alias()
        columns = [_bytes(column, self.engine.dialect.name) for column in (table.c.entry, table.c.hash, before.c.hash)]
        query = select(table.c.seq, *columns).outerjoin(before, before.c.seq == table.c.seq - 1)
        async with self.engine.connect() as connection:
            found = await connection.execute(query.where(table.c.seq <= until, rows).order_by(table.c.seq))
            links = [Link(seq, entry, shown, last or GENESIS.encode()) for seq, entry, shown, last in found]
        return [one for one in links if _theirs(one.entry, repository, number, sha)]

    async def _logged(self, repository: str, decision: int) -> int | None:
        """The number of the row that logs a decision."""
        query = select(table.c.seq, table.c.entry).where(_about(f'"decision_id":{decision},'))
        async with self.engine.connect() as connection:
            for seq, text_of in await connection.execute(query.order_by(table.c.seq)):
                entry = _read(text_of)
                if entry and entry.kind is Kind.DECISION and entry.repository.lower() == repository.lower():
                    return int(seq)
        return None

    async def of_module(self, repository: str, name: str, most: int = 20) -> list[LogLine]:
        """What the newest RECENT rows tell of the drift of a module."""
        return (await self._about(repository, f'"kind":"{Kind.DRIFT}"', partial(_of_module, name)))[-most:]

    async def _about(self, repository: str, mark: str, ours: Callable[[ProvenanceEntry], bool]) -> list[LogLine]:
        """What the newest RECENT rows with `mark` in them tell of a repository, as far as it is `ours`."""
        newest = select(func.max(table.c.seq) - RECENT).scalar_subquery()
        query = select(table).where(table.c.seq > newest, table.c.entry.contains(mark, autoescape=True))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query.order_by(table.c.seq))).all()
        told = [
            (row, entry)
            for row in rows
            if (entry := _read(row.entry)) and entry.repository.lower() == repository.lower()
        ]
        return [_line(Seal(row.seq, row.hash), entry) for row, entry in told if ours(entry)]

    async def verify(
        self, witnessed: Sequence[Seal] = (), progress: Callable[[int], None] = lambda _rows: None
    ) -> Report:
        """Read the whole log and name whatever does not fit, or is not as `witnessed` (hashes may be beginnings)."""
        reading = Verification(witnessed)
        async for batch in self.rows():
            reading.read(batch)
            progress(reading.rows)
        return reading.report()

    async def _batch(self, since: int) -> list[Row]:
        columns = (_bytes(column, self.engine.dialect.name) for column in (table.c.entry, table.c.hash))
        query = select(table.c.seq, *columns).where(table.c.seq >= since).order_by(table.c.seq).limit(BATCH)
        async with self.engine.connect() as connection:
            return [(seq, entry, shown) for seq, entry, shown in await connection.execute(query)]


def _about(*marks: str) -> ColumnElement[bool]:
    """Rows with any of `marks` in them."""
    return or_(*(table.c.entry.contains(mark, autoescape=True) for mark in marks))


def _theirs(text_of: bytes, repository: str, number: int, sha: str) -> bool:
    """Whether a row is about that pull request or its commit; what cannot be read is, for whoever looks to see."""
    try:
        entry = entry_of(text_of)
    except BadEntry:
        return True
    return entry.repository.lower() == repository.lower() and (entry.number == number or entry.head_sha == sha)


def _read(text: str) -> ProvenanceEntry | None:
    """The entry; None for a row that was tampered with, which `maestro audit verify` tells of."""
    try:
        return entry_of(text.encode())
    except BadEntry:
        return None


def _because_of(key: int, entry: ProvenanceEntry) -> bool:
    if entry.kind is Kind.EXPERIMENT:
        return entry.what.startswith(f"experiment {key}:")
    return entry.kind is not Kind.DECISION and entry.reason.startswith("experiment.")


def _of_study(key: int, entry: ProvenanceEntry) -> bool:
    return entry.kind is Kind.STUDY and entry.what.startswith(f"study {key}:")


def _of_module(name: str, entry: ProvenanceEntry) -> bool:
    return entry.kind is Kind.DRIFT and name in entry.what.replace(":", " ").split()


def _line(seal: Seal, entry: ProvenanceEntry) -> LogLine:
    said = (entry.what, entry.result, entry.who, entry.reason)
    changed, about = (entry.before, entry.after), (entry.kind.value, entry.decision_id)
    return LogLine(entry.at / 1e6, *said, seal.short, entry.surface.value, *changed, *about)


async def _head(connection: AsyncConnection) -> Seal:
    query = select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return Seal(0, GENESIS) if row is None else Seal(row.seq, row.hash)


def _bytes(column: ColumnElement[str], dialect: str) -> ColumnElement[bytes]:
    """A text as its bytes: SQLite keeps what is no text in a column of texts, and to read it as one would fail."""
    return cast(column, LargeBinary) if dialect == SQLITE else func.convert_to(column, "UTF8")
