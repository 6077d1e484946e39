"""Steps back, and steps whose direction nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.sbom.advisories.severity import SEVERITIES
from checks.sbom.concern import Concern
from checks.sbom.drift import moves
from checks.sbom.drift.change import Change, Kind, Move
from checks.sbom.findings.bills import Bills
from checks.sbom.versions import comparison

DOWNGRADE = "downgrade"
INCOMPARABLE = "incomparable_versions"
INTO_VULNERABLE, PLAIN = "into_vulnerable", "plain"


def concerns(bills: Bills, introduced: Sequence[Concern]) -> Iterator[Concern]:
    """`introduced` are the advisories that the change brings and that nobody answers for."""
    for change in bills.diff.changes:
        plain = _back(change)
        for step in dict.fromkeys((*plain, *_sole(change))):
            hit = _into(change, step, introduced)
            if hit or step in plain:
                yield _downgrade(bills, change, step, hit)
    for change in bills.diff.of(Kind.CHANGED):
        old, new = (ends[0] or "no version" for ends in (change.base_versions, change.head_versions))
        message = f"`{change.name}` goes from {old} to {new}: no telling which is newer"
        yield bills.of_change(INCOMPARABLE, message, change)


def _back(change: Change) -> list[Move]:
    """Moves to an older version. Of several side by side only those within one major: the rest would be a guess."""
    if change.kind is Kind.DOWNGRADED:
        return [(change.base_versions[0], change.head_versions[0])]
    if change.kind is not Kind.MULTI_VERSION:
        return []
    return [
        (old, new)
        for old, new in change.moves
        if moves.major(old) == moves.major(new) is not None and comparison.compare(change.ecosystem, old, new) == 1
    ]


def _sole(change: Change) -> list[Move]:
    """The one version that became an older one of another major beside others; a matter of taste, unless that one is
    vulnerable.
    """
    gone = set(change.base_versions) - set(change.head_versions)
    if change.kind is not Kind.MULTI_VERSION or not len(gone) == len(change.arrived) == 1:
        return []
    return [step for step in change.moves if comparison.compare(change.ecosystem, *step) == 1]


def _into(change: Change, step: Move, introduced: Sequence[Concern]) -> list[Concern]:
    """The advisories on the version that a step leads to."""
    return [
        each for each in introduced if (each.purl, each.name) == (change.purl, change.name) and step[1] in each.versions
    ]


def _downgrade(bills: Bills, change: Change, step: Move, hit: Sequence[Concern]) -> Concern:
    old, new = step
    worst = max(hit, key=lambda each: SEVERITIES.index(each.severity), default=None)
    into = f", which {worst.id} ({worst.severity}) affects" if worst else ""
    return bills.of_change(
        DOWNGRADE,
        f"`{change.name}` goes back from {old} to {new}{into}",
        change,
        kind=INTO_VULNERABLE if hit else PLAIN,
        versions=(new,),
        names=tuple(name for each in hit for name in each.names),
        severity=worst.severity if worst else "",
        score=worst.score if worst else None,
        fix=f"Return to {old}" if hit else "",
    )
