"""A small part of PromQL, read whole and written anew, each selector with the labels that the operator demands.

    expression  = operand { ("+" | "-" | "*" | "/") operand }
    operand     = number | selector | "(" expression ")"
                | ranged "(" selector "[" duration "]" ")"
                | aggregation [ grouping ] "(" expression ")" [ grouping ]
                | "histogram_quantile" "(" number "," expression ")"
    grouping    = ("by" | "without") "(" [ label { "," label } ] ")"

Whatever else there is in PromQL is refused: of subqueries, `or`, `label_replace`, and of what a later version brings,
nobody could say here that they read nothing but what the labels let through. No text is sent that was not written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from app.sources.errors import BadSelector
from app.sources.selector import LONGEST, SELECTOR, selector

RANGED = ("rate", "increase", "avg_over_time", "max_over_time", "min_over_time")
AGGREGATIONS = ("sum", "avg", "min", "max", "count")
GROUPINGS = ("by", "without")
QUANTILE = "histogram_quantile"
LONGEST_RANGE = 86_400.0  # seconds that one point may look back
DEEPEST = 20  # brackets within each other

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?![\w.:])", re.ASCII)
_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?![\w:])", re.ASCII)
_DURATION = re.compile(r"([1-9][0-9]{0,7})(ms|s|m|h|d)(?!\w)", re.ASCII)
_OPERATOR = re.compile(r"[-+*/]")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_MATCHING = ("on", "ignoring", "group_left", "group_right", "bool")
_OPERATORS = ("and", "or", "unless", "atan2", "offset")
_NO_NAME = frozenset({*GROUPINGS, *_MATCHING, *_OPERATORS, "inf", "nan"})


def demanding(text: str, demanded: Mapping[str, str]) -> str:
    """`text` with the labels `demanded` in each of its selectors. Raises BadSelector, which names the column.

    >>> demanding("sum(rate(errors[5m])) / sum(rate(requests[5m]))", {"team": "shop"})
    'sum(rate(errors{team="shop"}[5m])) / sum(rate(requests{team="shop"}[5m]))'
    """
    if len(text) > LONGEST:
        raise BadSelector(f"a query of more than {LONGEST:,} characters")
    reader = _Reader(text, demanded)
    written = reader.expression()
    reader.end()
    return written


@dataclass(slots=True)
class _Reader:
    """Reads `text` from `at` on. Each method reads one thing, and returns it as it is to be sent."""

    text: str
    demanded: Mapping[str, str]
    at: int = 0
    depth: int = 0
    selectors: int = 0

    def end(self) -> None:
        if self._next():
            self._refuse("an operator or the end is expected")
        if not self.selectors:
            raise BadSelector("the query names no series")

    def expression(self) -> str:
        written = self._operand()
        while operator := self._found(_OPERATOR):
            written += f" {operator} {self._operand()}"
        return written

    def _operand(self) -> str:
        if number := self._found(_NUMBER):
            return number
        if self._next() == "(":
            return self._bracketed()
        begins, word = self.at, self._found(_WORD)
        if word in RANGED:
            return word + self._ranged()
        if word in AGGREGATIONS:
            return word + self._aggregated()
        if word == QUANTILE:
            return word + self._quantile()
        if self._next() == "(" or (word or "").lower() in _NO_NAME:
            self._refuse(f"`{word}` is not among what may be asked", begins)
        self.at = begins
        return self._selector()

    def _bracketed(self) -> str:
        self._sign("(")
        self.depth += 1
        if self.depth > DEEPEST:
            self._refuse(f"more than {DEEPEST} brackets within each other")
        inner = self.expression()
        self.depth -= 1
        self._sign(")")
        return f"({inner})"

    def _ranged(self) -> str:
        self._sign("(")
        selected = self._selector()
        self._sign("[")
        duration = self._duration()
        self._sign("]")
        self._sign(")")
        return f"({selected}[{duration}])"

    def _duration(self) -> str:
        begins = self._start()
        found = _DURATION.match(self.text, begins)
        if found is None:
            self._refuse("a time as `5m` is expected")
        if int(found[1]) * _SECONDS[found[2]] > LONGEST_RANGE:
            self._refuse("a point may look back for a day at most")
        self.at = found.end()
        return found[0]

    def _aggregated(self) -> str:
        before = self._grouping()
        inner = self._bracketed()
        after = "" if before else self._grouping()
        return f"{before}{' ' if before else ''}{inner}{after}"

    def _grouping(self) -> str:
        begins, word = self._start(), self._found(_WORD)
        if word not in GROUPINGS:
            self.at = begins
            return ""
        self._sign("(")
        labels = []
        while self._next() != ")":
            labels.append(self._found(_LABEL) or self._refuse("a label is expected"))
            if self._next() != ")":
                self._sign(",")
        self._sign(")")
        return f" {word} ({', '.join(labels)})"

    def _quantile(self) -> str:
        self._sign("(")
        begins, share = self._start(), self._found(_NUMBER)
        if share is None or float(share) > 1:
            self._refuse("a share from 0 to 1 is expected", begins)
        self._sign(",")
        inner = self.expression()
        self._sign(")")
        return f"({share}, {inner})"

    def _selector(self) -> str:
        begins = self._start()
        found = SELECTOR.match(self.text, begins)
        if found is None or not found[0].strip():
            self._refuse("a metric is expected")
        self.at = found.end()
        if self._next() == "{":
            self._refuse('matchers of the form `{label="value"}` are expected')
        self.selectors += 1
        return selector(found[0], self.demanded)

    # --- signs -----------------------------------------------------------------------------------------------------

    def _start(self) -> int:
        """Where the next thing begins."""
        space = _SPACE.match(self.text, self.at)
        assert space is not None, "it may be empty"
        self.at = space.end()
        return self.at

    def _next(self) -> str:
        return self.text[self._start() :][:1]

    def _found(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self._start())
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def _sign(self, sign: str) -> None:
        if self._next() != sign:
            self._refuse(f"`{sign}` is expected")
        self.at += 1

    def _refuse(self, why: str, at: int | None = None) -> NoReturn:
        column = (self._start() if at is None else at) + 1
        raise BadSelector(f"column {column} of the query: {why}")
