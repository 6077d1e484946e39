"""How the evidence of an experiment went: a point a look, thinned out so that every picture costs the same.

Points are written with the step of the state that they belong to, in one transaction. They are for people to look at:
an answer rests on the ticks alone, from which `Experiments.replayed` makes it again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2

from msgspec.structs import astuple
from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Point
from app.store.tables import experiment_points as table
from checks.experiment import GateConfig, GateState
from checks.experiment.table import Table

MOST = 240  # points of one run of the evidence, two or three to each column of a picture's pixels

_Key = tuple[int, float]
"""Which run of the evidence, and the time within it."""


@dataclass(frozen=True, slots=True)
class Points:
    """The table of points."""

    engine: AsyncEngine

    async def of(self, experiment: int) -> list[Point]:
        """Those of an experiment, in the order of time."""
        columns = (table.c.t, table.c.restarts, table.c.ticks, table.c.unused, table.c.log_es)
        query = select(*columns).where(table.c.experiment == experiment).order_by(table.c.restarts, table.c.t)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query)
            return [Point(t, run, ticks, unused, _read(log_es)) for t, run, ticks, unused, log_es in rows]


def point_of(state: GateState, config: GateConfig) -> Point | None:
    """Where the evidence stands in `state`; None before the first score, or where it is of other rules."""
    if state.scored is None or state.config != config.digest:
        return None
    rows = tuple(zip(state.metrics, config.designs, strict=True))
    log_es = {
        design.name: (one.log_e_promote if isinstance(one, Table) else None, one.log_e_rollback) for one, design in rows
    }
    ticks = max(one.ticks for one, _ in rows)
    return Point(state.scored, state.restarts, ticks, sum(astuple(state.anomalies)), log_es)


async def keep(connection: AsyncConnection, experiment: int, point: Point | None) -> None:
    """Add `point` in the caller's transaction, and let those go that stand too close to others by now."""
    if point is None:
        return
    here = select(table.c.restarts, table.c.t).where(table.c.experiment == experiment)
    rows = await connection.execute(here.order_by(table.c.restarts, table.c.t))
    before = [(run, t) for run, t in rows]
    kept = set(thinned([*before, (point.restarts, point.t)]))
    gone = [key for key in before if key not in kept or key == (point.restarts, point.t)]
    if gone:
        same = tuple_(table.c.restarts, table.c.t).in_(gone)
        await connection.execute(delete(table).where(table.c.experiment == experiment, same))
    values = {"restarts": point.restarts, "t": point.t, "ticks": point.ticks, "unused": point.unused}
    await connection.execute(insert(table).values(experiment=experiment, log_es=json.dumps(point.log_es), **values))


def thinned(keys: Sequence[_Key], most: int = MOST) -> list[_Key]:
    """The first of each stretch of time, and the newest: about `most` of a run at most, evenly spaced.

    Stretches grow by doubling and begin with the first point, which always stays: so it makes no difference whether
    points are thinned one by one or at once.
    """
    first, newest = keys[0][1], keys[-1]
    span = max(t for _, t in keys) - first
    stretch = 2.0 ** ceil(log2(span / (most - 1))) if span > 0 else 1.0
    leading: dict[tuple[int, float], _Key] = {}
    for run, t in keys:
        leading.setdefault((run, (t - first) // stretch), (run, t))
    return list(dict.fromkeys([*leading.values(), newest]))


def _read(log_es: str) -> dict[str, tuple[float | None, float]]:
    return {name: (promote, rollback) for name, (promote, rollback) in json.loads(log_es).items()}
