"""Small facts for the tests of the experiment room."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import comb, log
from typing import Any

from checks.experiment import Gate, GateConfig, GateState


def config(**rules: Any) -> GateConfig:
    """At a baseline of 1 %, without watermark: a tick is scored when it comes."""
    return GateConfig(**{"baseline": 0.01, "watermark_seconds": 0, **rules})


def side(total: object, bad: Any = 0) -> dict[str, Any]:
    return {"good": total - bad if isinstance(total, int) else total, "total": total}


def tick(at: float, control: tuple[int, int], canary: tuple[int, int], **more: Any) -> dict[str, Any]:
    """The tick number `at`; a side is (total, bad)."""
    return {"t": 30.0 * at, "control": side(*control), "canary": side(*canary), **more}


def run(rules: GateConfig, ticks: Iterable[object]) -> GateState:
    """The state after all ticks, one by one."""
    gate = Gate(rules)
    for one in ticks:
        gate.update(one)
    return gate.state


def even(n: int, control: tuple[int, int] = (1000, 10), canary: tuple[int, int] = (1000, 10)) -> list[dict[str, Any]]:
    """`n` ticks, all alike."""
    return [tick(at, control, canary) for at in range(n)]


def log_fraction(value: Fraction) -> float:
    """The logarithm of a fraction beyond every float."""
    return _log(value.numerator) - _log(value.denominator)


def _log(whole: int) -> float:
    shift = max(0, whole.bit_length() - 500)
    return log(whole >> shift) + shift * log(2)


def ways(control: int, canary: int, bad: int) -> dict[int, int]:
    """In how many ways x of `bad` can lie with the canary, for every x."""
    low, high = max(0, bad - control), min(bad, canary)
    return {x: comb(canary, x) * comb(control, bad - x) for x in range(low, high + 1)}


def simple(psi: float) -> Fraction:
    """The decimal fraction that `psi` was written as."""
    return Fraction(psi).limit_denominator(1000)


def law(control: int, canary: int, bad: int, psi: float) -> dict[int, Fraction]:
    """The exact law of x at the ratio of odds `psi`."""
    weights = {x: n * simple(psi) ** x for x, n in ways(control, canary, bad).items()}
    total = sum(weights.values())
    return {x: weight / total for x, weight in weights.items()}
