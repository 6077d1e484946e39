"""When watched modules drifted, and when they no longer did."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Protocol

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import drift_modules, drift_steps
from program.kpi.episodes import DRIFT, episodes
from program.kpi.rows import Failing

LONGEST = 90  # days before the period in which a drift that ends in it is looked for
_DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1).toordinal()


class Asked(Protocol):
    """Of what, and since when (epoch microseconds)."""

    @property
    def start(self) -> int: ...

    def of(self, table: Table) -> Sequence[ColumnElement[bool]]: ...


class _Stood(msgspec.Struct):
    state: str


async def drifting(connection: AsyncConnection, asked: Asked) -> list[Failing]:
    """Every drift of the modules that are watched, by the reference that counts; to the day."""
    first = asked.start // 1_000_000 // _DAY + _EPOCH - LONGEST
    counts = (drift_steps.c.module == drift_modules.c.id) & (drift_steps.c.version == drift_modules.c.version)
    rows = await connection.execute(
        select(drift_steps.c.module, drift_steps.c.day, drift_steps.c.told)
        .join(drift_modules, counts)
        .where(drift_steps.c.day >= first, drift_modules.c.rules != "", *asked.of(drift_modules))
        .order_by(drift_steps.c.module, drift_steps.c.day)
    )
    found: list[Failing] = []
    for _, days in groupby(rows, key=lambda row: row.module):
        found += episodes("drift", ((_moment(row.day), DRIFT.get(_state(row.told))) for row in days))
    return found


def _state(told: bytes) -> str:
    return msgspec.json.decode(zlib.decompress(told), type=_Stood).state


def _moment(day: int) -> float:
    return float((day - _EPOCH) * _DAY)
