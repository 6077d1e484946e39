"""How package managers write the versions they would take: carets, tildes, wildcards, and plain comparisons.

The meanings are those of each manager's own documentation: npm's semver, "Specifying Dependencies" of Cargo, "Versions
and constraints" of Composer, "Dependency specification" of Poetry, Elixir's `Version`, Dart's "Package dependencies",
RubyGems' "Patterns".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from checks.sbom.versions.comparators import Clause, Comparator


class Dialect(NamedTuple):
    """One manager's way to write a range.

    `bare`: the operator that a version without one has. `floor` makes of a version the lowest of its own prereleases:
    what a caret or a tilde stays below. `x_ranges`: a comparison with a partial version means all that begin so.
    `tight_tilde`: `~1.2` stays within 1.2; else it goes up to 2. `blanks`: a blank is an "and", as a comma is.
    """

    bare: str = "="
    floor: str = "-0"
    x_ranges: bool = True
    tight_tilde: bool = True
    blanks: bool = True


DIALECTS: Mapping[str, Dialect] = MappingProxyType({
    "npm": Dialect(),
    "cargo": Dialect(bare="^", blanks=False),
    "composer": Dialect(floor="-dev", x_ranges=False, tight_tilde=False),
    "poetry": Dialect(floor=".dev0", x_ranges=False, blanks=False),
    "hex": Dialect(x_ranges=False, tight_tilde=False),
    "pub": Dialect(x_ranges=False),
    "gem": Dialect(floor=".a", x_ranges=False, tight_tilde=False, blanks=False),
})  # fmt: skip

_TERM = re.compile(r"(\^|~>|~=|~|==|!=|>=|<=|=|>|<)?\s*[vV]?([0-9xX*]+(?:\.[0-9xX*]+)*)([-+._A-Za-z][0-9A-Za-z.+\-]*)?")
_HYPHEN = re.compile(r"\s+-\s+")
_OR = re.compile(r"\s*\|\|?\s*")
_LOOSE = re.compile(r"(\^|~>|~=|~|==|!=|>=|<=|=|>|<)\s+")
_BETWEEN = re.compile(r"[\s,]+")
_WILD = frozenset("xX*")
_NOTHING = (Comparator("<", "0.0.0-0"),)


class _Term(NamedTuple):
    numbers: tuple[int, ...]  # up to the first wildcard
    text: str  # as written, without operator and wildcards
    partial: bool  # stands for every version that begins so


def clauses(dialect: Dialect, text: str) -> tuple[Clause, ...] | None:
    """The alternatives of a range, each a clause; None when it is not understood.

    >>> clauses(DIALECTS["npm"], "^1.2 || 3.x")[0]
    (Comparator(op='>=', version='1.2'), Comparator(op='<', version='2-0'))
    """
    read = [_clause(dialect, part) for part in _OR.split(text.strip())]
    found = tuple(part for part in read if part is not None)
    return found if len(found) == len(read) else None


def _clause(dialect: Dialect, text: str) -> Clause | None:
    ends = _HYPHEN.split(text.strip())
    if len(ends) == 2:
        return _between(dialect, *ends)
    found: list[Comparator] = []
    for part in _parts(dialect, text.strip()):
        matched = _TERM.fullmatch(part)
        term = _term(dialect, matched) if matched else None
        if matched is None or term is None:
            return None
        bare = dialect.bare if _WILD.isdisjoint(matched[2]) else "="
        found += _desugared(dialect, matched[1] or bare, term)
    return tuple(found)


def _parts(dialect: Dialect, text: str) -> list[str]:
    """The comparisons of a clause; an operator may stand apart from its version."""
    if not text:
        return []
    if not dialect.blanks:
        return [part.strip() for part in text.split(",")]
    joined = _LOOSE.sub(r"\1", text)
    return [part for part in _BETWEEN.split(joined) if part]


def _term(dialect: Dialect, matched: re.Match[str]) -> _Term | None:
    parts, suffix = matched[2].split("."), matched[3] or ""
    wild = next((place for place, part in enumerate(parts) if part in _WILD), len(parts))
    if any(len(part) > 18 or not (part.isdecimal() or part in _WILD) for part in parts):
        return None
    numbers, starred = tuple(int(part) for part in parts[:wild]), wild < len(parts)
    if starred and suffix.startswith("."):
        return None
    short = dialect.x_ranges and len(numbers) < 3 and not suffix
    return _Term(numbers, _dotted(numbers) + ("" if starred else suffix), starred or short)


def _between(dialect: Dialect, low: str, high: str) -> Clause | None:
    first, last = _TERM.fullmatch(low), _TERM.fullmatch(high)
    if first is None or last is None or first[1] or last[1]:
        return None
    lower, upper = _term(dialect, first), _term(dialect, last)
    if lower is None or upper is None:
        return None
    short = upper.partial or (len(upper.numbers) < 3 and upper.text == _dotted(upper.numbers))
    return (*_from(lower), *(_below(dialect, _next(upper.numbers)) if short else (Comparator("<=", upper.text),)))


def _desugared(dialect: Dialect, op: str, term: _Term) -> Clause:
    if op == "^":
        return (*_from(term), *_below(dialect, _caret(term.numbers)))
    if op in {"~", "~>", "~="}:
        return (*_from(term), *_below(dialect, _tilde(dialect, term.numbers)))
    plain = "=" if op == "==" else op
    return _begins(dialect, plain, term) if term.partial else (Comparator(plain, term.text),)


def _begins(dialect: Dialect, op: str, term: _Term) -> Clause:
    """A comparison with all versions that begin with the term's numbers."""
    after = _next(term.numbers)
    if op == ">":
        return (Comparator(">=", _dotted(after)),) if after else _NOTHING
    if op == "<":
        return _below(dialect, term.numbers) or _NOTHING
    below = _below(dialect, after) if op in {"=", "<="} else ()
    return (*(_from(term) if op in {"=", ">="} else ()), *below)


def _from(term: _Term) -> Clause:
    return (Comparator(">=", term.text),) if term.numbers else ()


def _below(dialect: Dialect, numbers: tuple[int, ...]) -> Clause:
    """Below that version and all its prereleases; no bound where there are no numbers."""
    return (Comparator("<", _dotted(numbers) + dialect.floor),) if numbers else ()


def _next(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The first version that does not begin with these numbers."""
    return (*numbers[:-1], numbers[-1] + 1) if numbers else ()


def _caret(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """What a caret stays below: the next step of the first number that is not zero."""
    place = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return _next(numbers[: place + 1])


def _tilde(dialect: Dialect, numbers: tuple[int, ...]) -> tuple[int, ...]:
    kept = 2 if dialect.tight_tilde else max(1, len(numbers) - 1)
    return _next(numbers[:kept])


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
