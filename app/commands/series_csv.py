"""A metric and its covariates from a CSV file: columns time, metric, covariates; one line for each moment.

What can be mended is, and told: lines out of order are sorted, of two lines for one moment the later one counts, and
moments that a regular series lacks become missing points.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from checks.impact.series import Observed, Series

MOST_LINES = 100_000
MOST_GAPS = 3  # times as many points as there are lines may be missing; beyond that the series is not regular
LONGEST_NAME = 120

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMPACT_DAY = re.compile(r"[12]\d{3}[01]\d[0-3]\d")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_NOTHING = frozenset({"", "-", "na", "n/a", "nan", "null", "none"})
_FIRST, _LAST = -6.2e10, 1e11  # epoch seconds, of the years 5 and 5138


class Unreadable(ValueError):
    """It is no such table; the message says where it goes wrong."""


class Mixed(ValueError):
    """Its times are not all written in one way, so nobody can say what comes after what."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was read. `step`: seconds from one moment to the next, 0 of a single one; `notes`: what was mended."""

    observed: Observed
    step: float
    notes: tuple[str, ...]


def read(text: bytes) -> Table:
    """The table. Raises Unreadable, and Mixed where times are written in several ways."""
    names, lines = _named(_lines(text))
    moments = _moments(lines)
    rows = dict(zip(moments, ([value(cell, at) for cell in cells[1:]] for at, cells in lines), strict=True))
    times = sorted(rows)
    step = _step(times)
    grid = _grid(times, step)
    columns = [tuple(rows[at][place] if at in rows else None for at in grid) for place in range(len(names))]
    y, *controls = (Series(name, tuple(grid), column) for name, column in zip(names, columns, strict=True))
    return Table(Observed(y.name, y, tuple(controls)), step, tuple(_notes(moments, times, grid, step)))


def moment(text: str) -> tuple[str, float] | None:
    """How a time is written, and its epoch seconds; None for what is none. Without a zone it is in UTC.

    Eight digits that can be a day are one: as seconds they would lie within the first three years of the epoch.
    """
    if _COMPACT_DAY.fullmatch(text) and (day := _day(text)) is not None:
        return "a day", day
    if _NUMBER.fullmatch(text):
        return ("seconds", float(text)) if _FIRST < float(text) < _LAST else None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo:
        return "a time with its zone", at.timestamp()
    return "a day" if len(text) <= 10 else "a time without a zone", at.replace(tzinfo=UTC).timestamp()


def _day(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def value(text: str, line: int) -> float | None:
    """A number, infinite ones included; None where the cell says that there is none. Raises Unreadable."""
    said = text.strip()
    if said.lower() in _NOTHING:
        return None
    if _NUMBER.fullmatch(said) or _INFINITE.fullmatch(said):
        return float(said)
    raise Unreadable(f"line {line}: {said[:40]!r} is no number")


_Line = tuple[int, list[str]]
"""Its number, from 1 on, and its cells."""


def _lines(text: bytes) -> list[_Line]:
    try:
        rows = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
        found = [(rows.line_num, cells) for cells in rows if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError:
        raise Unreadable("it is no text in UTF-8") from None
    except csv.Error as error:
        raise Unreadable(f"it is no CSV: {error}") from None
    if not found:
        raise Unreadable("it is empty")
    if len(found) > MOST_LINES:
        raise Unreadable(f"it has more than {MOST_LINES:,} lines")
    return found


def _named(lines: Sequence[_Line]) -> tuple[list[str], Sequence[_Line]]:
    """The names of metric and covariates, and the lines below them."""
    width = len(lines[0][1])
    if width < 2:
        raise Unreadable(f"line {lines[0][0]}: the columns are time, the metric, and its covariates")
    odd = next((at for at, cells in lines if len(cells) != width), None)
    if odd is not None:
        raise Unreadable(f"line {odd}: not {width} cells, as on the line above all")
    head = [cell.strip() for cell in lines[0][1]]
    if len(lines) == 1 or not _is_header(head):
        return ["y", *(f"x{place}" for place in range(1, width - 1))], lines
    names = [name or f"column {place}" for place, name in enumerate(head[1:], 2)]
    if len(set(names)) < len(names):
        raise Unreadable(f"line {lines[0][0]}: two columns have one name")
    if not all(map(str.isprintable, names)):
        raise Unreadable(f"line {lines[0][0]}: a name has characters that cannot be shown")
    if max(map(len, names)) > LONGEST_NAME:
        raise Unreadable(f"line {lines[0][0]}: a name is longer than {LONGEST_NAME} characters")
    return names, lines[1:]


def _is_header(cells: Sequence[str]) -> bool:
    """Whether they are names. A time that cannot be read, before numbers alone, is a time all the same."""
    broken = any(map(str.isdigit, cells[0])) and all(map(_NUMBER.fullmatch, cells[1:]))
    return moment(cells[0]) is None and not broken


def _moments(lines: Sequence[_Line]) -> list[float]:
    """When each line is. Raises Unreadable where none is a time, Mixed where not all are, or in several ways."""
    read = [(at, cells[0].strip(), moment(cells[0].strip())) for at, cells in lines]
    first = next(((at, form[0]) for at, _, form in read if form), None)
    if first is None:
        raise Unreadable(
            f"line {read[0][0]}: {read[0][1][:40]!r} is no time: write 2026-11-30T14:00Z, or epoch seconds"
        )
    for at, text, form in read:
        if form is None or form[0] != first[1]:
            said = f"is {form[0]}" if form else "is no time"
            raise Mixed(f"mixed times: line {at}: {text[:40]!r} {said}, line {first[0]} is {first[1]}")
    return [form[1] for _, _, form in read if form]


def _step(times: Sequence[float]) -> float:
    """The most frequent distance; of several the shortest."""
    apart = Counter(round(later - earlier, 6) for earlier, later in pairwise(times))
    return min(apart, key=lambda one: (-apart[one], one)) if apart else 0.0


def _grid(times: Sequence[float], step: float) -> list[float]:
    """`times` with the moments that are missing; as they are where they do not lie on a grid."""
    if step <= 0:
        return list(times)
    places = [(time - times[0]) / step for time in times]
    regular = all(abs(place - round(place)) < 1e-6 * max(1.0, place) for place in places)
    count = round(places[-1]) + 1
    if not regular or count > (1 + MOST_GAPS) * len(times):
        return list(times)
    known = {round(place): time for place, time in zip(places, times, strict=True)}
    return [known.get(place, times[0] + place * step) for place in range(count)]


def _notes(moments: Sequence[float], times: Sequence[float], grid: Sequence[float], step: float) -> Iterator[str]:
    if any(later < earlier for earlier, later in pairwise(moments)):
        yield "lines were out of order and are sorted"
    if len(times) < len(moments):
        yield f"{len(moments) - len(times):,} lines are of a moment that another one is of; the last one counts"
    if len(grid) > len(times):
        yield f"{len(grid) - len(times):,} moments are missing and count as such{_regularly(times, step)}"
    if any(abs(later - earlier - step) > 1e-6 * step for earlier, later in pairwise(grid)):
        yield "times are not evenly spaced; points are taken as if they were"


def _regularly(times: Sequence[float], step: float) -> str:
    """What a period must count, where most gaps come at one distance from each other; else ""."""
    starts = [earlier for earlier, later in pairwise(times) if later - earlier > 1.5 * step]
    apart = Counter(round((later - earlier) / step) for earlier, later in pairwise(starts))
    every, often = max(apart.items(), key=lambda one: one[1], default=(0, 0))
    if often < MOST_GAPS or 3 * often < 2 * len(starts):
        return ""
    return f", regularly, every {every}: a period counts them, too (that of working days is a week of 7)"
