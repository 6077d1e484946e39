"""The language of postconditions: a name, an operator and a limit, joined by `all` and `any`."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Scalar = float | str | bool
Limit = Scalar | tuple[Scalar, ...]

TESTS = "tests"  # the one postcondition whose value is read from check runs: `pass` or `fail`
GREEN = "pass"
RISK = "risk"  # the change-risk score, 0..1
TEXT_SHOWN = 80  # characters of a text value that one line can carry


class Operator(StrEnum):
    """How a measured value is held against its limit."""

    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    EQ = "eq"
    NE = "ne"
    IN = "in"
    BETWEEN = "between"  # both ends belong to it
    LT_BASE_PCT = "lt_base_pct"  # the limit lies so many percent of the baseline's size above the baseline
    LTE_BASE_PCT = "lte_base_pct"
    GT_BASE_PCT = "gt_base_pct"
    GTE_BASE_PCT = "gte_base_pct"


class Kind(StrEnum):
    """What can be compared with what: never a number with a text, never a truth value with a number."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "true or false"


@dataclass(frozen=True, slots=True)
class Postcondition:
    """One demand on one measurement. The limit of `in` and `between` is a tuple, of one kind throughout."""

    name: str
    operator: Operator
    limit: Limit

    @property
    def kind(self) -> Kind:
        """The kind of value that this postcondition can judge."""
        sample = self.limit[0] if isinstance(self.limit, tuple) else self.limit
        kind = kind_of(sample)
        assert kind is not None, "the parser lets only finite limits in"
        return kind

    @property
    def relative(self) -> bool:
        """Is the limit a percentage, told from what was measured on the base (checks.contract.relative)?"""
        return self.operator in ABSOLUTE

    def holds(self, value: object) -> bool | None:
        """Whether `value` is within the limit; None where the two cannot be compared: a percentage is no value."""
        if self.relative or kind_of(value) is not self.kind:
            return None
        return self.admits(value)

    def admits(self, value: object) -> bool:
        """The bare comparison, with any value of the limit's kind: of a relative one, a change in percent."""
        return _HOLDS[ABSOLUTE.get(self.operator, self.operator)](value, self.limit)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every clause must hold."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One clause that holds is enough."""

    clauses: tuple[Clause, ...]


Clause = Postcondition | AllOf | AnyOf

ABSOLUTE: Mapping[Operator, Operator] = {  # what each relative operator comes to, once its baseline is known
    Operator.LT_BASE_PCT: Operator.LT,
    Operator.LTE_BASE_PCT: Operator.LTE,
    Operator.GT_BASE_PCT: Operator.GT,
    Operator.GTE_BASE_PCT: Operator.GTE,
}

_HOLDS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.IN: lambda value, limit: value in limit,
    Operator.BETWEEN: lambda value, limit: limit[0] <= value <= limit[1],
}

_SIGNS: Mapping[Operator, str] = {
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.EQ: "=",
    Operator.NE: "!=",
}


def kind_of(value: object) -> Kind | None:
    """The kind of a value; None for what is no measured value, NaN and the infinities among it."""
    if isinstance(value, bool):  # before numbers: in Python, True is a 1
        return Kind.TRUTH
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, int | float):
        return Kind.NUMBER if _finite(value) else None
    return None


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def all_of(clauses: Iterable[Clause]) -> Clause:
    """The conjunction of `clauses`, flat: an `all` in an `all` says nothing new, nor an `all` of one."""
    flat = tuple(part for clause in clauses for part in conjuncts(clause))
    return flat[0] if len(flat) == 1 else AllOf(flat)


def any_of(clauses: Iterable[Clause]) -> Clause:
    """The disjunction of `clauses`, flat as `all_of`."""
    flat = tuple(part for clause in clauses for part in (clause.clauses if isinstance(clause, AnyOf) else (clause,)))
    return flat[0] if len(flat) == 1 else AnyOf(flat)


def conjuncts(clause: Clause) -> tuple[Clause, ...]:
    """What must hold, each by itself, for `clause` to hold."""
    return clause.clauses if isinstance(clause, AllOf) else (clause,)


def postconditions(clause: Clause) -> Iterator[Postcondition]:
    """Every postcondition of the tree, in the order it was written."""
    if isinstance(clause, Postcondition):
        yield clause
        return
    for part in clause.clauses:
        yield from postconditions(part)


def say_limit(leaf: Postcondition) -> str:
    """The limit in words, without its unit: `< 250`, `between 1 and 5`, `one of "a", "b"`."""
    if leaf.name == TESTS:
        return GREEN
    if isinstance(leaf.limit, tuple):
        shown = [say_value(limit) for limit in leaf.limit]
        between = leaf.operator is Operator.BETWEEN
        return f"between {' and '.join(shown)}" if between else f"one of {', '.join(shown)}"
    if leaf.relative:
        return f"{_SIGNS[ABSOLUTE[leaf.operator]]} baseline{say_percent(leaf)}"
    return f"{_SIGNS[leaf.operator]} {say_value(leaf.limit)}"


def say_percent(leaf: Postcondition) -> str:
    """How far from the baseline the limit of a relative postcondition lies: ` + 5 %`, ` - 10 %`, or nothing."""
    assert isinstance(leaf.limit, int | float), "the parser lets only numbers in"
    sign = "-" if leaf.limit < 0 else "+"
    return f" {sign} {say_value(abs(leaf.limit))} %" if leaf.limit else ""


def say_value(value: object) -> str:
    """A value on one line, whatever it is: numbers to 12 digits, texts quoted and cut."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.12g}" if _finite(value) or isinstance(value, float) else "a number too large to compare"
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"
    quoted = json.dumps(cut, ensure_ascii=False)
    return quoted.encode("utf-8", "backslashreplace").decode()  # half of a surrogate pair has no UTF-8


def say(clause: Clause) -> str:
    """The whole clause on one line: `p95 < 250`, `any of (a < 1; b < 2)`."""
    if isinstance(clause, Postcondition):
        return f"{clause.name} {say_limit(clause)}"
    word = "all" if isinstance(clause, AllOf) else "any"
    return f"{word} of ({'; '.join(say(part) for part in clause.clauses)})"
