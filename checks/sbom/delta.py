"""What changed between two bills: by identity, on sets of versions, so that a bump is never an arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from checks.sbom import graph, licences, versions
from checks.sbom.bill import Bom, Component


class Kind(StrEnum):
    """How one package changed, in the order in which changes are listed."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    MULTI_VERSION = "multi_version"  # several versions on either side
    CHANGED = "changed"  # one version for another, and no telling which is newer
    LICENSE_CHANGED = "license_changed"


SUMMARY = tuple(kind for kind in Kind if kind is not Kind.CHANGED)
_RANK = {kind: place for place, kind in enumerate(Kind)}

Reason = tuple[bool | None, tuple[str, ...]]  # direct, introduced_by
_UNSAID: Reason = (None, ())


@dataclass(frozen=True, slots=True)
class Change:
    """One package at both ends. Versions and licences are sorted; licences are normal expressions ("" is none
    stated).

    `direct`: does the product itself depend on it (None: the bill does not say). `introduced_by`: the names
    of all direct dependencies that bring it; empty for a direct one. Both speak of the head, of the base for
    a removal.
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

    @property
    def arrived(self) -> tuple[str, ...]:
        """The versions that only the head has."""
        return tuple(version for version in self.head_versions if version not in self.base_versions)


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes, sorted by kind, ecosystem and name. One package may be there twice: upgraded and
    relicensed.

    `restated`: packages whose licence is said in other words that may well mean the same (kind
    LICENSE_CHANGED, but not in `changes`); a rule that looks for the licence itself wants to see them.
    """

    changes: tuple[Change, ...]
    restated: tuple[Change, ...] = ()

    def of(self, kind: Kind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind is kind)

    def summary(self) -> dict[str, int]:
        """Counts by kind: added, removed, upgraded, downgraded, multi_version, license_changed."""
        return {kind.value: len(self.of(kind)) for kind in SUMMARY}


def diff(base: Bom, head: Bom) -> Diff:
    """Compare two bills. The order of components in either file makes no difference."""
    old, new = group(base), group(head)
    differing = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    found = [(kind, key) for key in differing for kind in _kinds(old.get(key, ()), new.get(key, ()))]
    restated = [key for key in differing if key in old and key in new and _restated(old[key], new[key])]
    wanted = {key for _, key in found}.union(restated)
    reasons = {**_reasons(base, old, wanted - new.keys()), **_reasons(head, new, wanted & new.keys())}
    changes = [_change(kind, old.get(key, ()), new.get(key, ()), reasons[key]) for kind, key in found]
    again = [_change(Kind.LICENSE_CHANGED, old[key], new[key], reasons[key]) for key in restated]
    return Diff(tuple(sorted(changes, key=_order)), tuple(sorted(again, key=_order)))


def group(bom: Bom) -> dict[str, tuple[Component, ...]]:
    """The components of a bill by identity: several versions, and several places, under one key."""
    groups: dict[str, list[Component]] = {}
    for component in bom.components:
        groups.setdefault(component.key, []).append(component)
    return {key: tuple(found) for key, found in groups.items()}


def _order(change: Change) -> tuple[int, str, str, str]:
    return _RANK[change.kind], change.ecosystem, change.name, change.purl


# --- one package -------------------------------------------------------------------------------------------


def _kinds(old: tuple[Component, ...], new: tuple[Component, ...]) -> list[Kind]:
    if not old:
        return [Kind.ADDED]
    if not new:
        return [Kind.REMOVED]
    kinds = []
    before, after = _versions(old), _versions(new)
    if before != after:
        kinds.append(_moved(new[0].ecosystem, before, after))
    if _stated(old) != _stated(new) and not licences.same(_expressions(old), _expressions(new)):
        kinds.append(Kind.LICENSE_CHANGED)
    return kinds


def _moved(ecosystem: str, before: tuple[str, ...], after: tuple[str, ...]) -> Kind:
    if len(before) > 1 or len(after) > 1:
        return Kind.MULTI_VERSION
    order = versions.compare(ecosystem, before[0], after[0])
    if not order:
        return Kind.CHANGED
    return Kind.UPGRADED if order < 0 else Kind.DOWNGRADED


def _restated(old: tuple[Component, ...], new: tuple[Component, ...]) -> bool:
    if _stated(old) == _stated(new):
        return False
    before, after = _expressions(old), _expressions(new)
    return before != after and licences.same(before, after)


def _change(
    kind: Kind,
    old: tuple[Component, ...],
    new: tuple[Component, ...],
    reason: tuple[bool | None, tuple[str, ...]],
) -> Change:
    shown = (new or old)[0]
    direct, introduced_by = reason
    return Change(
        kind=kind,
        ecosystem=shown.ecosystem,
        name=shown.name,
        purl=shown.purl,
        base_versions=_versions(old),
        head_versions=_versions(new),
        direct=direct,
        introduced_by=introduced_by,
        base_licences=_expressions(old),
        head_licences=_expressions(new),
        key=shown.key,
    )


def _versions(components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(sorted({component.version for component in components}))


def _stated(components: Iterable[Component]) -> frozenset[tuple[str, ...]]:
    return frozenset(component.licences for component in components)


def _expressions(components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(sorted({licences.conjunction(component.licences) for component in components}))


# --- why it is there ---------------------------------------------------------------------------------------


def _reasons(bom: Bom, groups: Mapping[str, tuple[Component, ...]], keys: Iterable[str]) -> dict[str, Reason]:
    """For each key: is it direct, and which direct dependencies bring it?"""
    nodes = {key: [component.ref for component in groups[key] if component.ref] for key in keys}
    roots = graph.direct(bom)
    if roots is None or not nodes:
        return dict.fromkeys(nodes, _UNSAID)
    reached = graph.introducers(bom.edges, roots, set(chain.from_iterable(nodes.values())))
    names = {component.ref: component.name for component in bom.components}
    return {key: _reason(refs, roots, reached, names) for key, refs in nodes.items()}


def _reason(
    refs: list[str], roots: frozenset[str], reached: Mapping[str, frozenset[str]], names: Mapping[str, str]
) -> Reason:
    if not refs:
        return _UNSAID
    if not roots.isdisjoint(refs):
        return True, ()
    sources = set(chain.from_iterable(reached[ref] for ref in refs))
    return False, tuple(sorted({names.get(ref, ref) for ref in sources}))
