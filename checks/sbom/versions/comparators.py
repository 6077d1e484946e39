"""Comparisons with a version, and what they say together: true, false, or None where nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from checks.sbom.versions import order


class Comparator(NamedTuple):
    """`op`: one of = != > >= < <=."""

    op: str
    version: str


Clause = tuple[Comparator, ...]  # all of them hold; the empty one always does

_SIGNS = {"=": (0,), "!=": (-1, 1), ">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0)}
_COMPARATOR = re.compile(r"\s*(==|!=|>=|<=|=|>|<)?\s*([^\s,|<>=!]+)\s*,?")


def holds(ecosystem: str, comparator: Comparator, version: str) -> bool | None:
    """Whether `version` compares as asked, by the order of the ecosystem; None when the two have none."""
    answer = order.compare(ecosystem, version, comparator.version)
    return None if answer is None else answer in _SIGNS[comparator.op]


def every(ecosystem: str, clause: Clause, version: str) -> bool | None:
    """Whether all of them hold."""
    answers = [holds(ecosystem, comparator, version) for comparator in clause]
    if False in answers:
        return False
    return None if None in answers else True


def some(answers: Iterable[bool | None]) -> bool | None:
    """Whether one of them is true."""
    given = list(answers)
    if True in given:
        return True
    return None if None in given else False


def clause(text: str) -> Clause | None:
    """Plain comparisons, parted by commas or blanks: ">=1, <2"; a bare version means itself. None: not understood."""
    found, at = [], 0
    while at < len(text.rstrip()):
        matched = _COMPARATOR.match(text, at)
        if matched is None:
            return None
        found.append(Comparator((matched[1] or "=").replace("==", "="), matched[2]))
        at = matched.end()
    return tuple(found) or None
