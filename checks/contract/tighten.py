"""Does one clause demand at least as much as another? So a change may tighten a contract and never loosen it.

`implies` is sound and not complete: it never says yes wrongly; of two clauses whose order takes more than
comparing limits it says no. Two limits told from a baseline are compared by their percentages, for they are told from
the same one; a limit of its own is not compared with one told from a baseline. One clause that another implies is never
in a worse state (checks.contract.judge), so it can be left out without changing the answer.
"""

from __future__ import annotations

from dataclasses import replace

from checks.contract.predicate import ABSOLUTE, AllOf, AnyOf, Clause, Operator, Postcondition, Scalar, conjuncts

_Edge = tuple[float, bool]  # where a range ends, and whether the end itself belongs to it
_BELOW = {Operator.LT, Operator.LTE}
_ABOVE = {Operator.GT, Operator.GTE}


def implies(strong: Clause, weak: Clause) -> bool:
    """Whether every measurement that satisfies `strong` is known to satisfy `weak`."""
    if isinstance(weak, AllOf):
        return all(implies(strong, part) for part in weak.clauses)
    if isinstance(strong, AnyOf):
        return all(implies(part, weak) for part in strong.clauses)
    if isinstance(strong, AllOf) and any(implies(part, weak) for part in strong.clauses):
        return True
    if isinstance(weak, AnyOf):
        return any(implies(strong, part) for part in weak.clauses)
    if isinstance(strong, AllOf):
        return _squeezes(strong, weak)
    return _within(strong, weak)


def loosened(base: Clause, edition: Clause) -> tuple[Clause, ...]:
    """The conjuncts of `base` that `edition` does not keep."""
    return tuple(part for part in conjuncts(base) if not implies(edition, part))


def _squeezes(strong: AllOf, weak: Postcondition) -> bool:
    """`between` is two demands, and two demands may keep them: `gte 1` and `lt 5` imply `between 0 and 5`."""
    if weak.operator is not Operator.BETWEEN:
        return False
    return all(any(_implies_end(part, end) for part in strong.clauses) for end in _ends(weak))


def _implies_end(strong: Clause, end: Postcondition) -> bool:
    return isinstance(strong, Postcondition) and _within(strong, end)


def _within(strong: Postcondition, weak: Postcondition) -> bool:
    if strong.name != weak.name or strong.kind is not weak.kind:
        return False
    if strong.relative or weak.relative:
        return strong.relative and weak.relative and _within(_percentage(strong), _percentage(weak))
    if weak.operator is Operator.BETWEEN:
        return all(_within(strong, end) for end in _ends(weak))
    points = _points(strong)
    if points:
        return all(weak.holds(point) for point in points)
    if strong.operator is Operator.NE or weak.operator is Operator.NE:
        return _excludes(strong, weak)
    return _reaches_no_further(strong, weak)


def _percentage(leaf: Postcondition) -> Postcondition:
    """The limit on the change in percent of the baseline, which grows with the value whatever the baseline is."""
    return replace(leaf, operator=ABSOLUTE[leaf.operator])


def _ends(leaf: Postcondition) -> tuple[Postcondition, Postcondition]:
    assert isinstance(leaf.limit, tuple)
    low, high = leaf.limit
    return Postcondition(leaf.name, Operator.GTE, low), Postcondition(leaf.name, Operator.LTE, high)


def _points(leaf: Postcondition) -> tuple[Scalar, ...]:
    """All the values that satisfy `leaf`, where they can be listed."""
    if isinstance(leaf.limit, tuple):
        low, high = leaf.limit[0], leaf.limit[-1]
        return leaf.limit if leaf.operator is Operator.IN or low == high else ()
    return (leaf.limit,) if leaf.operator is Operator.EQ else ()


def _excludes(strong: Postcondition, weak: Postcondition) -> bool:
    """Whether `strong` rules out the one value that `weak` (a `ne`) forbids."""
    return weak.operator is Operator.NE and strong.holds(weak.limit) is False


def _reaches_no_further(strong: Postcondition, weak: Postcondition) -> bool:
    edge = _high(strong) if weak.operator in _BELOW else _low(strong) if weak.operator in _ABOVE else None
    if edge is None:
        return False
    value, reached = edge
    return weak.holds(value) is True or (value == weak.limit and not reached)


def _high(leaf: Postcondition) -> _Edge | None:
    if isinstance(leaf.limit, tuple):
        return float(leaf.limit[1]), True
    return (float(leaf.limit), leaf.operator is Operator.LTE) if leaf.operator in _BELOW else None


def _low(leaf: Postcondition) -> _Edge | None:
    if isinstance(leaf.limit, tuple):
        return float(leaf.limit[0]), True
    return (float(leaf.limit), leaf.operator is Operator.GTE) if leaf.operator in _ABOVE else None
