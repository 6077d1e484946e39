"""Packages that stayed what they are called and became something else: other bytes, or a wider scope."""

from __future__ import annotations

from collections.abc import Iterator

from checks.sbom.bills.bill import Scope
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Kind
from checks.sbom.findings.bills import Bills, named

HASH_CHANGED = "hash_changed"
SCOPE_CHANGED = "scope_changed"
_REACH = {Scope.DEVELOPMENT: 0, Scope.OPTIONAL: 1, Scope.UNKNOWN: 2, Scope.RUNTIME: 2}


def concerns(bills: Bills) -> Iterator[Concern]:
    """Digests that contradict each other, and scopes that widened; one that narrowed is a change and no concern."""
    for change in bills.diff.of(Kind.HASH_CHANGED):
        package = named(change.name, change.rehashed)
        message = f"{package} is the same version with other contents: its digest changed"
        yield bills.of_change(HASH_CHANGED, message, change, versions=change.rehashed)
    for change in bills.diff.of(Kind.SCOPE_CHANGED):
        if _REACH[change.scope] > _REACH[change.base_scope]:
            package = named(change.name, change.head_versions, change.introduced_by)
            old, new = change.base_scope.value, _runtime(change.scope).value
            message = f"{package} was {old} and is {new} now"
            yield bills.of_change(SCOPE_CHANGED, message, change, versions=change.head_versions)


def _runtime(scope: Scope) -> Scope:
    return Scope.RUNTIME if scope is Scope.UNKNOWN else scope
