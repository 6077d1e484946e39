"""Distributions of what a card watches: sketches that can be added up, in the JSON of docs/drift.md.

A call only puts its value aside; whoever reports adds the values up. Numbers are counted in logarithmic bins (DDSketch;
C. Masson, J. Rim, H. Lee, PVLDB 12, 2019), so that each is known to 1 %, everything else by name.
"""

from __future__ import annotations

import decimal
from collections import Counter, deque
from collections.abc import Callable, Iterable
from math import ceil, isfinite, log
from typing import Any, Literal

GAMMA = 1.01 / 0.99
TINY = 1e-300  # what is not farther from zero is zero
MOST_BINS, MOST_NAMES, LONGEST_NAME = 2048, 1000, 100
KEPT = 4096  # values of one name that wait for a report; of more of them the newest
_WIDTH = log(GAMMA)
_KEPT_AS_IT_IS = frozenset({int, float, bool, str, type(None), decimal.Decimal})
_TOO_BIG = 10**308


class Watch:
    """The values of one name. `note` is what a wrapper calls: it takes no lock, and never raises."""

    __slots__ = ("_steps", "_waiting", "kind", "name", "note")

    def __init__(self, path: str) -> None:
        _, *self._steps = path.split(".")
        self.name, self.kind = path, ""
        self._waiting: deque[Any] = deque(maxlen=KEPT)
        self.note: Callable[[Any], None] = self._below if self._steps else self._itself

    @property
    def role(self) -> Literal["input", "output"]:
        """Which side of the call it is on."""
        return "output" if self.name.partition(".")[0] == "result" else "input"

    def _itself(self, value: Any) -> None:
        if type(value) in _KEPT_AS_IT_IS:
            self._waiting.append(value)

    def _below(self, value: Any) -> None:
        """What lies below it, by key or by attribute; where that is nowhere, it is missing."""
        try:
            for step in self._steps:
                value = value[step] if issubclass(type(value), dict) else getattr(value, step)
        except Exception:  # the value's own code: the service must not hear of it
            value = None
        self._itself(value)

    def taken(self) -> dict[str, Any] | None:
        """The sketch of what came since it was asked last; None where nothing did."""
        values: list[Any] = []
        while self._waiting:
            values.append(self._waiting.popleft())
        there = [value for value in values if value is not None]
        if not self.kind and there:
            self.kind = "categorical" if type(there[0]) in {str, bool} else "numeric"
        if not values:
            return None
        return names(values) if self.kind == "categorical" else numbers(values)


def numbers(values: Iterable[Any]) -> dict[str, Any]:
    """The sketch of numbers; what is no finite number is missing."""
    floats = [_number(value) for value in values]
    finite = [number for number in floats if number is not None]
    positive = Counter(ceil(log(number) / _WIDTH) for number in finite if number > TINY)
    negative = Counter(ceil(log(-number) / _WIDTH) for number in finite if number < -TINY)
    extremes = {"min": min(finite), "max": max(finite)} if finite else {}
    return {
        "type": "numeric",
        "version": 1,
        "rows": len(floats),
        "missing": len(floats) - len(finite),
        "zero": len(finite) - positive.total() - negative.total(),
        **extremes,
        "positive": _highest(positive),
        "negative": _highest(negative),
    }


def names(values: Iterable[Any]) -> dict[str, Any]:
    """The sketch of names; None and the empty name are missing, the rarest of very many are not told apart."""
    counts = Counter(_name(value) for value in values)
    rows, missing = counts.total(), counts.pop("", 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = dict(ranked[:MOST_NAMES])
    other = rows - missing - sum(told.values())
    return {"type": "categorical", "version": 1, "rows": rows, "missing": missing, "other": other, "counts": told}


def _number(value: Any) -> float | None:
    if isinstance(value, bool | str) or value is None:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _name(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > _TOO_BIG:
        return "a huge number"
    return str(value).encode("utf-8", "replace").decode()[:LONGEST_NAME]


def _highest(bins: Counter[int]) -> dict[str, int]:
    """The highest bins; what lies below is counted in the lowest of these."""
    lowest = max(bins, default=0) - MOST_BINS + 1
    kept = Counter({index: counted for index, counted in bins.items() if index >= lowest})
    if len(kept) < len(bins):
        kept[lowest] += sum(counted for index, counted in bins.items() if index < lowest)
    return {str(index): counted for index, counted in sorted(kept.items())}
