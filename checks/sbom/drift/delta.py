"""What changed between two bills: by identity, on sets of versions, so that a bump is never an arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.sbom import licences
from checks.sbom.bills.bill import Bom, Component, Scope
from checks.sbom.drift import graph, moves
from checks.sbom.drift.change import Change, Diff, Kind
from checks.sbom.drift.why import Reason, direct_keys, reasons
from checks.sbom.versions import comparison

_RANK = {kind: place for place, kind in enumerate(Kind)}
_WIDTH = {Scope.DEVELOPMENT: 0, Scope.OPTIONAL: 1, Scope.UNKNOWN: 2, Scope.RUNTIME: 3}

Package = tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both bills, by identity, and what each of them is able to say."""

    base: Mapping[str, Package]
    head: Mapping[str, Package]
    scoped: bool  # both tell scopes apart: without, a scope that is not stated means nothing
    direct: frozenset[str]  # packages that one side's product names and the other's does not

    def kinds(self, key: str) -> list[Kind]:
        """How the package changed; nothing for one that did not."""
        old, new = self.base.get(key, ()), self.head.get(key, ())
        if not old:
            return [Kind.ADDED]
        if not new:
            return [Kind.REMOVED]
        before, after = _versions(old), _versions(new)
        found = [] if before == after else [_moved(new[0].ecosystem, before, after)]
        if _stated(old) != _stated(new) and not licences.same(_expressions(old), _expressions(new)):
            found.append(Kind.LICENSE_CHANGED)
        if _rehashed(old, new):
            found.append(Kind.HASH_CHANGED)
        if self.scoped and _shown(widest(old)) is not _shown(widest(new)):
            found.append(Kind.SCOPE_CHANGED)
        if key in self.direct:
            found.append(Kind.DIRECT_CHANGED)
        return found

    def change(self, kind: Kind, key: str, reason: Reason) -> Change:
        """The change as it is told."""
        old, new = self.base.get(key, ()), self.head.get(key, ())
        shown = (new or old)[0]
        before, after = _versions(old), _versions(new)
        steps = moves.pair(shown.ecosystem, before, after)
        return Change(
            kind=kind,
            ecosystem=shown.ecosystem,
            name=shown.name,
            purl=shown.purl,
            base_versions=before,
            head_versions=after,
            direct=reason.direct,
            introduced_by=reason.introduced_by,
            base_licences=_expressions(old),
            head_licences=_expressions(new),
            key=key,
            trail=reason.trail,
            moves=steps,
            major=moves.crosses(steps),
            base_scope=widest(old),
            scope=widest(new),
            rehashed=_rehashed(old, new) if old and new else (),
        )


def diff(base: Bom, head: Bom) -> Diff:
    """Compare two bills. The order of components in either file makes no difference."""
    old, new = group(base), group(head)
    ends = _Ends(old, new, _tells_scopes(base) and _tells_scopes(head), _redirected(base, head))
    shared = old.keys() & new.keys()
    differing = [*(old.keys() ^ new.keys()), *(key for key in shared if old[key] != new[key] or key in ends.direct)]
    found = [(kind, key) for key in differing for kind in ends.kinds(key)]
    restated = [key for key in differing if key in old and key in new and _restated(old[key], new[key])]
    wanted = {key for _, key in found}.union(restated)
    why = {**reasons(base, old, wanted - new.keys()), **reasons(head, new, wanted & new.keys())}
    return Diff(
        tuple(sorted((ends.change(kind, key, why[key]) for kind, key in found), key=_order)),
        tuple(sorted((ends.change(Kind.LICENSE_CHANGED, key, why[key]) for key in restated), key=_order)),
        graph=graph.direct(head) is not None,
    )


def group(bom: Bom) -> dict[str, Package]:
    """The components of a bill by identity: several versions, and several places, under one key."""
    groups: dict[str, Package] = {component.key: (component,) for component in bom.components}
    if len(groups) == len(bom.components):
        return groups
    shared: dict[str, list[Component]] = {}
    for component in bom.components:
        shared.setdefault(component.key, []).append(component)
    return {key: tuple(found) for key, found in shared.items()}


def widest(package: Iterable[Component]) -> Scope:
    """The scope that reaches furthest of all places of a package: runtime, unknown, optional, development."""
    return max((component.scope for component in package), key=_WIDTH.__getitem__, default=Scope.UNKNOWN)


def _order(change: Change) -> tuple[int, str, str, str, str]:
    return _RANK[change.kind], change.ecosystem, change.name, change.purl, change.key


# --- one package -------------------------------------------------------------------------------------------


def _moved(ecosystem: str, before: tuple[str, ...], after: tuple[str, ...]) -> Kind:
    if len(before) > 1 or len(after) > 1:
        return Kind.MULTI_VERSION
    order = comparison.compare(ecosystem, before[0], after[0])
    if not order:
        return Kind.CHANGED
    return Kind.UPGRADED if order < 0 else Kind.DOWNGRADED


def _restated(old: Package, new: Package) -> bool:
    if _stated(old) == _stated(new):
        return False
    before, after = _expressions(old), _expressions(new)
    return before != after and licences.same(before, after)


def _versions(components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(sorted({component.version for component in components}))


def _stated(components: Iterable[Component]) -> frozenset[tuple[str, ...]]:
    return frozenset(component.licences for component in components)


def _expressions(components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(sorted({licences.conjunction(component.licences) for component in components}))


# --- digests, scopes, what is direct -----------------------------------------------------------------------


def _rehashed(old: Package, new: Package) -> tuple[str, ...]:
    """Versions whose digests by one algorithm have nothing in common; several files of one release may have several."""
    before, after = _digests(old), _digests(new)
    shared = before.keys() & after.keys()
    return tuple(
        sorted({version for version, kind in shared if before[version, kind].isdisjoint(after[version, kind])})
    )


def _digests(package: Package) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for component in package:
        for algorithm, digest in component.hashes:
            found.setdefault((component.version, algorithm), set()).add(digest)
    return found


def _shown(scope: Scope) -> Scope:
    """A bill that tells scopes apart means runtime where it says nothing."""
    return Scope.RUNTIME if scope is Scope.UNKNOWN else scope


def _tells_scopes(bom: Bom) -> bool:
    return any(component.scope is not Scope.UNKNOWN for component in bom.components)


def _redirected(base: Bom, head: Bom) -> frozenset[str]:
    """Packages at both ends that are direct at one of them."""
    before, after = direct_keys(base), direct_keys(head)
    if before is None or after is None:
        return frozenset()
    moved = before ^ after
    if not moved:
        return moved
    here = {component.key for component in base.components if component.key in moved}
    return frozenset(component.key for component in head.components if component.key in here)
