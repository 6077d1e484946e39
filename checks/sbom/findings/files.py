"""What the answer may lack: parts of a bill that could not be read, and advisories that could not be weighed."""

from __future__ import annotations

from collections.abc import Iterator

from checks.sbom.bills.bill import Bom
from checks.sbom.concern import Concern
from checks.sbom.findings.bills import Bills, named

UNREADABLE = "component_unreadable"
UNASKED = "unasked"


def concerns(bills: Bills) -> Iterator[Concern]:
    """First the base's, then the head's; then what cannot be decided of the versions that arrive."""
    yield from _flaws(bills.base, bills.path, "base")
    yield from _flaws(bills.head, bills.path, "head")
    for key, change in bills.changes.items():
        for version in change.arrived:
            open_ones = bills.book.undecided(change.ecosystem, change.name, version) if version else ()
            if open_ones:
                ids = ", ".join(sorted(advisory.id for advisory in open_ones)[:3])
                message = f"Whether {ids} affects {named(change.name, (version,))} cannot be decided"
                reason = bills.why([key])[key]
                yield bills.of_package(UNASKED, message, key, reason, versions=(version,))


def _flaws(bom: Bom, path: str, side: str) -> Iterator[Concern]:
    for flaw in bom.flaws:
        place = f"{side}, {flaw.position}" if flaw.position else side
        yield Concern(UNREADABLE, f"{place}: {flaw.message}", path=path)
