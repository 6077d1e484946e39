"""Can a clause ever hold, and can it ever fail? What never can pass is said at once; what cannot fail promises nothing.

Both answers are sound and not complete: yes is never said wrongly, and of what takes more than looking at one
measurement at a time the answer is no. A measurement is any number, any text, true or false; `risk` lies between 0 and
1. Limits cut the numbers into points and gaps, within each of which a clause is as true at one number as at any other,
so that one number of each tells of all. A limit that is told from a baseline is one on the change in percent, and that
change is taken as free of the value itself: more combinations than there are, so that nothing is claimed too early.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, pairwise

from checks.contract.predicate import (
    ABSOLUTE,
    RISK,
    AllOf,
    AnyOf,
    Clause,
    Kind,
    Operator,
    Postcondition,
    postconditions,
)

MOST = 60  # clauses on one measurement that are weighed together; of the rest, each by itself

_Subject = tuple[str, bool]  # a measurement's name, and whether its change against the baseline is meant
_Value = Fraction | str | bool
_RANGES: Mapping[_Subject, tuple[int, int]] = {(RISK, False): (0, 1)}
_KINDS = {Fraction: Kind.NUMBER, str: Kind.TEXT, bool: Kind.TRUTH}
_LOW = {Operator.GT, Operator.GTE}
_HIGH = {Operator.LT, Operator.LTE}
_BOUNDS = _LOW | _HIGH


def impossible(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The few of `clauses` that no measurement can fulfil together; none where it is not known that there are such."""
    for clause in clauses:
        if _never(clause):
            return (clause,)
    for subject, group in _by_subject(clauses).items():
        few = _tightest(group)
        if not _satisfiable(subject, few):
            return _fewest(subject, few)
    return ()


def vacuous(clause: Clause) -> bool:
    """Is it known that `clause` holds whatever is measured, of a kind that it speaks of?"""
    if isinstance(clause, AllOf):
        return all(vacuous(part) for part in clause.clauses)
    if isinstance(clause, AnyOf) and any(vacuous(part) for part in clause.clauses):
        return True
    parts = clause.clauses if isinstance(clause, AnyOf) else (clause,)
    return any(_always(subject, group[:MOST]) for subject, group in _by_subject(parts).items())


def _never(clause: Clause) -> bool:
    if isinstance(clause, AnyOf):
        return all(_never(part) for part in clause.clauses)
    if isinstance(clause, AllOf):
        return bool(impossible(clause.clauses))
    return not _satisfiable(_subject(clause), [clause])


def _by_subject(clauses: Sequence[Clause]) -> dict[_Subject, list[Clause]]:
    """Those clauses that speak of one subject alone, by that subject."""
    found: dict[_Subject, list[Clause]] = {}
    for clause in clauses:
        subjects = {_subject(leaf) for leaf in postconditions(clause)}
        if len(subjects) == 1:
            found.setdefault(subjects.pop(), []).append(clause)
    return found


def _subject(leaf: Postcondition) -> _Subject:
    return leaf.name, leaf.relative


def _satisfiable(subject: _Subject, clauses: Sequence[Clause]) -> bool:
    return any(all(_true(clause, value) for clause in clauses) for value in _values(subject, clauses))


def _always(subject: _Subject, clauses: Sequence[Clause]) -> bool:
    """Does one of `clauses` hold at each value?"""
    return all(any(_true(clause, value) for clause in clauses) for value in _values(subject, clauses))


def _fewest(subject: _Subject, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """As few of `clauses` as still cannot hold together: not one of them can be left out."""
    needed = list(clauses)
    for clause in clauses:
        without = [one for one in needed if one is not clause]
        if without and not _satisfiable(subject, without):
            needed = without
    return tuple(needed)


def _tightest(clauses: Sequence[Clause]) -> list[Clause]:
    """The same in few: of all plain bounds the lowest and the highest say as much as all of them."""
    bounds, others = list[Postcondition](), list[Clause]()
    for clause in clauses:
        if isinstance(clause, Postcondition) and _plain(clause) in _BOUNDS:
            bounds.append(clause)
        else:
            others.append(clause)
    low = max((one for one in bounds if _plain(one) in _LOW), key=_height, default=None)
    high = min((one for one in bounds if _plain(one) in _HIGH), key=_height, default=None)
    return [*(one for one in (low, high) if one is not None), *others[:MOST]]


def _plain(leaf: Postcondition) -> Operator:
    return ABSOLUTE.get(leaf.operator, leaf.operator)


def _height(leaf: Postcondition) -> tuple[float, int]:
    """How high a bound lies: `> 5` a little above `>= 5`, `< 5` a little below `<= 5`."""
    assert isinstance(leaf.limit, int | float), "a bound is a number"
    return leaf.limit, {Operator.GT: 1, Operator.LT: -1}.get(_plain(leaf), 0)


def _true(clause: Clause, value: _Value) -> bool:
    """Does `clause` hold at `value` of its one subject? A value of another kind fulfils nothing."""
    if isinstance(clause, Postcondition):
        return clause.kind is _KINDS[type(value)] and clause.admits(value)
    return (all if isinstance(clause, AllOf) else any)(_true(part, value) for part in clause.clauses)


def _values(subject: _Subject, clauses: Sequence[Clause]) -> Iterator[_Value]:
    """One value for every way in which the clauses can turn out, of each kind that they speak of."""
    leaves = [leaf for clause in clauses for leaf in postconditions(clause)]
    limits = list(chain.from_iterable(one.limit if isinstance(one.limit, tuple) else (one.limit,) for one in leaves))
    kinds = {leaf.kind for leaf in leaves}
    if Kind.NUMBER in kinds:
        numbers = {Fraction(one) for one in limits if isinstance(one, int | float) and not isinstance(one, bool)}
        yield from _numbers(numbers, _RANGES.get(subject))
    if Kind.TEXT in kinds:
        texts = [one for one in limits if isinstance(one, str)]
        yield from (*texts, "".join(texts) + "another")
    if Kind.TRUTH in kinds:
        yield from (True, False)


def _numbers(limits: set[Fraction], ends: tuple[int, int] | None) -> Iterator[Fraction]:
    """Each limit, and a number in every gap between and beyond them."""
    points = sorted(limits | {Fraction(end) for end in ends or ()})
    low, high = ends or (points[0] - 1, points[-1] + 1)
    gaps = ((one + other) / 2 for one, other in pairwise(points))
    yield from (point for point in (points[0] - 1, *points, *gaps, points[-1] + 1) if low <= point <= high)
