"""Tables held against a reference, as one, and day by day: what a command answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from checks.drift.column import Column, merged
from checks.drift.compare import compare
from checks.drift.comparison import Comparison, Standing
from checks.drift.limits import DriftLimits
from checks.drift.reference import Reference
from checks.drift.watch import Watch, advance, begin

Table = Mapping[str, Column]


class Answer(Struct, frozen=True):
    """`comparison`: of all rows at once. `course`: the watch after each day, in order; empty where days do not count.

    `unknown`: columns that the reference lacks.
    """

    state: Standing
    reason: str
    comparison: Comparison
    course: tuple[Watch, ...] = ()
    unknown: tuple[str, ...] = ()


def compared(reference: Reference, days: Mapping[int, Table], limits: DriftLimits) -> Answer:
    """All rows against the reference."""
    comparison = compare(reference, _pooled(days), limits)
    return Answer(comparison.state, comparison.reason, comparison, (), _unknown(reference, days))


def followed(reference: Reference, days: Mapping[int, Table], limits: DriftLimits) -> Answer:
    """Day after day (`date.toordinal`); of days without rows between two others the last is told, as a silent one."""
    course = [begin(reference)]
    for day in sorted(days):
        if course[-1].day is not None and course[-1].day < day - 1:
            course.append(advance(course[-1], reference, day - 1, None, limits))
        course.append(advance(course[-1], reference, day, days[day], limits))
    last = course[-1] if days else advance(course[0], reference, 1, None, limits)
    comparison = compare(reference, _pooled(days), limits)
    return Answer(last.state, last.reason, comparison, tuple(course[1:]), _unknown(reference, days))


def _pooled(days: Mapping[int, Table]) -> Table:
    columns: dict[str, list[Column]] = {}
    for table in days.values():
        for name, column in table.items():
            columns.setdefault(name, []).append(column)
    return {name: merged(of_days) for name, of_days in columns.items()}


def _unknown(reference: Reference, days: Mapping[int, Table]) -> tuple[str, ...]:
    there = {name: None for table in days.values() for name in table}
    return tuple(name for name in there if name not in reference.by_name)
