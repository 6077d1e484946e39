"""The words of a comparison: one package that changed, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.sbom.bills.bill import Scope


class Kind(StrEnum):
    """How one package changed, in the order in which changes are listed."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    MULTI_VERSION = "multi_version"  # several versions on either side
    CHANGED = "changed"  # one version for another, and no telling which is newer
    LICENSE_CHANGED = "license_changed"
    HASH_CHANGED = "hash_changed"  # the same version with another digest of the same algorithm
    SCOPE_CHANGED = "scope_changed"
    DIRECT_CHANGED = "direct_changed"  # became a dependency of the product itself, or ceased to be one


SUMMARY = (
    Kind.ADDED,
    Kind.REMOVED,
    Kind.UPGRADED,
    Kind.DOWNGRADED,
    Kind.MULTI_VERSION,
    Kind.LICENSE_CHANGED,
)
Move = tuple[str, str]  # the version at the base, and what became of it


@dataclass(frozen=True, slots=True)
class Change:
    """One package at both ends. Versions and licences are sorted; licences are normal expressions ("" is none
    stated).

    `direct`: does the product itself depend on it (None: the bill does not say). `introduced_by`: the names
    of all direct dependencies that bring it; empty for a direct one. `trail`: the names on the shortest way to it,
    from the direct dependency to the package itself; empty where the bill does not say, or nothing leads there. All
    three speak of the head, of the base for a removal.
    """

    kind: Kind
    ecosystem: str
    name: str
    purl: str  # canonical, without version; "" when the bill states none
    base_versions: tuple[str, ...]
    head_versions: tuple[str, ...]
    direct: bool | None
    introduced_by: tuple[str, ...]
    base_licences: tuple[str, ...]
    head_licences: tuple[str, ...]
    key: str  # its identity within a bill
    trail: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()  # versions that became others: same major first, the newest first
    major: bool = False  # one of the moves crosses a major version
    base_scope: Scope = Scope.UNKNOWN  # the widest of all its places; UNKNOWN also where it is not there
    scope: Scope = Scope.UNKNOWN
    rehashed: tuple[str, ...] = ()  # versions at both ends whose digests contradict each other

    @property
    def arrived(self) -> tuple[str, ...]:
        """The versions that only the head has."""
        there = frozenset(self.base_versions)
        return tuple(version for version in self.head_versions if version not in there)


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes, sorted by kind, ecosystem and name. One package may be there twice: upgraded and
    relicensed.

    `restated`: packages whose licence is said in other words that may well mean the same (kind
    LICENSE_CHANGED, but not in `changes`); a rule that looks for the licence itself wants to see them.
    `graph`: does the head say what its product depends on? Without, nobody can tell why a package is there.
    """

    changes: tuple[Change, ...]
    restated: tuple[Change, ...] = ()
    graph: bool = False

    def of(self, kind: Kind | str) -> tuple[Change, ...]:
        """The changes of one kind, by the enumeration or by its word."""
        return tuple(change for change in self.changes if change.kind == kind)

    def summary(self) -> dict[str, int]:
        """Counts by kind: added, removed, upgraded, downgraded, multi_version, license_changed."""
        return {kind.value: len(self.of(kind)) for kind in SUMMARY}
