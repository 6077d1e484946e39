"""How the check words shares, places and counts."""

from __future__ import annotations

from math import sqrt

from checks.guarded import Live

_Z = 1.959963984540054  # of 95 %, two-sided


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, in percent (Wilson 1927). `of` is above 0."""
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return 100 * max(middle - reach, 0.0), 100 * min(middle + reach, 1.0)


def count(number: int, one: str, many: str = "") -> str:
    """`1 call`, `1,204 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def window(live: Live) -> str:
    """Of which commit, where, and how far back it was seen."""
    where = ", ".join(live.environments) or "no environment"
    return f"`{live.sha[:7]}` in {where} within {live.hours:g} h"


def place(code: str) -> tuple[str, int | None]:
    """The path and the line of `shop/pay.py#L12`."""
    path, _, line = code.partition("#L")
    number = line.partition("-")[0]
    return path, int(number) if number.isdecimal() and len(number) < 8 else None
