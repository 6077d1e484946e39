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
from program.kpi.episodes import DRIFT, Word, episodes
from program.kpi.rows import Failing

GLANCE = 90  # days before the period that are read of each module; of one that drifted by then, all
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
    first = asked.start // 1_000_000 // _DAY + _EPOCH - GLANCE
    words = await _words(connection, drift_steps.c.day >= first, *asked.of(drift_modules))
    begun = [module for module, said in words.items() if said[0][1] is not Word.GOOD]
    earlier = await _words(connection, drift_steps.c.day < first, drift_steps.c.module.in_(begun)) if begun else {}
    found: list[Failing] = []
    for module, said in words.items():
        found += episodes("drift", (*earlier.get(module, ()), *said))
    return found


async def _words(connection: AsyncConnection, *here: ColumnElement[bool]) -> dict[int, list[tuple[float, Word | None]]]:
    """What each day meant, by module, in order."""
    counts = (drift_steps.c.module == drift_modules.c.id) & (drift_steps.c.version == drift_modules.c.version)
    rows = await connection.execute(
        select(drift_steps.c.module, drift_steps.c.day, drift_steps.c.told)
        .join(drift_modules, counts)
        .where(drift_modules.c.rules != "", *here)
        .order_by(drift_steps.c.module, drift_steps.c.day)
    )
    by_module = groupby(rows, key=lambda row: row.module)
    return {module: [(_moment(row.day), DRIFT.get(_state(row.told))) for row in days] for module, days in by_module}


def _state(told: bytes) -> str:
    return msgspec.json.decode(zlib.decompress(told), type=_Stood).state


def _moment(day: int) -> float:
    return float((day - _EPOCH) * _DAY)
