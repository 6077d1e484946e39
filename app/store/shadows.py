"""What the mirrored answers of experiments add up to: compared in steps, each answer once, whoever is killed.

A step reads without a lock, compares, and is written in one statement that tells which answers it took, unless another
one was quicker. The same answers under the same rules come to the same bytes, in whatever steps they were taken.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from math import inf
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.database import insert_into
from app.store.tables import experiment_shadows as table
from app.store.tables import experiment_triples as triples
from app.store.tables import experiments
from checks.shadow import Config, Noise, Shadow, StateError, dump, parse

STEP = 500  # triples that one step takes at most, and ...
STEP_BYTES = 1024 * 1024  # ... so many bytes of them, as they are kept and as they were sent, but one triple at least
LOOK_BYTES = 2 * STEP_BYTES  # as they were sent, after which a look leaves the rest to the next: one to two seconds


@dataclass(frozen=True, slots=True)
class Counted:
    """Where the comparison of one experiment stands: `counts` and `told` are JSON, `taken` the last triple in them."""

    counts: str
    told: str
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Shadows:
    """The table of comparisons."""

    engine: AsyncEngine

    async def fold(self, experiment: int) -> bool:
        """Compare what came since the last time, LOOK_BYTES of it: was there any? Where nobody asks for it, there is
        none.
        """
        size, steps = 0, 0
        while size < LOOK_BYTES:
            async with self.engine.connect() as connection:
                row = (await connection.execute(_of(experiment))).one_or_none()
                fresh = _NOTHING if row is None else await _fresh(connection, experiment, row.taken)
            if row is None or fresh is _NOTHING:
                break
            before = Counted(row.counts, row.told, row.taken)
            after, read = await asyncio.to_thread(_compared, row.rules, row.noise, before, fresh, STEP_BYTES)
            async with self.engine.begin() as connection:
                await connection.execute(_written(row, after))
            size, steps = size + read, steps + 1
        return steps > 0

    async def replayed(self, experiment: int) -> Counted:
        """What all triples that are kept come to, from the first on. Raises ValueError where nobody asks for it."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(_of(experiment))).one_or_none()
            if row is None:
                raise ValueError(f"nobody compares the answers of experiment {experiment}")
            kept = await connection.execute(_first(experiment, triples.c.id <= row.taken))
            came = _Fresh(row.taken, tuple((one.id, one.body) for one in kept))
        nothing = begun(Config.model_validate_json(row.rules), row.noise)
        return (await asyncio.to_thread(_compared, row.rules, row.noise, nothing, came, inf))[0]


async def ruled(connection: AsyncConnection, experiment: Row[Any], rules: Config | None) -> None:
    """The answers of `experiment`, a row of its table, are compared under `rules` from now on; None: no more.

    Under rules that compare otherwise the kept answers are compared anew. Where some of them are forgotten a flag
    stays: it could not be found again.
    """
    same = table.c.experiment == experiment.id
    if rules is None:
        await connection.execute(delete(table).where(same))
        return
    written = rules.model_dump_json()
    before = (await connection.execute(_of(experiment.id))).one_or_none()
    if before is not None and Config.model_validate_json(before.rules).compared_by == rules.compared_by:
        await connection.execute(update(table).where(same).values(rules=written))
        return
    noise = await _measured(connection, experiment) if before is None else before.noise
    start = begun(rules, noise) if before is None else await _anew(connection, before, rules)
    values = {"rules": written, "noise": noise, "counts": start.counts, "told": start.told, "taken": start.taken}
    await connection.execute(
        insert_into(table, connection)
        .values(experiment=experiment.id, **values)
        .on_conflict_do_update(index_elements=["experiment"], set_=values)
    )


async def _anew(connection: AsyncConnection, before: Row[Any], rules: Config) -> Counted:
    """Before the first answer under other rules; beside flags that stay, none counts that they were made of."""
    shadow = _shadow(before.rules, before.noise, before.counts)
    taken = (triples.c.experiment == before.experiment, triples.c.id <= before.taken)
    kept = await connection.scalar(select(func.count(triples.c.triple.distinct())).where(*taken)) or 0
    flags = shadow.flags(rules)
    if kept >= shadow.came or not flags.report().flagged:
        return begun(rules, before.noise)
    return Counted(flags.to_json(), dump(flags.report()), before.taken)


def begun(rules: Config, noise: str) -> Counted:
    """Before the first answer."""
    shadow = _shadow(rules.model_dump_json(), noise, "")
    return Counted(shadow.to_json(), dump(shadow.report()))


def behind() -> ColumnElement[bool]:
    """Of a row of the table: are there triples that its counts do not know yet?"""
    return exists().where(triples.c.experiment == table.c.experiment, triples.c.id > table.c.taken)


# --- one step --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What one step takes: up to which triple, and of each id that is new the triple and its compressed body."""

    last: int = 0
    firsts: tuple[tuple[int, bytes], ...] = ()


_NOTHING = _Fresh()


def _compared(rules: str, noise: str, before: Counted, fresh: _Fresh, most: float) -> tuple[Counted, int]:
    """`before` and what came since, until that is `most` bytes; and how many it is, as they were sent."""
    shadow, last, size = _shadow(rules, noise, before.counts), before.taken, 0
    for key, body in fresh.firsts:
        if size >= most:
            break
        sent = zlib.decompress(body)
        shadow.update(parse(sent))
        last, size = key, size + len(sent)
    else:
        last = fresh.last
    return Counted(shadow.to_json(), dump(shadow.report()), last), size


def _shadow(rules: str, noise: str, counts: str) -> Shadow:
    config, measured = Config.model_validate_json(rules), Noise.model_validate_json(noise) if noise else None
    return Shadow.from_json(config, counts, measured) if counts else Shadow(config, measured)


def _written(row: Row[Any], after: Counted) -> Any:
    """Unless somebody else was quicker, or other rules came in between."""
    as_it_was = and_(table.c.experiment == row.experiment, table.c.taken == row.taken, table.c.rules == row.rules)
    return update(table).where(as_it_was).values(counts=after.counts, told=after.told, taken=after.taken)


# --- what is read ----------------------------------------------------------------------------------------------------


def _of(experiment: int) -> Select[Any]:
    return select(table).where(table.c.experiment == experiment)


def _first(experiment: int, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Of each id the triple that came first, in the order they came."""
    earlier = triples.alias("earlier")
    same = and_(earlier.c.experiment == experiment, earlier.c.triple == triples.c.triple, earlier.c.id < triples.c.id)
    mine = (triples.c.experiment == experiment, ~exists().where(same), *conditions)
    return select(triples.c.id, triples.c.body).where(*mine).order_by(triples.c.id)


async def _fresh(connection: AsyncConnection, experiment: int, taken: int) -> _Fresh:
    """The next triples after `taken`, as many as make a step; _NOTHING where there are none."""
    mine = (triples.c.experiment == experiment, triples.c.id > taken)
    sizes = select(triples.c.id, func.length(triples.c.body)).where(*mine).order_by(triples.c.id).limit(STEP)
    last, total = 0, 0
    for key, size in await connection.execute(sizes):
        total += size
        if last and total > STEP_BYTES:
            break
        last = key
    if not last:
        return _NOTHING
    found = await connection.execute(_first(experiment, triples.c.id > taken, triples.c.id <= last))
    return _Fresh(last, tuple((one.id, one.body) for one in found))


async def _measured(connection: AsyncConnection, experiment: Row[Any]) -> str:
    """How often fields differ by themselves, as the newest earlier experiment there with a secondary measured it."""
    there = (experiments.c.repository == experiment.repository, experiments.c.environment == experiment.environment)
    earlier = select(table).join(experiments, experiments.c.id == table.c.experiment)
    newest = earlier.where(*there, table.c.experiment < experiment.id).order_by(table.c.experiment.desc()).limit(_BACK)
    for row in await connection.execute(newest):
        noise = _noise_of(row)
        if noise.fields:
            return noise.model_dump_json()
    return ""


_BACK = 10  # earlier experiments that are asked for their noise


def _noise_of(row: Row[Any]) -> Noise:
    try:
        return _shadow(row.rules, row.noise, row.counts).report().noise
    except StateError:  # of another version: it measured nothing that this one understands
        return Noise()
