"""Is there news of pull requests? A word for each, which changes with whatever its page shows; few queries for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.asked_tables import commands, overrides
from app.store.effects import card_key, head_key
from app.store.news import Edition
from app.store.remedial_tables import remediations, usage
from app.store.spec_tables import commits as guarded
from app.store.spec_tables import switches
from app.store.tables import decisions, drift_modules, effects, experiment_shadows, experiments, studies
from app.store.tables import experiment_looks as looks
from app.store.tables import study_opinions as opinions
from app.store.tables import study_pulls as pulls

PullKey = tuple[str, int]
"""A repository, in lower case, and the number of a pull request."""


@dataclass(frozen=True, slots=True)
class PullNews:
    """Reads what decisions, commands, overrides, remediations, usage, experiments, studies, modules and guards leave
    when they change.
    """

    engine: AsyncEngine

    async def of(self, keys: Collection[PullKey]) -> dict[PullKey, Edition]:
        """The edition of each; what was never decided is left out. None is the last: a deployment may follow."""
        async with self.engine.connect() as connection:
            steps = [await _steps(connection, query) for query in _of_pulls(keys)]
            modules = await _modules(connection, {repository for repository, _ in keys})
            turned = await _turned(connection, {repository for repository, _ in keys})
            ours = await _effects(connection, keys)
        decided = steps[0]
        besides = {key: (modules.get(key[0]), turned.get(key[0])) for key in decided}
        return {key: _edition([one.get(key) for one in (*steps, ours)], besides[key]) for key in decided}


def _edition(steps: list[Any], modules: Any) -> Edition:
    return Edition(sha256(repr((steps, modules)).encode()).hexdigest()[:20], False)


async def _steps(connection: AsyncConnection, query: Select[Any]) -> dict[PullKey, list[int]]:
    """By pull request, what the query counts; sums are whole numbers, whatever the database makes of them."""
    rows = await connection.execute(query)
    return {(repository, number): [int(one or 0) for one in told] for repository, number, *told in rows}


def _of_pulls(keys: Collection[PullKey]) -> Iterator[Select[Any]]:
    """Repository, number and what counts of it, from each table that knows of pull requests; decisions first."""
    yield _grouped(keys, decisions, func.max(decisions.c.id))
    yield _grouped(keys, commands, func.count(), func.max(commands.c.changed_at))
    yield _grouped(keys, overrides, func.max(overrides.c.id), func.max(overrides.c.withdrawn_at))
    yield _grouped(keys, remediations, func.count(), func.max(remediations.c.changed_at))
    yield _grouped(keys, usage, func.count(), func.max(usage.c.received_at))
    newest = select(func.max(looks.c.id)).where(looks.c.experiment == experiments.c.id).scalar_subquery()
    mirrored = experiment_shadows
    taken = select(mirrored.c.taken).where(mirrored.c.experiment == experiments.c.id).scalar_subquery()
    acted = func.sum(case((experiments.c.acted != "", 1), else_=0))
    yield _grouped(keys, experiments, func.count(), func.max(newest), func.sum(taken), acted)
    said = select(func.max(opinions.c.at)).where(opinions.c.study == studies.c.id).scalar_subquery()
    told = (func.count(), func.sum(studies.c.look_at), func.sum(case((studies.c.done, 1), else_=0)), func.max(said))
    where = tuple_(studies.c.repository, pulls.c.number).in_(keys)
    joined = select(studies.c.repository, pulls.c.number, *told).join(pulls, pulls.c.study == studies.c.id)
    yield joined.where(where).group_by(studies.c.repository, pulls.c.number)
    yield from _of_guards(keys)


def _of_guards(keys: Collection[PullKey]) -> Iterator[Select[Any]]:
    """What was told of the Spec Cards of its heads, and of the commits that brought it into service."""
    newest = func.max(guarded.c.edition)
    same = and_(guarded.c.repository == decisions.c.repository, guarded.c.sha == decisions.c.head_sha)
    of_heads = select(decisions.c.repository, decisions.c.number, newest).join(guarded, same)
    where = tuple_(decisions.c.repository, decisions.c.number).in_(keys)
    yield of_heads.where(where).group_by(decisions.c.repository, decisions.c.number)
    same = and_(guarded.c.repository == studies.c.repository, guarded.c.sha == studies.c.sha)
    served = select(studies.c.repository, pulls.c.number, newest).join(pulls, pulls.c.study == studies.c.id)
    where = tuple_(studies.c.repository, pulls.c.number).in_(keys)
    yield served.join(guarded, same).where(where).group_by(studies.c.repository, pulls.c.number)


async def _turned(connection: AsyncConnection, repositories: Collection[str]) -> dict[str, int]:
    """When the guards of each repository were switched off or on."""
    query = select(switches.c.repository, switches.c.at).where(switches.c.repository.in_(repositories))
    return dict((await connection.execute(query)).all())


def _grouped(keys: Collection[PullKey], table: Table, *told: ColumnElement[Any]) -> Select[Any]:
    where = tuple_(table.c.repository, table.c.number).in_(keys)
    said = select(table.c.repository, table.c.number, *told)
    return said.where(where).group_by(table.c.repository, table.c.number)


async def _modules(connection: AsyncConnection, repositories: Collection[str]) -> dict[str, Any]:
    """How the modules of each repository stand that are watched for drift."""
    columns = (drift_modules.c.closed, drift_modules.c.revision, drift_modules.c.version)
    counted = [func.count(), *map(func.sum, columns), func.sum(func.length(drift_modules.c.course))]
    query = select(drift_modules.c.repository, *counted).where(drift_modules.c.repository.in_(repositories))
    rows = await connection.execute(query.group_by(drift_modules.c.repository))
    return {repository: [int(one) for one in told] for repository, *told in rows}


async def _effects(connection: AsyncConnection, keys: Collection[PullKey]) -> dict[PullKey, list[int]]:
    """When we turned to its newest head, and when its card was written."""
    whose = {made(*key): key for key in keys for made in (head_key, card_key)}
    query = select(effects.c.key, effects.c.written_at).where(effects.c.key.in_(whose)).order_by(effects.c.key)
    found: dict[PullKey, list[int]] = defaultdict(list)
    for key, at in await connection.execute(query):
        found[whose[key]].append(at)
    return found
