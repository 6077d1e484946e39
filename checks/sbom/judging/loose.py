"""Concerns that belong to no bill: excuses that do not hold or fit nothing, and what could not be asked or read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.sbom.concern import Concern
from checks.sbom.evidence import Evidence
from checks.sbom.judging.excuses import ending
from checks.sbom.judging.outcome import Judged, Outcome, Standing
from checks.sbom.judging.weigh import weigh
from checks.sbom.rules.policy import Config

EXPIRED = "exception_expired"
TOO_LONG = "exception_too_long"
UNMATCHED = "vex_unmatched"
UNASKED = "unasked"
UNREAD = "advisory_unread"
SHOWN = 5


def judged(outcomes: Sequence[Outcome], config: Config, evidence: Evidence) -> list[Judged]:
    """All of them, weighed by the policy. Nobody is reminded of anything where the change leaves every bill alone."""
    found = list(_unasked(evidence))
    if any(outcome.standing is Standing.COMPARED for outcome in outcomes):
        found.extend(_reminders(config, evidence.day))
    if all(outcome.components is not None for outcome in outcomes):
        found.extend(_unmatched(outcomes, evidence))
    return [Judged(concern, weigh(concern, config.rules, config.severity).action) for concern in found]


def _unasked(evidence: Evidence) -> Iterator[Concern]:
    if evidence.unasked:
        yield Concern(UNASKED, f"Nobody could be asked about {_listed(evidence.unasked)}")
    for flaw in evidence.book.flaws:
        yield Concern(UNREAD, f"An advisory could not be read: {flaw}", unread=True)


def _reminders(config: Config, day: str) -> Iterator[Concern]:
    """Exceptions that excuse nothing any more, or never did."""
    for each in config.exceptions:
        standing = each.standing(day)
        if standing != "valid":
            rule = TOO_LONG if standing == "too_long" else EXPIRED
            yield Concern(
                rule, f"The exception of {each.owner} for {each.subject} {ending(each, day)}: it excuses nothing"
            )


def _unmatched(outcomes: Sequence[Outcome], evidence: Evidence) -> Iterator[Concern]:
    """Statements that are about nothing in any bill: a misspelt one would otherwise fail in silence."""
    vex = evidence.vex
    for flaw in vex.flaws:
        yield Concern(UNMATCHED, f"A statement could not be read: {flaw}")
    if vex.statements:
        cases = [case for outcome in outcomes for case in outcome.cases]
        products = {name for outcome in outcomes for name in outcome.products}
        for each in vex.unmatched(cases, products):
            message = f"{evidence.author(each.document)}: nothing in the bills is what {each.say()} speaks of"
            yield Concern(UNMATCHED, message, names=each.names)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
