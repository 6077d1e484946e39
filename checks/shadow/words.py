"""The figures of a shadow diff as people read them, on a card as on a terminal."""

from __future__ import annotations

from math import exp

from checks.shadow.report import FieldRow

_MOST = 700.0  # log-e whose exponential is a float


def share(value: float, digits: int = 2) -> str:
    """A share in percent, to so many digits."""
    return f"{float(f'{100 * value:.{digits}g}'):g} %"  # in two steps: 99.9 to two digits is 100, not 1e+02


def answers(count: int, kind: str = "answer") -> str:
    """So many answers of that kind."""
    return f"1 {kind}" if count == 1 else f"{count:,} {kind}s"


def noise(row: FieldRow) -> str:
    """How often the field differs by itself, and who says so where no secondary does."""
    rate = share(row.noise_rate, 3)
    return rate if row.noise_from == "secondary" else f"≤ {rate} ({row.noise_from})"


def evidence(row: FieldRow) -> str:
    """The largest e-value at any look."""
    return f"{exp(row.peak):,.3g}" if row.peak < _MOST else f"e^{row.peak:,.0f}"


def ways(row: FieldRow) -> str:
    """In which ways the answers differ, the most frequent first: `63 value, 2 type`."""
    often = sorted(row.differences.items(), key=lambda way: (-way[1], way[0]))
    return ", ".join(f"{count:,} {way}" for way, count in often)
