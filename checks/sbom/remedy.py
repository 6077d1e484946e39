"""The safer alternative: the smallest step up from a version that leaves nothing known against the package.

Where the candidates come from: no index of releases is asked. The smallest clean release nearly always is a version at
which some advisory was `fixed`, for a range ends exactly where a release mended it; or one that another advisory
enumerates while the rest have passed it by. Both stand in the records themselves. What the records cannot know, such as
a release that came out since, the caller adds as `seen`: versions in the bills, or in an index at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.sbom.advisories import severity
from checks.sbom.advisories.advisory import Advisory, Book, known
from checks.sbom.osv import Affected, Record
from checks.sbom.versions import order, ranges
from checks.sbom.versions.ecosystems import locate
from checks.sbom.versions.intervals import FIXED

Records = Book | Iterable[str | Mapping[str, Any] | Record]
_CARETS = frozenset({"npm", "cargo", "composer", "hex", "pub"})  # below 1.0, the second number breaks


@dataclass(frozen=True, slots=True)
class Remedy:
    """Where to go from a vulnerable version. `version` is None when no known release is clear of everything.

    `bump`: "major", "minor", "patch", or "" for none; `within`: whether the declared range takes it, None when there is
    none or it is not understood; `breaking`: whether the ecosystem's custom lets such a step break its users. `clears`
    are the ids of the advisories left behind; `remaining` those that are not: without a `version` all that affect the
    current one, with it those that nobody can decide. `reason` says why this one, or why none.
    """

    version: str | None
    bump: str = ""
    within: bool | None = None
    breaking: bool = False
    clears: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    reason: str = ""


def candidates(records: Records, ecosystem: str, name: str, seen: Sequence[str] = ()) -> tuple[str, ...]:
    """Every release of a package that its records speak of, and those `seen` elsewhere, the oldest first.

    What has no place in the ecosystem's order is left out; of two spellings of one version the first seen stays.
    """
    place = locate(ecosystem, name)
    entries = [entry for record in _book(records).records(ecosystem, name) for entry in record.about(place)]
    spoken = dict.fromkeys((*seen, *_enumerated(entries), *_fixed(entries)))
    spelled: dict[str, str] = {}
    for version in spoken:
        if order.key(place.type, version) is not None:
            spelled.setdefault(order.spelling(place.type, version), version)
    return _sorted(place.type, spelled.values())


def safest(
    ecosystem: str,
    name: str,
    current: str,
    candidates: Sequence[str],
    records: Records,
    *,
    declared: str = "",
    permitted: Callable[[str], bool] = lambda _: True,
    excused: frozenset[str] = frozenset(),
) -> Remedy:
    """The best of `candidates` that is not older than `current` and clear of all advisories in `records`.

    `ecosystem` as in `osv.affected`; `declared`: the range in the manifest, "" where there is none; `permitted`:
    whether policy lets a version in, its licence for instance; `excused`: ids or aliases of advisories not to count.
    Prereleases are passed over unless `current` is one. Of the clear ones: those that the declared range takes before
    others, those of the same major before others, then the smallest. An advisory that cannot be decided for `current`
    either does not stand in the way; it is named in `remaining`.
    """
    package = _Package(locate(ecosystem, name).type, name, ecosystem, _standing(records, ecosystem, name, excused))
    if order.key(package.type, current) is None:
        return Remedy(None, remaining=package.open(current), reason=f"no telling which releases come after {current}")
    later = list(_later(package.type, current, candidates))
    unclear = frozenset(package.undecided(current))
    for version in sorted(later, key=lambda version: _rank(package.type, current, version, declared)):
        if package.clear(version, unclear) and permitted(version):
            return _chosen(package, current, version, declared, unclear)
    return Remedy(None, remaining=package.open(current), reason=_none(package, current, later))


def is_clear(ecosystem: str, name: str, version: str, records: Records, excused: frozenset[str] = frozenset()) -> bool:
    """Whether nothing is known, and nothing undecided, against a version."""
    package = _Package(locate(ecosystem, name).type, name, ecosystem, _standing(records, ecosystem, name, excused))
    return package.clear(version, frozenset())


# --- what is known of the package --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Package:
    type: str
    name: str
    ecosystem: str
    advisories: tuple[Advisory, ...]

    def open(self, version: str) -> tuple[str, ...]:
        return tuple(each.id for each in self._affecting(version))

    def undecided(self, version: str) -> tuple[str, ...]:
        return tuple(each.id for each in self.advisories if self._answer(each, version) is None)

    def clear(self, version: str, unclear: frozenset[str]) -> bool:
        """Not affected by any; undecided at most by those that are so anyway."""
        answers = ((each.id, self._answer(each, version)) for each in self.advisories)
        return all(answer is False or (answer is None and name in unclear) for name, answer in answers)

    def weight(self, version: str) -> tuple[int, int]:
        """How much is known against a version: severities added up, and how many."""
        affecting = self._affecting(version)
        return sum(2 ** severity.SEVERITIES.index(each.severity) for each in affecting), len(affecting)

    def _affecting(self, version: str) -> list[Advisory]:
        return [each for each in self.advisories if self._answer(each, version)]

    def _answer(self, advisory: Advisory, version: str) -> bool | None:
        return advisory.affects(self.ecosystem, self.name, version)


def _standing(records: Records, ecosystem: str, name: str, excused: frozenset[str]) -> tuple[Advisory, ...]:
    return tuple(each for each in _book(records).on(ecosystem, name) if each.names.isdisjoint(excused))


def _book(records: Records) -> Book:
    return records if isinstance(records, Book) else known(records)


def _enumerated(entries: list[Affected]) -> Iterator[str]:
    return (version for entry in entries for version in sorted(entry.versions))


def _fixed(entries: list[Affected]) -> Iterator[str]:
    ended = (event for entry in entries for each in entry.ranges for event in each.events)
    return (version for event, version in ended if event == FIXED)


# --- which of them -----------------------------------------------------------------------------------------


def _sorted(purl_type: str, versions: Iterable[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(versions, key=lambda version: order.sort_key(purl_type, version)))
    except order.IncomparableError:
        return ()


def _later(purl_type: str, current: str, candidates: Sequence[str]) -> Iterator[str]:
    """`current` itself, and the candidates that come after it, the oldest first."""
    yield current
    early = order.is_prerelease(purl_type, current)
    for version in _sorted(purl_type, dict.fromkeys(candidates)):
        if _after(purl_type, version, current) and (early or not order.is_prerelease(purl_type, version)):
            yield version


def _after(purl_type: str, version: str, current: str) -> bool:
    try:
        return order.sort_key(purl_type, version) > order.sort_key(purl_type, current)
    except order.IncomparableError:
        return False


def _rank(purl_type: str, current: str, version: str, declared: str) -> tuple[bool, bool]:
    outside = bool(declared) and ranges.meets(purl_type, declared, version) is not True
    return outside, _bump(purl_type, current, version) == "major"


def _chosen(package: _Package, current: str, version: str, declared: str, unclear: frozenset[str]) -> Remedy:
    within = ranges.meets(package.type, declared, version) if declared else None
    bump = _bump(package.type, current, version)
    return Remedy(
        version,
        bump,
        within,
        bump == "major" or (bump == "minor" and package.type in _CARETS and _first(package.type, current) == 0),
        package.open(current),
        package.undecided(version) if unclear else (),
        _because(current, version, declared, within),
    )


def _because(current: str, version: str, declared: str, within: bool | None) -> str:
    if version == current:
        return f"nothing is known against {current}"
    reason = f"{version} is the smallest known step up from {current} that no known advisory affects"
    if within is None:
        return reason
    return f"{reason}, {'within' if within else 'outside'} the declared range {declared}"


def _none(package: _Package, current: str, later: list[str]) -> str:
    best = min(later, key=package.weight)
    reason = f"no known release from {current} on may come in and is clear of every advisory"
    if package.weight(best) >= package.weight(current):
        return reason
    left = package.open(best)
    return f"{reason}; {best} leaves the least: {', '.join(left) or 'nothing, but it is not permitted'}"


def _bump(purl_type: str, current: str, version: str) -> str:
    old, new = ((*order.numbers(purl_type, text), 0, 0, 0) for text in (current, version))
    if old[0] != new[0]:
        return "major"
    if old[1] != new[1]:
        return "minor"
    return "patch" if order.compare(purl_type, current, version) else ""


def _first(purl_type: str, version: str) -> int:
    return (*order.numbers(purl_type, version), 0)[0]
