"""A course in one line of block characters, for wherever only text can stand."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_GAP, _DEPLOYED = "·", "│"


def sparkline(values: Sequence[float | None], beside: Sequence[float | None], before: int) -> str:
    """`values` on the scale that holds `beside` as well, so that two lines can be compared; `│` after `before` of them.

    What is None is a gap. A course that never moves is drawn in the middle.
    """
    known = [value for value in (*values, *beside) if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    drawn = "".join(_block(value, low, high) for value in values)
    return f"{drawn[:before]}{_DEPLOYED}{drawn[before:]}" if 0 < before < len(drawn) else drawn


def _block(value: float | None, low: float, high: float) -> str:
    if value is None:
        return _GAP
    span = high / 2 - low / 2  # of two halves: the whole may be beyond the largest float
    share = (value / 2 - low / 2) / span if span > 0 else 0.5
    return _BLOCKS[min(int(share * len(_BLOCKS)), len(_BLOCKS) - 1)]
