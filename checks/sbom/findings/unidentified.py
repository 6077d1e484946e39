"""Components that arrive and that nobody can be asked about: no advisory will ever be found for them."""

from __future__ import annotations

from collections.abc import Iterator

from checks.sbom.asking import WHY, unidentified
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Change
from checks.sbom.findings.bills import Bills, named

RULE = "unidentified"


def concerns(bills: Bills) -> Iterator[Concern]:
    """One of each package and reason; none where the rules want nobody to be asked."""
    if bills.config.advisories.source == "bill":
        return
    for change in bills.changes.values():
        for why, versions in _arrived(bills, change).items():
            where = named(change.name, versions, change.introduced_by)
            message = f"Nobody can be asked about {where}, which arrives {WHY[why]}"
            yield bills.of_change(RULE, message, change, kind=why, versions=versions)


def _arrived(bills: Bills, change: Change) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for component in bills.after.get(change.key, ()):
        why = unidentified(component)
        if why and component.version in change.arrived:
            found.setdefault(why, set()).add(component.version)
    return {why: tuple(sorted(versions)) for why, versions in sorted(found.items())}
