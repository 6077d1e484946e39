"""What was told of Spec Cards, read back: of a commit, of what serves, of a side between two moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import KeptExemplar, SpecClause, SpecMutants, SpecTarget
from app.store.spec_tables import clauses, commits, exemplars, hours, named, slots, statics, targets
from checks.guarded import Live, Mutants, Seen, Target

SLOT = 5  # seconds that are counted together for a gate
_HOUR = 3_600  # seconds
TESTS = "tests"
_PRODUCTION = "production"
_CANARY = "canary"

Tests = dict[str, tuple[str, ...]]
"""By card, the tests that are marked with it."""


Slot = tuple[float, int, int]
"""When it ended (epoch seconds), and how often clauses were evaluated and violated in it."""


class _Static(msgspec.Struct, frozen=True):
    targets: tuple[SpecTarget, ...]
    mutants: SpecMutants | None
    tests: dict[str, tuple[str, ...]]
    clauses: tuple[SpecClause, ...] = ()


_STATIC = msgspec.json.Decoder(_Static)
_TARGET, _CLAUSE = msgspec.json.Decoder(SpecTarget), msgspec.json.Decoder(SpecClause)
_EXEMPLAR = msgspec.json.Decoder(KeptExemplar)


@dataclass(frozen=True, slots=True)
class SpecReading:
    """Reads the tables of `app.store.speclive`. Moments are epoch seconds."""

    engine: AsyncEngine

    async def static(self, repository: str, sha: str) -> tuple[tuple[Target, ...], Mutants | None, Tests] | None:
        """What the newest report without calls says of a commit; None where none is to be believed."""
        async with self.engine.connect() as connection:
            found = await _static(connection, await _commit(connection, repository, sha))
        if found is None:
            return None
        off = {clause.id for clause in found.clauses if clause.mode == "off"}  # it guards nothing
        bound = (replace(one, clauses=tuple(name for name in one.clauses if name not in off)) for one in found.targets)
        return tuple(map(_target, bound)), _mutants(found.mutants), found.tests

    async def live(self, repository: str, sha: str, since: float) -> Live | None:
        """What was seen of a commit since then; None where no process told anything."""
        async with self.engine.connect() as connection:
            return await _live(connection, await _commit(connection, repository, sha), sha, since)

    async def serving(self, repository: str, since: float) -> Live | None:
        """The same of what serves now: the commit told of last, in production where anything is told of it."""
        here = (commits.c.repository == repository, hours.c.told_at >= int(since * 1e6))
        serves = (hours.c.environment != TESTS, hours.c.side != _CANARY)
        first = case((hours.c.environment == _PRODUCTION, 1), else_=0)
        query = select(commits.c.id, commits.c.sha).join(hours, hours.c.commit_id == commits.c.id)
        newest = query.where(*here, *serves).order_by(first.desc(), hours.c.told_at.desc(), commits.c.id.desc())
        async with self.engine.connect() as connection:
            row = (await connection.execute(newest.limit(1))).one_or_none()
            return None if row is None else await _live(connection, row.id, row.sha, since)

    async def exemplars(self, repository: str, sha: str, most: int) -> tuple[KeptExemplar, ...]:
        """Examples of violations at a commit, the newest first."""
        same = and_(commits.c.repository == repository, commits.c.sha == sha)
        query = select(exemplars.c.body).join(commits, commits.c.id == exemplars.c.commit_id).where(same)
        newest = query.order_by(exemplars.c.at.desc(), exemplars.c.id.desc()).limit(most)
        async with self.engine.connect() as connection:
            return tuple(map(_EXEMPLAR.decode, (await connection.execute(newest)).scalars()))

    async def violations(
        self, repository: str, sha: str, environment: str, side: str, start: float, end: float
    ) -> tuple[int, int]:
        """How often clauses were evaluated and violated on a side, in the whole slots from `start` to before `end`.

        `sha`: "" for whatever ran there.
        """
        told: list[Any] = [slots.c.environment == environment, slots.c.side == side]
        if sha:
            told.append(commits.c.sha == sha)
        async with self.engine.connect() as connection:
            found = await _slotted(connection, repository, told, start, end)
        return sum(evaluated for _, evaluated, _ in found), sum(violated for *_, violated in found)

    async def of_canary(self, repository: str, sha: str, start: float, end: float) -> tuple[Slot, ...]:
        """What was counted of a canary, in whatever environment it ran, by slot."""
        its_own = (slots.c.side == _CANARY, commits.c.sha == sha)
        async with self.engine.connect() as connection:
            return await _slotted(connection, repository, its_own, start, end)

    async def of_control(self, repository: str, sha: str, start: float, end: float) -> tuple[Slot, ...]:
        """What was counted of all that served beside the canary `sha`, in the environments in which that ran."""
        where = select(slots.c.environment).join(commits, commits.c.id == slots.c.commit_id)
        canaries = where.where(commits.c.repository == repository, commits.c.sha == sha, slots.c.side == _CANARY)
        beside = (slots.c.side != _CANARY, slots.c.environment.in_(canaries))
        async with self.engine.connect() as connection:
            return await _slotted(connection, repository, beside, start, end)


async def _slotted(
    connection: AsyncConnection, repository: str, so: Sequence[Any], start: float, end: float
) -> tuple[Slot, ...]:
    within = (slots.c.slot >= int(start // SLOT), slots.c.slot < int(end // SLOT))
    query = (
        select(slots.c.slot, func.sum(slots.c.evaluated), func.sum(slots.c.violated))
        .join(commits, commits.c.id == slots.c.commit_id)
        .where(commits.c.repository == repository, *so, *within)
        .group_by(slots.c.slot)
        .order_by(slots.c.slot)
    )
    rows = await connection.execute(query)
    return tuple((float((slot + 1) * SLOT), int(evaluated), int(violated)) for slot, evaluated, violated in rows)


async def _commit(connection: AsyncConnection, repository: str, sha: str) -> int:
    """Its id; 0, which none has, where nothing was told of it."""
    query = select(commits.c.id).where(commits.c.repository == repository, commits.c.sha == sha)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def _static(connection: AsyncConnection, commit: int) -> _Static | None:
    query = select(statics.c.body).where(statics.c.commit_id == commit, statics.c.trusted)
    body = (await connection.execute(query)).scalar_one_or_none()
    return None if body is None else _STATIC.decode(body)


async def _live(connection: AsyncConnection, commit: int, sha: str, since: float) -> Live | None:
    environments = await _environments(connection, commit, since)
    if not environments:
        return None
    static = await _static(connection, commit)
    tests = static.tests if static else {}
    found = await _described(connection, commit, "target")
    known = [_TARGET.decode(body) for body in found]
    calls = await _sums(connection, targets, ("calls", "guarded"), commit, since)
    code = {one.name: f"{one.path}#L{one.line}" for one in known if one.path and one.line}
    counted = await _sums(connection, clauses, ("evaluated", "violated", "errors"), commit, since)
    every = map(_CLAUSE.decode, await _described(connection, commit, "clause"))
    seen = tuple(_seen(one, counted.get(one.id, (0, 0, 0)), code, tests) for one in every)
    return Live(sha, tuple(_target(one, calls.get(one.name, (0, 0))) for one in known), seen, environments)


async def _environments(connection: AsyncConnection, commit: int, since: float) -> tuple[str, ...]:
    """In which it ran, the one told of last at the end."""
    last = func.max(hours.c.told_at)
    here = (hours.c.commit_id == commit, hours.c.told_at >= int(since * 1e6))
    query = select(hours.c.environment).where(*here).group_by(hours.c.environment)
    return tuple((await connection.execute(query.order_by(last, hours.c.environment))).scalars())


async def _described(connection: AsyncConnection, commit: int, kind: str) -> Sequence[str]:
    query = select(named.c.body).where(named.c.commit_id == commit, named.c.kind == kind)
    return (await connection.execute(query.order_by(named.c.name))).scalars().all()


async def _sums(
    connection: AsyncConnection, table: Any, what: Sequence[str], commit: int, since: float
) -> dict[str, tuple[int, ...]]:
    """By name, what was counted from the hour of `since` on."""
    totals = [func.sum(table.c[name]) for name in what]
    query = select(table.c.name, *totals).where(table.c.commit_id == commit, table.c.hour >= int(since // _HOUR))
    rows = await connection.execute(query.group_by(table.c.name))
    return {name: tuple(int(one or 0) for one in counts) for name, *counts in rows}


def _target(one: SpecTarget, counted: Sequence[int] = (0, 0)) -> Target:
    calls, guarded = counted
    return Target(one.name, one.critical, one.clauses, one.path, one.line or None, calls, guarded, one.handler)


def _seen(one: SpecClause, counted: Sequence[int], code: dict[str, str], tests: Tests) -> Seen:
    evaluated, violated, errors = counted
    return Seen(
        one.id,
        one.card,
        one.part,
        one.target,
        one.text,
        one.path,
        one.line,
        one.critical,
        evaluated,
        violated,
        errors,
        code.get(one.target, ""),
        tests.get(one.card, ()),
    )


def _mutants(told: SpecMutants | None) -> Mutants | None:
    if told is None:
        return None
    left: dict[str, int] = {}
    for one in told.survivors:
        left[one.target] = left.get(one.target, 0) + 1
    return Mutants(told.made, told.killed, tuple(sorted(left.items())))
