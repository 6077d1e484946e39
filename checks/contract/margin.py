"""How far a measured value lies from its limit: what is left of it, or how much is missing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from checks.contract.judge import Outcome
from checks.contract.predicate import Kind, Operator, Postcondition, kind_of
from checks.contract.reading import Known
from checks.model import State


@dataclass(frozen=True, slots=True)
class Margin:
    """The distance in the measurement's own unit, negative where the limit is missed.

    `percent` is of the limit's size; None of a limit of 0. `missed`: a value on a limit that does not belong to what is
    allowed is out, with no distance to it.
    """

    distance: float
    percent: float | None
    unit: str = ""
    missed: bool = False


def margin(outcome: Outcome) -> Margin | None:
    """The margin of a postcondition; None where no value counts, or no limit can be missed by so much."""
    bound, reading = outcome.bound, outcome.reading
    if bound is None or outcome.state not in {State.PASS, State.BLOCK}:
        return None
    if not isinstance(reading, Known) or kind_of(reading.value) is not Kind.NUMBER:
        return None
    assert isinstance(reading.value, int | float), "a number"
    near = _nearest(bound, reading.value)
    if near is None or not math.isfinite(near[0]):
        return None
    distance, limit = near
    percent = 100 * distance / abs(limit) if limit else None
    told = percent if percent is not None and math.isfinite(percent) else None
    return Margin(distance, told, reading.unit, outcome.state is State.BLOCK)


def worst(margins: Iterable[Margin]) -> Margin | None:
    """The smallest in percent, at one percentage one that is missed; None where none has one."""
    told = ((one.percent, not one.missed, one) for one in margins if one.percent is not None)
    return min(told, key=lambda each: each[:2], default=(0, True, None))[2]


def _nearest(bound: Postcondition, value: float) -> tuple[float, float] | None:
    """The distance to the end of the range that is nearest, or missed by most, and that end.

    A value that must be equal to its limit, and is, has nothing left to lose or to spare.
    """
    ends = bound.limit if isinstance(bound.limit, tuple) else (bound.limit,)
    if bound.kind is not Kind.NUMBER:
        return None
    numbers = [float(end) for end in ends]
    match bound.operator:
        case Operator.LT | Operator.LTE:
            return numbers[0] - value, numbers[0]
        case Operator.GT | Operator.GTE:
            return value - numbers[0], numbers[0]
        case Operator.BETWEEN:
            return min((value - numbers[0], numbers[0]), (numbers[1] - value, numbers[1]))
        case Operator.EQ if value != numbers[0]:
            return 0.0 - abs(value - numbers[0]), numbers[0]
    return None
