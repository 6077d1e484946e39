"""What an expression may call, and the operators that are looked at while they run.

All of it is safe whatever it is given: no text or list grows by more than the expression is long, no iterator is used
up, no number is written out that has millions of digits. Where that cannot be promised it raises, and the guard counts
an error of its own; the endpoint goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

MOST_SORTED = 10_000
MOST_WALKED = 100_000  # of what makes its elements while it is looked at, as a `range` does
MOST_DIGITS = 30  # of round()
_CONTAINERS = (list, tuple, dict, set, frozenset, bytes, bytearray, memoryview)
_NUMBERS: Any = (int, float, Decimal, Fraction, complex)  # asked of each call: an abstract class is slow to ask
_LAID: tuple[type, ...] = (*_CONTAINERS, str, type({}.keys()), type({}.values()), type({}.items()))


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table: how many arguments it takes by place, and which by name."""

    function: Callable[..., Any]
    least: int
    most: int
    named: frozenset[str] = frozenset()

    def told(self) -> str:
        """How it may be called, in words."""
        count = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
        return f"{count} by place" + (f", and by name {', '.join(sorted(self.named))}" if self.named else "")


def kept(values: Any) -> Any:
    """`values`, unless looking at them would use them up, which the endpoint still needs, or go on for ever."""
    if not isinstance(values, _LAID):
        if not hasattr(values, "__len__"):
            raise TypeError(f"{type(values).__name__} is used up by being looked at")
        if len(values) > MOST_WALKED:
            raise ValueError(f"a {type(values).__name__} of more than {MOST_WALKED}")
    return values


def times(left: Any, right: Any) -> Any:
    """`left * right` of numbers: whatever holds others, times a number, may be larger than the machine."""
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return left * right
    raise TypeError("only numbers are multiplied")


def modulo(left: Any, right: Any) -> Any:
    """`left % right` of numbers: of a text it would be its formatting, to any width."""
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return left % right
    raise TypeError("% is for numbers")


def within(value: Any, values: Any) -> bool:
    """`value in values`, unless that would use them up."""
    return value in kept(values)


def text(value: Any = "") -> str:
    """`str(value)`, but of no container: quoting what was quoted doubles it each time."""
    if isinstance(value, _CONTAINERS):
        raise TypeError(f"str() of a {type(value).__name__}")
    return str(value)


def whole(value: Any = 0) -> int:
    """`int(value)` of a number or a text: other classes may have exponents that fill the memory."""
    if not isinstance(value, int | float | str):
        raise TypeError(f"int() of a {type(value).__name__}")
    return int(value)


def rounded(value: Any, ndigits: int | None = None) -> Any:
    """`round(value, ndigits)`, to a number of digits that is worth reading."""
    if ndigits is None:
        return whole(round(value)) if isinstance(value, int | float) else _refused(value)
    if not -MOST_DIGITS <= ndigits <= MOST_DIGITS:
        raise ValueError(f"round() to {MOST_DIGITS} digits at most")
    return round(value, ndigits)


def ordered(values: Any) -> list[Any]:
    """`sorted(values)` of at most MOST_SORTED."""
    if len(values) > MOST_SORTED:
        raise ValueError(f"sorted() of more than {MOST_SORTED}")
    return sorted(values)


def total(values: Any) -> Any:
    """`sum(values)`, of numbers."""
    return sum(kept(values))


def every(values: Any) -> bool:
    """`all(values)`."""
    return all(kept(values))


def some(values: Any) -> bool:
    """`any(values)`."""
    return any(kept(values))


def least(*values: Any, **default: Any) -> Any:
    """`min(...)`, of several or of one collection."""
    return min(*values, **default) if len(values) > 1 else min(kept(values[0]), **default)


def most(*values: Any, **default: Any) -> Any:
    """`max(...)`, of several or of one collection."""
    return max(*values, **default) if len(values) > 1 else max(kept(values[0]), **default)


def _refused(value: Any) -> Any:
    raise TypeError(f"round() of a {type(value).__name__} needs a number of digits")


CALLS: Mapping[str, Call] = {
    "abs": Call(abs, 1, 1),
    "all": Call(every, 1, 1),
    "any": Call(some, 1, 1),
    "bool": Call(bool, 1, 1),
    "float": Call(float, 1, 1),
    "int": Call(whole, 1, 1),
    "isclose": Call(math.isclose, 2, 2, frozenset({"rel_tol", "abs_tol"})),
    "len": Call(len, 1, 1),
    "max": Call(most, 1, 20, frozenset({"default"})),
    "min": Call(least, 1, 20, frozenset({"default"})),
    "round": Call(rounded, 1, 2, frozenset({"ndigits"})),
    "sorted": Call(ordered, 1, 1),
    "str": Call(text, 1, 1),
    "sum": Call(total, 1, 1),
}
OPERATORS: Mapping[str, Callable[..., Any]] = {"times": times, "modulo": modulo, "within": within}
