"""What the answer may lack: parts of a bill that could not be read, and advisories that could not be weighed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.sbom.advisories.advisory import Advisory
from checks.sbom.bills.bill import Bom
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Change
from checks.sbom.findings.bills import Bills, named

UNREADABLE = "component_unreadable"
UNASKED = "unasked"
UNDECIDED, DISPUTED = "undecided", "disputed"


def concerns(bills: Bills) -> Iterator[Concern]:
    """First the base's, then the head's; then what cannot be decided of the versions that arrive, or is disputed."""
    yield from _flaws(bills.base, bills.path, "base")
    yield from _flaws(bills.head, bills.path, "head")
    for change in bills.changes.values():
        for version in filter(None, change.arrived):
            package, where = (change.ecosystem, change.name, version), named(change.name, (version,))
            if ids := _ids(bills.book.undecided(*package)):
                yield _open(bills, change, version, UNDECIDED, f"Whether {ids} affects {where} cannot be decided")
            if ids := _ids(bills.book.disputed(*package)):
                message = f"OSV lists {ids} for {where}, a version that the record itself leaves out"
                yield _open(bills, change, version, DISPUTED, message)


def _ids(advisories: Iterable[Advisory]) -> str:
    return ", ".join(sorted(advisory.id for advisory in advisories)[:3])


def _open(bills: Bills, change: Change, version: str, kind: str, message: str) -> Concern:
    return bills.of_change(UNASKED, message, change, kind=kind, versions=(version,))


def _flaws(bom: Bom, path: str, side: str) -> Iterator[Concern]:
    for flaw in bom.flaws:
        place = f"{side}, {flaw.position}" if flaw.position else side
        yield Concern(UNREADABLE, f"{place}: {flaw.message}", path=path)
