"""Where marks stand on an axis, and what is written at them: round times in UTC, round numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, UTC, datetime
from math import floor, inf, log10

_HOUR, _DAY = 3_600, 86_400
_STEPS = (1, 5, 15, 60, 300, 900, 1_800, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY)
_MONTH = 30.4 * _DAY
EPOCH = 1e7  # seconds: what is less is no time of a deployment but a plain number: the place in a series, a year
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200)


def time_marks(first: float, last: float, most: int = 6) -> tuple[tuple[float, str], ...]:
    """Up to about `most` moments from `first` to `last`, epoch seconds, with their words."""
    if _plain(last):
        return tuple((mark, f"{mark:g}") for mark in number_marks(first, last, most))
    step = next((step for step in _STEPS if (last - first) / step <= most), None)
    if step is None:
        return tuple(_months(first, last, most))
    start = -(-first // step)
    moments = [(start + at) * step for at in range(int(last // step - start) + 1)]
    return tuple((moment, _word(moment, step)) for moment in moments)


def number_marks(low: float, high: float, most: int = 4) -> tuple[float, ...]:
    """Up to `most` + 1 round numbers from `low` to `high`."""
    rough = (high - low) / most
    if not 0 < rough < inf:
        return (low,)
    magnitude = 10.0 ** floor(log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * (1 - 1e-9))
    start = -(-low // step)
    return tuple((start + at) * step for at in range(int(high // step - start) + 1))


def moment(at: float) -> str:
    """A moment in full, to the minute; a day alone at its midnight."""
    if _plain(at):
        return f"{at:g}"
    when = datetime.fromtimestamp(at, UTC)
    return when.strftime("%Y-%m-%d" if at % _DAY == 0 else "%Y-%m-%d %H:%M UTC")


def _plain(at: float) -> bool:
    return abs(at) < EPOCH


def _months(first: float, last: float, most: int) -> Iterator[tuple[float, str]]:
    """First days of months, or of years."""
    step = next((step for step in _MONTHS if (last - first) / (step * _MONTH) <= most), _MONTHS[-1])
    begin = datetime.fromtimestamp(first, UTC)
    for month in range(-(-(12 * begin.year + begin.month - 1) // step) * step, 12 * MAXYEAR, step):
        day = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if day.timestamp() > last:
            return
        if day.timestamp() >= first:
            yield day.timestamp(), day.strftime("%Y" if step % 12 == 0 else "%b %Y")


def _word(at: float, step: float) -> str:
    when = datetime.fromtimestamp(at, UTC)
    if at % _DAY == 0:
        return when.strftime("%d %b")
    return when.strftime("%H:%M" if step >= 60 else "%H:%M:%S")
