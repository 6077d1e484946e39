"""Packages that arrive and should not have: denied by name, or named so much like another."""

from __future__ import annotations

from collections.abc import Iterator

from checks.sbom.concern import Concern
from checks.sbom.drift.change import Kind
from checks.sbom.findings import typosquat
from checks.sbom.findings.bills import Bills, say

DENIED = "denied_package"
TYPOSQUAT = "typosquat"


def concerns(bills: Bills) -> Iterator[Concern]:
    """Arriving versions of denied packages, and new packages that look like others."""
    yield from _denied(bills)
    yield from _alike(bills)


def _denied(bills: Bills) -> Iterator[Concern]:
    targets = bills.config.packages.denied()
    for change in bills.changes.values() if targets else ():
        arrived = tuple(each for each in change.arrived if any(t.threatens(change.purl, (each,)) for t in targets))
        if arrived:
            yield bills.of_change(DENIED, f"{say(change)} is denied by `sbom.packages`", change, versions=arrived)


def _alike(bills: Bills) -> Iterator[Concern]:
    added = bills.diff.of(Kind.ADDED)
    if not added:
        return
    familiar = bills.config.packages.familiar()
    known = {(package[0].ecosystem, package[0].name) for package in bills.before.values()}
    names = typosquat.Names(known)
    for change in added:
        if any(target.touches(change.purl, change.head_versions) for target in familiar):
            continue
        twin = names.twin(change.ecosystem, change.name)
        if twin:
            message, fix = f"{say(change)} is named almost like `{twin}`", f"Take `{twin}`, if that is what is meant"
            yield bills.of_change(TYPOSQUAT, message, change, fix=fix)
