"""Limits that are told from a baseline: so many percent above, or below, what was measured on the base.

The limit is `baseline + |baseline| * percent / 100`, so that more percent always means a higher limit, whatever the
sign of the baseline. Of a baseline of 0 nobody can take a percentage. Numbers are compared as they are written, in
exact fractions: 0.11 is not below 10 % above 0.1, whatever binary fractions would say.
"""

from __future__ import annotations

import sys
from fractions import Fraction

from checks.contract.predicate import ABSOLUTE, Kind, Postcondition, kind_of

_LARGEST = Fraction(sys.float_info.max)


def holds(leaf: Postcondition, value: object, baseline: float) -> bool | None:
    """Whether `value` keeps the limit of a relative `leaf`; None where it is no number."""
    if not isinstance(value, int | float) or kind_of(value) is not Kind.NUMBER:
        return None
    return Postcondition(leaf.name, ABSOLUTE[leaf.operator], 0).admits(_exact(value) - _bound(leaf, baseline))


def resolved(leaf: Postcondition, baseline: float) -> Postcondition:
    """The absolute postcondition that `leaf` comes to, its limit rounded to the nearest float there is, to be shown.

    >>> from checks.contract.predicate import Operator
    >>> resolved(Postcondition("p95", Operator.LT_BASE_PCT, 5), 200.0).limit
    210.0
    >>> resolved(Postcondition("balance", Operator.GT_BASE_PCT, -5), -200.0).limit
    -210.0
    """
    bound = max(-_LARGEST, min(_bound(leaf, baseline), _LARGEST))
    return Postcondition(leaf.name, ABSOLUTE[leaf.operator], float(bound))


def _bound(leaf: Postcondition, baseline: float) -> Fraction:
    assert isinstance(leaf.limit, int | float), "the parser lets only numbers in"
    base = _exact(baseline)
    return base + abs(base) * _exact(leaf.limit) / 100


def _exact(number: float) -> Fraction:
    return Fraction(str(number))
