"""Version constraints with a higher floor, in the style they were written in.

One engine for every syntax that is a list of clauses (an operator and a version each): a clause is rewritten where
it stands, and all between clauses stays. What an operator means is in Syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from checks.sbom.manifests.words import Refusal
from checks.sbom.versions.comparison import compare

_RELEASE = re.compile(r"[v=]?(\d+(?:\.\d+)*)", re.ASCII)
_WILD = re.compile(r"(?:\.[*xX])+$")
_ANY = frozenset({"*", "x", "X"})
_LONGEST = 512
_NO_FLOOR = frozenset({"<", "<=", "!="})


class Written(NamedTuple):
    """A clause as it reads after the edit, and whether it alone keeps everything below the version out."""

    text: str
    floors: bool


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a constraint is written. `clause` has the groups op and version; `between` stands between two clauses.

    `bare` is the operator that a version without one stands for; `floor` writes a lower bound of its own, and `join`
    puts it to a clause. `span(version, parts)` writes "within the first one or two numbers of this version";
    `partial_is_range` when a bare "1.2" means all of 1.2.
    """

    ecosystem: str
    clause: re.Pattern[str]
    between: re.Pattern[str]
    bare: str
    floor: str
    join: str
    span: Callable[[str, int], Written]
    partial_is_range: bool = False


class UnsaidError(Exception):
    """This constraint cannot be raised; the message says why."""


def raised(syntax: Syntax, constraint: str, version: str) -> str | Refusal | None:
    """The constraint with its floor at `version`; None when the floor is at or above it already.

    Upper bounds that exclude the version go up in the place that counted: `<5` becomes `<6`, `<4.2` becomes `<4.4`
    for 4.3.1, `<=4` becomes `<=4.3.1`. An exclusion (`!=`) of the version itself is refused.
    """
    if not _RELEASE.match(version):
        return Refusal(f"`{version}` is not a version that a constraint can name")
    if len(constraint) > _LONGEST:
        return Refusal(f"its constraint is longer than {_LONGEST} characters")
    if constraint.strip() in {"", *_ANY}:
        return syntax.floor.format(version)
    try:
        clauses = _clauses(syntax, constraint)
        return None if _floored(syntax, clauses, version) else _rewritten(syntax, constraint, clauses, version)
    except UnsaidError as why:
        return Refusal(str(why))


def _clauses(syntax: Syntax, constraint: str) -> list[re.Match[str]]:
    found = list(syntax.clause.finditer(constraint))
    if found and not (constraint[: found[0].start()] + constraint[found[-1].end() :]).strip():
        gaps = [(left.end(), right.start()) for left, right in pairwise(found)]
        if all(syntax.between.fullmatch(constraint, *gap) for gap in gaps):
            return found
    raise UnsaidError(f"`{constraint}` is not a single range of versions")


def _operator(syntax: Syntax, clause: re.Match[str]) -> str:
    return clause["op"] or syntax.bare


def _base(clause: re.Match[str]) -> str:
    """The version of a clause without its wildcards: "1" of "1.x.x"."""
    return _WILD.sub("", clause["version"])


def _order(syntax: Syntax, a: str, b: str) -> int:
    answer = compare(syntax.ecosystem, a, b)
    if answer is None:
        raise UnsaidError(f"`{a}` and `{b}` cannot be compared")
    return answer


def _floored(syntax: Syntax, clauses: list[re.Match[str]], version: str) -> bool:
    floors = [_base(clause) for clause in clauses if _operator(syntax, clause) not in _NO_FLOOR]
    return any(floor not in _ANY and _order(syntax, floor, version) >= 0 for floor in floors)


def _rewritten(syntax: Syntax, constraint: str, clauses: list[re.Match[str]], version: str) -> str:
    text, floored, only_caps = constraint, False, True
    for clause in reversed(clauses):
        operator = _operator(syntax, clause)
        written = _clause(syntax, clause, operator, version)
        text = text[: clause.start()] + written.text + text[clause.end() :]
        floored = floored or written.floors
        only_caps = only_caps and operator in _NO_FLOOR
    if floored:
        return text
    own = syntax.floor.format(version)
    return own + syntax.join + text if only_caps else text + syntax.join + own


def _clause(syntax: Syntax, clause: re.Match[str], operator: str, version: str) -> Written:
    if operator == "!=":
        return _kept(syntax, clause, version)
    if operator in {"<", "<="}:
        return _capped(syntax, clause, operator, version)
    if operator in {"~=", "~>"}:
        return _compatible(syntax, clause, operator, version)
    base = _base(clause)
    if base in _ANY:
        return Written(syntax.floor.format(version), floors=True)
    parts = base.count(".") + 1
    partial = syntax.partial_is_range and parts < 3 and operator == "="
    if base != clause["version"] or partial or (operator == "~" and parts == 1):
        return _spanned(syntax, clause, parts, version)
    return Written(_with(clause, ">=" if operator == ">" else clause["op"], version), floors=True)


def _with(clause: re.Match[str], operator: str, version: str) -> str:
    """The clause with another operator and version; the space around them stays."""
    whole, at = clause[0], clause.start()
    before, between = whole[: clause.start("op") - at], whole[clause.end("op") - at : clause.start("version") - at]
    return before + operator + between + version + whole[clause.end("version") - at :]


def _kept(syntax: Syntax, clause: re.Match[str], version: str) -> Written:
    base = _base(clause)
    within = base != clause["version"] and f"{version}.".startswith(f"{base}.")
    if within or _order(syntax, base, version) == 0:
        raise UnsaidError(f"`{clause[0].strip()}` excludes {version} on purpose")
    return Written(clause[0], floors=False)


def _spanned(syntax: Syntax, clause: re.Match[str], parts: int, version: str) -> Written:
    if parts > 2:
        raise UnsaidError(f"`{clause[0].strip()}` has no floor that could be raised")
    return syntax.span(version, parts)


def numbers(version: str) -> list[int]:
    """The numbers a version begins with; UnsaidError when it begins with none."""
    matched = _RELEASE.match(version)
    if matched is None or "!" in version:
        raise UnsaidError(f"`{version}` does not begin with its numbers")
    return [int(number) for number in matched[1].split(".")]


def _capped(syntax: Syntax, clause: re.Match[str], operator: str, version: str) -> Written:
    order = _order(syntax, version, _base(clause))
    if order < 0 or (order == 0 and operator == "<="):
        return Written(clause[0], floors=False)
    cap = version if operator == "<=" else next_after(_base(clause), version)
    return Written(_with(clause, operator, cap), floors=False)


def next_after(cap: str, version: str) -> str:
    """The smallest bound above `version` that is as coarse as `cap`, with as many numbers.

    >>> next_after("5", "5.1"), next_after("4.2", "4.3.1"), next_after("2.0.0", "2.31.0")
    ('6', '4.4', '3.0.0')
    """
    bounds, reached = numbers(cap), numbers(version)
    coarse = max((place for place, number in enumerate(bounds) if number), default=0)
    head = (reached + [0] * len(bounds))[: coarse + 1]
    head[-1] += 1
    return ".".join(str(number) for number in head + [0] * (len(bounds) - coarse - 1))


def _compatible(syntax: Syntax, clause: re.Match[str], operator: str, version: str) -> Written:
    """`~=1.2` and `~> 1.2` fix all numbers but the last: as many are kept, and a floor of its own says the rest."""
    places, reached = len(numbers(clause["version"])), numbers(version)
    kept = ".".join(map(str, (reached + [0] * places)[:places]))
    above = _order(syntax, version, kept)
    if above < 0:
        raise UnsaidError(f"`{operator} {kept}` excludes {version}, which comes before it")
    return Written(_with(clause, operator, kept), floors=above == 0)
