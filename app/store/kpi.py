"""What the figures of docs/kpi.md are computed of, read from what is stored: by pull request, and never a record.

Each query looks at one table by an index that holds all it asks for, so that the rows of 100,000 decisions are counted
without the decisions themselves being read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import ANSWERING, Progress
from app.store.asked_tables import commands, overrides
from app.store.decisions import SILENCE
from app.store.kpi_drift import drifting
from app.store.kpi_spent import spent
from app.store.remedial_tables import attempts, pull_times, remediations, usage
from app.store.tables import decisions, experiments, measurements, studies, study_opinions
from program.kpi.episodes import EXPERIMENTS, VERDICTS, Word, episodes
from program.kpi.rows import Facts, Failing, Judged, Lasted, Number, Remedied, Tokens, Voice
from program.remediation import Course, Result

NUMBERS = ("eval_score", "robustness_delta", "cache_hit_share")
MOST_FINITE = sys.float_info.max  # a whole number beyond it is none that can be told
_BAD = case((decisions.c.verdict.in_([word for word, means in VERDICTS.items() if means is Word.BAD]), 1), else_=0)
_MEANS = case(*((decisions.c.verdict == word, means.value) for word, means in VERDICTS.items()), else_="")
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which repositories (None: of all), from when to when (epoch microseconds)."""

    repositories: Collection[str] | None
    start: int
    end: int

    def of(self, table: Table) -> Sequence[ColumnElement[bool]]:
        """The rows of these repositories."""
        return () if self.repositories is None else (table.c.repository.in_(self.repositories),)

    def during(self, column: ColumnElement[int]) -> Sequence[ColumnElement[bool]]:
        """The rows of this time."""
        return column >= self.start, column < self.end


@dataclass(frozen=True, slots=True)
class Kpis:
    """Reads; writes nothing."""

    engine: AsyncEngine

    async def facts(self, repositories: Collection[str] | None, start: float, end: float) -> Facts:
        """What happened from `start` to `end` (epoch seconds) in `repositories`; None: wherever."""
        asked = Asked(repositories, round(start * 1e6), round(end * 1e6))
        async with self.engine.connect() as connection:
            return Facts(
                start,
                end,
                judged=await _judged(connection, asked),
                failing=await _failing(connection, asked),
                remedied=await _remedied(connection, asked),
                voices=await _voices(connection, asked),
                numbers=await _numbers(connection, asked),
                tokens=await _tokens(connection, asked),
                lasted=await _lasted(connection, asked),
            )

    async def repositories(self) -> Sequence[str]:
        """Those of which anything was ever decided, by name."""
        query = select(decisions.c.repository).where(decisions.c.number.is_not(None)).distinct()
        async with self.engine.connect() as connection:
            return sorted((await connection.execute(query)).scalars())

    async def ends(self, repositories: Collection[str]) -> dict[str, tuple[int, int]]:
        """The first and the last decision of each, by its id, where anything was decided."""
        given = (decisions.c.number.is_not(None), decisions.c.verdict != SILENCE)
        query = select(decisions.c.repository, func.min(decisions.c.id), func.max(decisions.c.id)).where(*given)
        here = query.where(decisions.c.repository.in_(repositories)).group_by(decisions.c.repository)
        async with self.engine.connect() as connection:
            found = await connection.execute(here.order_by(decisions.c.repository))
            return {name: (first, last) for name, first, last in found}


async def _judged(connection: AsyncConnection, asked: Asked) -> list[Judged]:
    first = func.min(decisions.c.decided_at)
    one = (decisions.c.repository, decisions.c.number)
    given = (decisions.c.number.is_not(None), decisions.c.verdict != SILENCE, *asked.of(decisions))
    pulls = select(*one, first.label("first"), func.max(_BAD).label("bad")).where(*given).group_by(*one)
    theirs = pulls.having(first >= asked.start, first < asked.end).subquery()
    same = (theirs.c.repository == pull_times.c.repository) & (theirs.c.number == pull_times.c.number)
    rows = select(theirs, pull_times.c.opened_at, pull_times.c.merged).outerjoin(pull_times, same)
    acted, over = await _acted(connection, asked), await _overridden(connection, asked)
    cost = await spent(connection, asked)
    return [
        Judged(
            row.first / 1e6,
            bool(row.bad),
            frozenset(acted.get((row.repository, row.number), ())),
            frozenset(over.get((row.repository, row.number), ())),
            None if row.opened_at is None else row.opened_at / 1e6,
            None if row.merged is None else bool(row.merged),
            *cost.get((row.repository, row.number), (None, None)),
        )
        for row in (await connection.execute(rows.order_by(theirs.c.first, theirs.c.repository, theirs.c.number))).all()
    ]


async def _acted(connection: AsyncConnection, asked: Asked) -> dict[_Key, set[str]]:
    """From where something was done on a pull request since the period began."""
    done = (commands.c.state == Progress.DONE, commands.c.verb.not_in(sorted(ANSWERING)))
    here = (commands.c.number.is_not(None), commands.c.kept_at >= asked.start, *asked.of(commands), *done)
    return await _sets(
        connection, select(commands.c.repository, commands.c.number, commands.c.surface).where(*here).distinct()
    )


async def _overridden(connection: AsyncConnection, asked: Asked) -> dict[_Key, set[str]]:
    """Checks that a person said do not count since the period began, and did not take back."""
    here = (overrides.c.withdrawn_by == "", overrides.c.at >= asked.start, *asked.of(overrides))
    return await _sets(
        connection, select(overrides.c.repository, overrides.c.number, overrides.c.check_name).where(*here).distinct()
    )


async def _sets(connection: AsyncConnection, query: Select[Any]) -> dict[_Key, set[str]]:
    found: dict[_Key, set[str]] = {}
    for repository, number, kind in (await connection.execute(query)).all():
        found.setdefault((repository, number), set()).add(kind)
    return found


async def _failing(connection: AsyncConnection, asked: Asked) -> list[Failing]:
    """What recovered in the period, and what began in it and goes on."""
    canaries = await connection.execute(
        select(experiments.c.repository, experiments.c.environment, experiments.c.status, experiments.c.changed_at)
        .where(experiments.c.status.in_(list(EXPERIMENTS)), *asked.of(experiments))
        .order_by(experiments.c.repository, experiments.c.environment, experiments.c.changed_at, experiments.c.id)
    )
    by_place = groupby(canaries, key=lambda row: (row.repository, row.environment))
    found = [*await _pulls_failing(connection, asked), *await drifting(connection, asked)]
    for _, rows in by_place:
        found += episodes("experiment", ((row.changed_at / 1e6, EXPERIMENTS[row.status]) for row in rows))
    return [one for one in found if asked.start <= one.at * 1e6 < asked.end]


async def _pulls_failing(connection: AsyncConnection, asked: Asked) -> list[Failing]:
    """Of the pull requests that were bad once: the words that turned bad into good, good into bad, or ended both."""
    one = (decisions.c.repository, decisions.c.number)
    given = (decisions.c.number.is_not(None), *asked.of(decisions))
    late = func.max(decisions.c.decided_at) >= asked.start
    bad = select(*one).where(*given).group_by(*one).having(func.max(_BAD) == 1, late).subquery()
    same = (decisions.c.repository == bad.c.repository) & (decisions.c.number == bad.c.number)
    before = func.lag(_MEANS).over(partition_by=one, order_by=decisions.c.id).label("before")
    telling = (*given, decisions.c.verdict.in_(list(VERDICTS)))
    said = select(*one, decisions.c.id, decisions.c.decided_at, _MEANS.label("means"), before).join(bad, same)
    words = said.where(*telling).subquery()
    closed = (words.c.repository == pull_times.c.repository) & (words.c.number == pull_times.c.number)
    turned = or_(words.c.before.is_(None), words.c.before != words.c.means)
    query = select(words, pull_times.c.closed_at).outerjoin(pull_times, closed).where(turned)
    rows = await connection.execute(query.order_by(words.c.repository, words.c.number, words.c.id))
    by_pull = groupby(rows.all(), key=lambda row: (row.repository, row.number))
    return [one for _, theirs in by_pull for one in episodes("verdict", _words(list(theirs)))]


def _words(rows: Sequence[Any]) -> Iterable[tuple[float, Word | None]]:
    """What the verdicts of a pull request meant; once it is closed, nobody waits for another."""
    yield from ((row.decided_at / 1e6, Word(row.means)) for row in rows)
    if rows[0].closed_at is not None:
        yield rows[0].closed_at / 1e6, Word.GONE


async def _remedied(connection: AsyncConnection, asked: Asked) -> list[Remedied]:
    lasted = remediations.c.ended_at > remediations.c.began_at  # one that ended as it began only notes a reopening
    over = (lasted, *asked.during(remediations.c.ended_at), *asked.of(remediations))
    ended = {result: select(attempts.c.remediation).where(attempts.c.result == result) for result in Result}
    mended = remediations.c.id.in_(ended[Result.MENDED]) & remediations.c.id.not_in(ended[Result.OVERTAKEN])
    rows = await connection.execute(
        select(remediations, mended.label("alone")).where(*over).order_by(remediations.c.id)
    )
    return [
        Remedied(
            row.ended_at / 1e6,
            max(row.ended_at - row.began_at, 0) / 1e6,
            row.failure,
            row.course == Course.MENDED and bool(row.alone),
        )
        for row in rows
    ]


async def _voices(connection: AsyncConnection, asked: Asked) -> list[Voice]:
    joined = study_opinions.join(studies, studies.c.id == study_opinions.c.study)
    query = select(study_opinions.c.at, study_opinions.c.agree).select_from(joined)
    rows = await connection.execute(query.where(*asked.during(study_opinions.c.at), *asked.of(studies)))
    return [Voice(row.at / 1e6, bool(row.agree)) for row in rows]


async def _numbers(connection: AsyncConnection, asked: Asked) -> list[Number]:
    """Of one commit and name the newest."""
    here = (measurements.c.name.in_(NUMBERS), measurements.c.trusted, *asked.during(measurements.c.received_at))
    rows = await connection.execute(
        select(measurements).where(*here, *asked.of(measurements)).order_by(measurements.c.id)
    )
    newest = {(row.repository, row.sha, row.name): row for row in rows}
    read = ((row, json.loads(row.value)["value"]) for row in newest.values())
    return [
        Number(row.received_at / 1e6, row.name, float(value))
        for row, value in read
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST_FINITE
    ]


async def _tokens(connection: AsyncConnection, asked: Asked) -> list[Tokens]:
    said = (usage.c.tokens > 0, usage.c.cached_tokens.is_not(None), usage.c.trusted == 1)
    query = select(usage.c.received_at, usage.c.tokens, usage.c.cached_tokens)
    rows = await connection.execute(query.where(*said, *asked.during(usage.c.received_at), *asked.of(usage)))
    return [Tokens(row.received_at / 1e6, row.tokens, min(row.cached_tokens, row.tokens)) for row in rows.all()]


async def _lasted(connection: AsyncConnection, asked: Asked) -> list[Lasted]:
    """Pull requests of people that were opened and closed since a repository's first verdict, or as long before it."""
    first = select(decisions.c.repository, func.min(decisions.c.decided_at).label("first"))
    begun = first.where(decisions.c.number.is_not(None)).group_by(decisions.c.repository).subquery()
    since = (pull_times.c.opened_at >= asked.start) & (pull_times.c.closed_at < asked.end)
    before = pull_times.c.closed_at <= begun.c.first
    rows = await connection.execute(
        select(pull_times.c.opened_at, pull_times.c.closed_at, begun.c.first)
        .join(begun, begun.c.repository == pull_times.c.repository)
        .where(~pull_times.c.bot, ~pull_times.c.draft, or_(since, before), *asked.of(pull_times))
    )
    return [one for row in rows.all() for one in _side(row, asked)]


def _side(row: Any, asked: Asked) -> Iterable[Lasted]:
    """The side of the comparison on which a pull request stands; both sides are as long."""
    length = asked.end - max(asked.start, row.first)
    took = max(row.closed_at - row.opened_at, 0) / 1e6
    if row.opened_at >= max(asked.start, row.first) and row.closed_at < asked.end:
        yield Lasted(row.opened_at / 1e6, took)
    elif row.closed_at <= row.first and row.opened_at >= row.first - length:
        yield Lasted(row.opened_at / 1e6, took, since=False)
