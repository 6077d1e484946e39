"""What is told of Spec Cards, added up on arrival: by commit, environment, side and hour, each target and clause.

A report counts once: of each its id is remembered for longer than a window is taken. What a target or a clause is, is
written only where it changed, so that a hundred instances cost counts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cachetools import LRUCache
from sqlalchemy import Table, and_, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.model import Cause, KeptExemplar, SpecClause, SpecReport, SpecSwitch, SpecTarget, SpecTold
from app.store.chain import Kind, told
from app.store.database import insert_into, now_us
from app.store.drift import Came
from app.store.fed import Full, digest_of
from app.store.provenance import append
from app.store.spec_reading import SLOT, SpecReading
from app.store.spec_tables import (
    clauses,
    commits,
    exemplars,
    hours,
    named,
    reports,
    slots,
    statics,
    switches,
    targets,
)

LATE = 6 * 3_600.0  # seconds after its end for which a window is taken
MOST_NAMED = 20_000  # targets and clauses of one commit
MOST_COMMITS = 2_000  # of one repository, as long as they are kept
MOST_EXAMPLES = 32  # of one clause of a commit; the newest stay
_QUIET = 5_000_000  # microseconds between two editions without news
SLOTS_KEPT = 2 * 86_400.0  # seconds
_HOUR, _DAY = 3_600, 24  # seconds, hours

_Described = dict[tuple[int, str, str], str]
"""By commit, kind and name, as JSON what a target or a clause is."""

_Guarded = tuple[int, str, str, str]
"""Of a commit, an environment and a side, a target that was seen guarded."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a report. `news`: it told something of its commit that may change an answer: the first report,
    another one without calls, a target that was never seen guarded, a clause that was not violated for a day.
    """

    came: Came
    news: bool = False


@dataclass(frozen=True, slots=True)
class SpecLive(SpecReading):
    """The tables of reports. `now`: epoch microseconds. What this process knows to be stored it does not ask for:
    what is described (`written`), which commits were told of (`heard`), what was seen guarded.
    """

    now: Callable[[], int] = now_us
    written: MutableMapping[tuple[int, str, str], str] = field(default_factory=lambda: LRUCache(100_000))
    heard: MutableMapping[tuple[str, str], bool] = field(default_factory=lambda: LRUCache(10_000))
    guarded: MutableMapping[_Guarded, bool] = field(default_factory=lambda: LRUCache(100_000))

    async def keep(self, repository: str, report: SpecReport, digest: str, *, trusted: bool = True) -> Heard:
        """Add `report` to what is known, once. Raises Full, and nothing is kept. `trusted`: False where what a fork
        brought says it of itself.
        """
        async with self.engine.begin() as connection:
            known = await self._known(connection, repository, report.id, digest)
            if known is not None:
                return Heard(known)
            commit, fresh = await self._commit(connection, repository, report.sha)
            described: _Described = {}
            if report.kind == "static":
                news = await _static(connection, commit, report, trusted)
            else:
                described = self._unwritten(commit, report)
                await _describe(connection, described)
                news = await _live(connection, commit, report, self.guarded)
            await self._turned(connection, commit, fresh or news)
        self.written.update({key: digest_of(body) for key, body in described.items()})
        self.guarded.update(dict.fromkeys(_guarded(commit, report), True))
        return Heard(Came.ADDED, fresh or news)

    async def knows(self, repository: str, sha: str) -> bool:
        """Was anything told of this commit?"""
        key = (repository.lower(), sha)
        if key not in self.heard and await self._told_of(repository, sha):
            self.heard[key] = True
        return key in self.heard

    async def _told_of(self, repository: str, sha: str) -> bool:
        query = select(commits.c.id).where(commits.c.repository == repository, commits.c.sha == sha)
        async with self.engine.connect() as connection:
            return (await connection.execute(query)).first() is not None

    async def told(self, repository: str, sha: str, since: float, most: int) -> SpecTold | None:
        """All that is shown of a commit: what was counted since then, and `most` examples; None where nothing is."""
        static, live = await self.static(repository, sha), await self.live(repository, sha, since)
        if static is None and live is None:
            return None
        examples = await self.exemplars(repository, sha, most)
        return SpecTold(sha, static, live, examples, await self.switch(repository))

    # --- the switch ----------------------------------------------------------------------------------------------

    async def switch(self, repository: str) -> SpecSwitch:
        """What was said last of all guards of a repository."""
        query = select(switches).where(switches.c.repository == repository)
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return SpecSwitch() if row is None else SpecSwitch(row.off, row.reason, row.who, row.at / 1e6)

    async def turn(self, repository: str, said: SpecSwitch, cause: Cause) -> None:
        """Guards are off, or on again, from now on; the log is told."""
        values = {"off": said.off, "reason": said.reason, "who": said.who, "at": self.now()}
        async with self.engine.begin() as connection:
            made = insert_into(switches, connection).values(repository=repository, **values)
            await connection.execute(made.on_conflict_do_update(index_elements=[switches.c.repository], set_=values))
            what = f"guards of Spec Cards are {'off' if said.off else 'on'}"
            await append(connection, [told(Kind.ACTION, (repository, None, ""), what, cause)])

    # --- what is forgotten ---------------------------------------------------------------------------------------

    async def prune(self, before: float) -> None:
        """Forget what was counted before that moment (epoch seconds), commits of which nothing was told since, and
        the ids of reports whose windows would not be taken any more.
        """
        hour = int(before // _HOUR)
        old = select(commits.c.id).where(commits.c.heard_at < int(before * 1e6))
        async with self.engine.begin() as connection:
            await connection.execute(delete(reports).where(reports.c.received_at < self.now() - int(2 * LATE * 1e6)))
            await connection.execute(delete(slots).where(slots.c.slot < (self.now() / 1e6 - SLOTS_KEPT) // SLOT))
            for table in (hours, targets, clauses):
                await connection.execute(delete(table).where(table.c.hour < hour))
            for table in (named, exemplars, statics, hours, targets, clauses, slots):
                await connection.execute(delete(table).where(table.c.commit_id.in_(old)))
            await connection.execute(delete(commits).where(commits.c.heard_at < int(before * 1e6)))

    # --- within a transaction ------------------------------------------------------------------------------------

    async def _known(self, connection: AsyncConnection, repository: str, report: str, digest: str) -> Came | None:
        row = {"repository": repository, "report": report, "digest": digest, "received_at": self.now()}
        noted = insert_into(reports, connection).values(row).on_conflict_do_nothing().returning(reports.c.report)
        if (await connection.execute(noted)).first() is not None:
            return None
        same = and_(reports.c.repository == repository, reports.c.report == report)
        before = (await connection.execute(select(reports.c.digest).where(same))).scalar_one()
        return Came.DUPLICATE if before == digest else Came.DIFFERENT

    async def _commit(self, connection: AsyncConnection, repository: str, sha: str) -> tuple[int, bool]:
        """The id of the commit, and whether nothing was told of it before. Its row is nobody else's until the
        transaction ends: of two that tell the same news one is the first.
        """
        row = {"repository": repository, "sha": sha, "heard_at": self.now(), "edition": 0}
        made = insert_into(commits, connection).values(row)
        key = (commits.c.repository, commits.c.sha)
        held = made.on_conflict_do_update(index_elements=key, set_={"heard_at": made.excluded.heard_at})
        found, edition = (await connection.execute(held.returning(commits.c.id, commits.c.edition))).one()
        if not edition:
            total = select(func.count()).where(commits.c.repository == repository)
            if (await connection.execute(total)).scalar_one() > MOST_COMMITS:
                raise Full
        return found, not edition

    async def _turned(self, connection: AsyncConnection, commit: int, news: bool) -> None:
        """A page shows something else: at once where there is news, else every few seconds."""
        due = [] if news else [commits.c.edition < self.now() - _QUIET]
        turned = update(commits).where(commits.c.id == commit, *due).values(edition=self.now())
        await connection.execute(turned)

    def _unwritten(self, commit: int, report: SpecReport) -> _Described:
        """What targets and clauses are, as far as this process never wrote it down."""
        said = _described(commit, report)
        return {key: said[key] for key in sorted(said) if self.written.get(key) != digest_of(said[key])}


@dataclass(frozen=True, slots=True)
class _Where:
    """What counts are of."""

    commit: int
    hour: int
    environment: str
    side: str

    def row(self) -> dict[str, Any]:
        return {"commit_id": self.commit, "hour": self.hour, "environment": self.environment, "side": self.side}

    def of(self, table: Table) -> Sequence[Any]:
        return (
            table.c.commit_id == self.commit,
            table.c.environment == self.environment,
            table.c.side == self.side,
        )


def _called(one: SpecTarget) -> dict[str, int]:
    return {"calls": one.calls, "guarded": one.guarded}


def _seen(one: SpecClause) -> dict[str, int]:
    return {"evaluated": one.evaluated, "violated": one.violated, "errors": one.errors}


async def _live(connection: AsyncConnection, commit: int, report: SpecReport, known: Container[_Guarded]) -> bool:
    where = _Where(commit, int(report.start // _HOUR), report.environment.lower(), report.side)
    news = await _is_news(connection, where, report, known)
    await _live_at(connection, where, report.end)
    await _count_slot(connection, where, report)
    await _count(connection, targets, where, {one.name: _called(one) for one in report.targets if one.calls})
    await _count(connection, clauses, where, {one.id: _seen(one) for one in report.clauses if one.evaluated})
    await _exemplify(connection, commit, report)
    return news


async def _describe(connection: AsyncConnection, said: _Described) -> None:
    """Write down what targets and clauses of a commit are. Raises Full."""
    if not said:
        return
    rows = [{"commit_id": key[0], "kind": key[1], "name": key[2], "body": body} for key, body in said.items()]
    made = insert_into(named, connection)
    keys = (named.c.commit_id, named.c.kind, named.c.name)
    await connection.execute(made.on_conflict_do_update(index_elements=keys, set_={"body": made.excluded.body}), rows)
    total = select(func.count()).where(named.c.commit_id == rows[0]["commit_id"])
    if (await connection.execute(total)).scalar_one() > MOST_NAMED:
        raise Full


async def _is_news(connection: AsyncConnection, where: _Where, report: SpecReport, known: Container[_Guarded]) -> bool:
    violated = {one.id for one in report.clauses if one.violated}
    lately = (clauses.c.violated > 0, clauses.c.hour > where.hour - _DAY)
    if violated - await _names(connection, clauses, where, lately, violated):
        return True
    guarded = {one[-1] for one in _guarded(where.commit, report) if one not in known}
    return bool(guarded - await _names(connection, targets, where, (targets.c.guarded > 0,), guarded))


def _guarded(commit: int, report: SpecReport) -> Iterator[_Guarded]:
    place = (commit, report.environment.lower(), report.side)
    return ((*place, one.name) for one in report.targets if one.guarded and report.kind == "live")


async def _names(
    connection: AsyncConnection, table: Table, where: _Where, so: Sequence[Any], wanted: set[str]
) -> set[str]:
    """Those of a commit, an environment and a side of which `so` holds; nobody is asked where none is wanted."""
    if not wanted:
        return set()
    query = select(table.c.name).where(*where.of(table), *so).distinct()
    return set((await connection.execute(query)).scalars())


def _described(commit: int, report: SpecReport) -> _Described:
    """What targets and clauses are, without what was counted."""
    said: _Described = {}
    for target in report.targets:
        said[commit, "target", target.name] = _json(msgspec.structs.replace(target, calls=0, guarded=0))
    for clause in report.clauses:
        said[commit, "clause", clause.id] = _json(msgspec.structs.replace(clause, evaluated=0, violated=0, errors=0))
    return said


async def _count_slot(connection: AsyncConnection, where: _Where, report: SpecReport) -> None:
    """Even where nothing was called: that somebody lives is told by it."""
    row = {
        "commit_id": where.commit,
        "environment": where.environment,
        "side": where.side,
        "slot": int(report.end // SLOT),
        "evaluated": sum(one.evaluated for one in report.clauses),
        "violated": sum(one.violated for one in report.clauses),
    }
    made = insert_into(slots, connection)
    keys = (slots.c.commit_id, slots.c.environment, slots.c.side, slots.c.slot)
    added = {name: slots.c[name] + made.excluded[name] for name in ("evaluated", "violated")}
    await connection.execute(made.on_conflict_do_update(index_elements=keys, set_=added), [row])


async def _live_at(connection: AsyncConnection, where: _Where, end: float) -> None:
    made = insert_into(hours, connection).values(where.row() | {"told_at": int(end * 1e6)})
    keys = (hours.c.commit_id, hours.c.hour, hours.c.environment, hours.c.side)
    newest = case((hours.c.told_at > made.excluded.told_at, hours.c.told_at), else_=made.excluded.told_at)
    await connection.execute(made.on_conflict_do_update(index_elements=keys, set_={"told_at": newest}))


async def _count(
    connection: AsyncConnection, table: Table, where: _Where, counted: Mapping[str, Mapping[str, int]]
) -> None:
    if not counted:
        return
    made = insert_into(table, connection)
    added = {name: table.c[name] + made.excluded[name] for name in next(iter(counted.values()))}
    keys = (table.c.commit_id, table.c.hour, table.c.environment, table.c.side, table.c.name)
    rows = [where.row() | {"name": name} | dict(counted[name]) for name in sorted(counted)]
    await connection.execute(made.on_conflict_do_update(index_elements=keys, set_=added), rows)


async def _exemplify(connection: AsyncConnection, commit: int, report: SpecReport) -> None:
    """Keep the examples, and of each clause the newest alone."""
    rows = [
        {
            "commit_id": commit,
            "clause": one.clause,
            "environment": report.environment,
            "at": int(one.at * 1e6),
            "body": msgspec.json.encode(
                KeptExemplar(
                    clause=one.clause,
                    environment=report.environment,
                    side=report.side,
                    service=report.service,
                    at=one.at,
                    traceparent=one.traceparent,
                    code=one.code,
                    inputs=one.inputs,
                    result=one.result,
                    raised=one.raised,
                )
            ),
        }
        for one in report.exemplars
    ]
    if not rows:
        return
    await connection.execute(insert(exemplars), rows)
    for clause in sorted({one.clause for one in report.exemplars}):
        of_clause = and_(exemplars.c.commit_id == commit, exemplars.c.clause == clause)
        newest = select(exemplars.c.id).where(of_clause).order_by(exemplars.c.id.desc()).limit(MOST_EXAMPLES)
        oldest = select(func.min(newest.subquery().c.id)).scalar_subquery()
        await connection.execute(delete(exemplars).where(of_clause, exemplars.c.id < oldest))


async def _static(connection: AsyncConnection, commit: int, report: SpecReport, trusted: bool) -> bool:
    """The newest counts; what is not trusted never takes the place of what is. Whether it says something else."""
    body = msgspec.json.encode(
        {"targets": report.targets, "mutants": report.mutants, "tests": report.tests, "clauses": report.clauses}
    )
    same = statics.c.commit_id == commit
    before = (await connection.execute(select(statics).where(same))).one_or_none()
    if before is not None and (before.trusted > trusted or (before.trusted, bytes(before.body)) == (trusted, body)):
        return False
    made = insert_into(statics, connection).values(commit_id=commit, trusted=trusted, body=body)
    values = {"trusted": trusted, "body": body}
    await connection.execute(made.on_conflict_do_update(index_elements=[statics.c.commit_id], set_=values))
    return True


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
