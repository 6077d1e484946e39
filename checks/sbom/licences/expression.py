"""May a component come in under this licence expression, given what is denied or allowed?

SPDX expressions (SPDX specification 2.3, annex D) by license-expression, imported on first use; on top of it
our table of spellings, "or later" as the choice it is, and names too vague to say which licence is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

from checks.sbom.licences.spellings import LADDERS, VAGUE
from checks.sbom.licences.terms import exceptions, identifiers, leaves, operator, parse, states

Answer = Literal["pass", "deny", "unknown"]


class _Rank(IntEnum):
    """The answers from best to worst: OR takes the best of its branches, AND the worst."""

    PASS = 0
    UNKNOWN = 1
    DENY = 2


_WORDS: dict[_Rank, Answer] = {_Rank.PASS: "pass", _Rank.UNKNOWN: "unknown", _Rank.DENY: "deny"}


@dataclass(frozen=True, slots=True)
class _Clause:
    """A conjunction or a choice that the policy names: for each of its branches all the names that it goes by."""

    joined: str
    branches: tuple[frozenset[str], ...]
    denied: bool


@dataclass(frozen=True, slots=True)
class _Terms:
    """A policy: single licences as sets, in lower case, and whole expressions. `allow` None: whatever is not denied may
    come.
    """

    deny: frozenset[str]
    allow: frozenset[str] | None
    clauses: tuple[_Clause, ...] = ()

    def judge(self, name: str) -> _Rank:
        if name in self.deny:
            return _Rank.DENY
        return _Rank.PASS if self.allow is None or name in self.allow else _Rank.DENY

    def names(self, name: str) -> _Rank | None:
        """What the policy says of this very name; None when it does not speak of it."""
        if name in self.deny:
            return _Rank.DENY
        return _Rank.PASS if self.allow is not None and name in self.allow else None

    def denials(self) -> _Terms:
        """What it denies, and no more."""
        return _Terms(self.deny, None, tuple(clause for clause in self.clauses if clause.denied))


def evaluate(expression: object, policy: Mapping[str, Sequence[str] | str | None]) -> Answer:
    """Judge `expression` by `{"deny": [...]}`, `{"allow": [...]}` or both.

    An entry is a licence, or an expression of several, which means just that conjunction, or choice, whatever else is
    beside it. Raises ValueError for a policy that could never match (see `entry_error`).

    "pass": the component can be taken without touching a denied licence (deny) or under allowed ones alone
    (allow). "deny": it cannot. "unknown": the text does not say enough (nothing stated, no text, no SPDX expression, a
    LicenseRef that the policy does not name, a name that fits several licences of which only some are denied,
    an exception to a denied licence that the policy does not name). A licence "or later" offers every
    published version from there on.

    >>> evaluate("MIT OR GPL-3.0-only", {"deny": ["GPL-3.0-only"]})
    'pass'
    >>> evaluate("MIT AND GPL-3.0-only", {"deny": ["GPL-3.0-only"]})
    'deny'
    """
    if strange := sorted(map(str, policy.keys() - {"deny", "allow"})):
        raise ValueError(f"{strange[0]!r} is neither `deny` nor `allow`")
    deny, allow = (_listed(policy.get(side)) for side in ("deny", "allow"))
    return _evaluate(expression if isinstance(expression, str) else "", deny or (), allow)


def _listed(names: Sequence[str] | str | None) -> tuple[str, ...] | None:
    """One name by itself is a list of one, not of its letters. Raises ValueError where one could never match."""
    if names is None:
        return None
    listed = (names,) if isinstance(names, str) else tuple(names)
    if wrong := next(filter(None, map(entry_error, listed)), ""):
        raise ValueError(wrong)
    return listed


def entry_error(entry: object) -> str:
    """Why an entry of a policy could never match, in words that name it; "" where it could."""
    if not isinstance(entry, str):
        return f"{entry!r} is no text"
    tree = parse(entry)
    if tree is None:
        return f"{entry!r} is no SPDX licence identifier, no LicenseRef and no expression of them"
    strange = [str(leaf) for leaf in leaves(tree) if not recognised(str(leaf))]
    if not strange:
        return ""
    named = f"{strange[0]!r} in {entry!r}" if operator(tree) else repr(entry)
    return f"{named} is no SPDX licence identifier and no LicenseRef"


def conjunction(names: Iterable[str]) -> str:
    """One normal expression for all that a component lists, "" when it states nothing.

    A list has no operator in CycloneDX; reading it as AND is the cautious way. A vague name that a precise
    one beside it explains is dropped ("BSD-3-Clause" next to the classifier "BSD License"); a text that
    cannot be parsed stays as a LicenseRef of its own.
    """
    return _conjunction(tuple(names))


def same(left: Iterable[str], right: Iterable[str]) -> bool:
    """Do two sets of normal expressions grant the same, as far as their words tell?

    A vague name is the same as any licence it may stand for, so "BSD" for "BSD-3-Clause" is no change.
    """
    first, second = set(map(_factors, left)), set(map(_factors, right))
    here, there = set(chain.from_iterable(first)), set(chain.from_iterable(second))
    return _explained(here - there, there) and _explained(there - here, here)


def recognised(name: str) -> bool:
    """Is this one licence that a policy may name: on the SPDX list, a known spelling, or a LicenseRef?"""
    symbol = _single(name)
    if symbol is None:
        return False
    plain, _, exception = symbol.partition(" WITH ")
    if exception and exception.lower() not in exceptions():
        return False
    return plain in VAGUE or _is_private(plain) or all(_known(option) for option in _options(plain))


@lru_cache(maxsize=8192)
def _evaluate(expression: str, deny: tuple[str, ...], allow: tuple[str, ...] | None) -> Answer:
    tree = parse(expression)
    if tree is None:
        named = _terms(deny, allow).names(expression.strip().lower())
        return _WORDS[_Rank.UNKNOWN if named is None else named]
    return _WORDS[_judge(tree, _terms(deny, allow))]


@lru_cache(maxsize=64)
def _terms(deny: tuple[str, ...], allow: tuple[str, ...] | None) -> _Terms:
    denied, refused = _entries(deny, denied=True)
    allowed, granted = _entries(allow or (), denied=False)
    return _Terms(denied, None if allow is None else allowed, (*refused, *granted))


def _entries(entries: tuple[str, ...], *, denied: bool) -> tuple[frozenset[str], list[_Clause]]:
    """The single licences of a list, and its expressions of several."""
    trees = [tree for tree in map(parse, entries) if tree is not None]
    clauses = [_Clause(operator(tree), tuple(map(_names, tree.args)), denied) for tree in trees if operator(tree)]
    single = [_entry(str(tree)) for tree in trees if not operator(tree)]
    return frozenset(chain.from_iterable(single)), clauses


def _names(branch: Any) -> frozenset[str]:
    return frozenset({str(branch).lower()} if operator(branch) else _entry(str(branch)))


def _entry(name: str) -> list[str]:
    """All single licences that one of a policy stands for."""
    plain, mark, exception = name.partition(" WITH ")
    options = (*LADDERS.get(plain, ()), *VAGUE[plain][0], plain) if plain in VAGUE else _options(plain)
    return [f"{option}{mark}{exception}".lower() for option in options]


# --- one expression against the terms ----------------------------------------------------------------------


def _judge(tree: Any, terms: _Terms) -> _Rank:
    if joined := operator(tree):
        return _several(joined, tree.args, terms)
    if hasattr(tree, "exception_symbol"):
        return _with(tree.license_symbol.key, tree.exception_symbol.key, terms)
    return _licence(tree.key, terms)


def _several(joined: str, branches: Sequence[Any], terms: _Terms) -> _Rank:
    """What a clause of the policy names is answered by it, the rest branch by branch."""
    ranks, settled = [], set[int]()
    for clause in terms.clauses:
        found = _matched(clause, branches) if clause.joined == joined else {}
        if found:
            ranks.append(_by_clause(clause, [branches[place] for place in found], terms, sure=all(found.values())))
            settled.update(found)
    ranks += [_judge(branch, terms) for place, branch in enumerate(branches) if place not in settled]
    return min(ranks) if joined == "OR" else max(ranks)


def _by_clause(clause: _Clause, group: Sequence[Any], terms: _Terms, *, sure: bool) -> _Rank:
    """A denied group is denied; an allowed one passes unless something else denies it. Where a name is too vague to say
    whether it is meant, nobody knows.
    """
    if clause.denied and sure:
        return _Rank.DENY
    denied = terms.denials() if not clause.denied else _Terms(terms.deny, terms.allow)
    base = _several(clause.joined, group, denied)
    if base is _Rank.DENY:
        return base
    return _Rank.PASS if sure else _Rank.UNKNOWN


def _matched(clause: _Clause, branches: Sequence[Any]) -> dict[int, bool]:
    """The places of the branches that a clause names, and whether each surely is meant; none unless all that it names
    are there.
    """
    found: dict[int, bool] = {}
    for names in clause.branches:
        here = {place: sure for place, one in enumerate(branches) if (sure := _meant(one, names, clause)) is not None}
        if not here:
            return {}
        found |= {place: True for place, sure in here.items() if sure} or here
    return found


def _meant(branch: Any, names: frozenset[str], clause: _Clause) -> bool | None:
    """Does a branch go by one of these names? None: it does not; False: it may, for its own name is vague."""
    if operator(branch):
        return True if str(branch).lower() in names else None
    plain, mark, exception = str(branch).partition(" WITH ")
    offered = VAGUE[plain][0] if plain in VAGUE else _options(plain)
    named = [f"{option}{mark}{exception}".lower() in names for option in offered]
    if plain in VAGUE:
        return all(named) if any(named) else None
    chosen = all(named) if clause.denied else any(named)  # of what is offered, one may take what is permitted
    return True if chosen else None


def _licence(key: str, terms: _Terms) -> _Rank:
    if key in VAGUE:
        ranks = {terms.judge(member.lower()) for member in VAGUE[key][0]}
        return ranks.pop() if len(ranks) == 1 else _Rank.UNKNOWN
    return min(_option(option, terms) for option in _options(key))


def _option(name: str, terms: _Terms) -> _Rank:
    if _known(name):
        return terms.judge(name.lower())
    named = terms.names(name.lower())
    return _Rank.UNKNOWN if named is None else named


def _with(key: str, exception: str, terms: _Terms) -> _Rank:
    """An exception only ever grants more than its licence does, so an allowed licence stays allowed.

    Whether it lifts what a denied licence is denied for, only the policy can say, by naming the pair.
    """
    named = [terms.names(f"{option} WITH {exception}".lower()) for option in _options(key)]
    spoken = [rank for rank in named if rank is not None]
    if spoken and (len(spoken) == len(named) or min(spoken) is _Rank.PASS):
        return min(spoken)
    base = _licence(key, terms)
    if exception.lower() not in exceptions():
        return max(base, _Rank.UNKNOWN)
    lifted = base is _Rank.DENY and any(option.lower() in terms.deny for option in _options(key))
    return _Rank.UNKNOWN if lifted else base


def _options(key: str) -> tuple[str, ...]:
    """The licences that `key` offers a choice of: itself, or each published version from it on."""
    stem = key.removesuffix("-or-later").removesuffix("+")
    if stem == key:
        return (key,)
    for ladder in LADDERS.values():
        for place, rung in enumerate(ladder):
            if rung.removesuffix("-only").lower() == stem.lower():
                return ladder[place:]
    return (stem,)


def _known(name: str) -> bool:
    return name.lower() in identifiers()


def _is_private(name: str) -> bool:
    """A licence of the author's own: a reference, or npm's word for "no licence is granted"."""
    return name.startswith(("LicenseRef-", "DocumentRef-")) or name == "UNLICENSED"


def _single(name: str) -> str | None:
    """The normal name of one licence (and its exception); None for an expression or no licence."""
    tree = parse(name)
    return None if tree is None or operator(tree) else str(tree)


# --- normal forms ------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _conjunction(names: tuple[str, ...]) -> str:
    expressions = {_normal(name) for name in names if states(name)}
    factors = set(chain.from_iterable(map(_factors, expressions)))
    plain = {factor for factor in factors if not (factor in VAGUE and factors & set(VAGUE[factor][0]))}
    compound = " AND ".join(f"({factor})" if " OR " in factor else factor for factor in sorted(plain))
    return compound if len(plain) > 1 else "".join(plain)


def _normal(name: str) -> str:
    tree = parse(name)
    if tree is not None:
        return str(tree)
    slug = "-".join("".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name).split())
    return f"LicenseRef-{slug[:80]}"


@lru_cache(maxsize=8192)
def _factors(expression: str) -> frozenset[str]:
    """What all has to be accepted: the branches of a top-level AND, or the expression itself."""
    tree = parse(expression)
    if tree is None or operator(tree) != "AND":
        return frozenset({expression})
    return frozenset(str(branch) for branch in tree.args)


def _explained(missing: set[str], there: set[str]) -> bool:
    """Does every factor that only one side has fit a vague (or a precise) name on the other side?"""
    return all(any(_fits(factor, other) or _fits(other, factor) for other in there) for factor in missing)


def _fits(precise: str, vague: str) -> bool:
    return vague in VAGUE and bool(set(_options(precise)) & set(VAGUE[vague][0]))
