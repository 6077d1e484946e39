"""Advisories on packages: did the change bring them, were they there before, or are they news of old packages?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.sbom.advisories.moments import DAWN, moment
from checks.sbom.concern import Concern
from checks.sbom.drift.why import Reason
from checks.sbom.findings.bills import Bills, named
from checks.sbom.findings.exposure import Exposure, exposures
from checks.sbom.osv import Record

RULE = "vulnerability"
INTRODUCED, PREEXISTING, NEWLY_PUBLISHED, FIXED = "introduced", "preexisting", "newly_published", "fixed"
_SAID = {
    INTRODUCED: "arrives with",
    PREEXISTING: "was there before, in",
    NEWLY_PUBLISHED: "has become known of",
    FIXED: "leaves with",
}


def concerns(bills: Bills) -> Iterator[Concern]:
    """One concern for each advisory on each package."""
    sorted_out = [(exposure, kind) for exposure in exposures(bills) if (kind := classify(bills, exposure))]
    why = bills.why({exposure.key for exposure, _ in sorted_out})
    for exposure, kind in sorted_out:
        yield _concern(bills, exposure, kind, why[exposure.key])


def classify(bills: Bills, exposure: Exposure) -> str:
    """The class of an advisory on a package; "" where the bills do not tell.

    Introduced: no version of the base is affected, and an affected one arrives. A version that was there all along and
    of which only the head's bill knows the advisory is no arrival: it has become known.
    """
    old = {component.version for component in bills.before.get(exposure.key, ())}
    new = {component.version for component in bills.after.get(exposure.key, ())}
    if not exposure.after:
        return FIXED if exposure.before.isdisjoint(new) else ""
    stayed = exposure.after & old
    if not exposure.before:
        return NEWLY_PUBLISHED if stayed == exposure.after else INTRODUCED
    return NEWLY_PUBLISHED if stayed and _later(exposure.advisory.published, bills.since) else PREEXISTING


def _later(published: str, since: str) -> bool:
    """Whether it was published after the baseline; not, where either time is missing."""
    return moment(published) > moment(since) > DAWN


def _concern(bills: Bills, exposure: Exposure, kind: str, reason: Reason) -> Concern:
    advisory, package = exposure.advisory, (bills.after.get(exposure.key) or bills.before[exposure.key])[0]
    affected = tuple(sorted(exposure.before if kind == FIXED else exposure.after))
    where = named(package.name, affected, reason.introduced_by)
    listed = [one for version in affected if (one := advisory.hearsay(package.ecosystem, package.name, version))]
    return bills.of_package(
        RULE,
        f"{advisory.id} ({advisory.severity}) {_SAID[kind]} {where}{_by_word(listed)}",
        exposure.key,
        reason,
        kind=kind,
        versions=affected,
        id=advisory.id,
        names=(advisory.id, *advisory.aliases),
        severity=advisory.severity,
        score=advisory.score,
        advisory=advisory,
        unread=any(one.unread for one in listed),
    )


def _by_word(listed: Sequence[Record]) -> str:
    """What is believed on OSV's word alone, because the record does not tell."""
    if not listed:
        return ""
    unread = next((one for one in listed if one.unread), None)
    if unread:
        return f": OSV lists it, and its record could not be read: {unread.unread}"
    return ": OSV lists it, but its record does not say which versions"
