"""What a person may ask for, by how a pull request stands: buttons of its check run, page and overlay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.github.limits import ACTION_DESCRIPTION
from app.model import SHORTEST_REASON
from app.render.escape import line
from app.render.words import CONTRACT, short
from checks.configuration import NAME as CONFIGURATION
from checks.experiment.aftermath import REVERT, UNDER_WAY, done, left
from checks.experiment.check import NAME as EXPERIMENT
from checks.held import BY_HAND
from checks.impact.check import NAME as IMPACT
from checks.model import Decision, Row, State, Verdict
from checks.sbom.summing import NAME as SBOM
from program.remediation import Course, Remediation

TESTS = "tests"  # the measure of a contract that is made of check runs

# What helps most first. A check run has room for those that need nothing typed, and act on the head alone.
_ORDER = (
    "rollback",
    "retry",
    "remediate stop",
    "remediate",
    "escalate",
    "canary stop",
    "override withdraw",
    "override",
    "agree",
    "disagree",
)
_SERVES = frozenset({"waiting_data", "continue", "promote", "rollback"})  # as status or course of a canary
_PRESSED = frozenset({"rollback", "retry", "remediate stop", "remediate", "escalate", "canary stop"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to ask for: the verb, what follows it, what stands on its button and what that means.

    `target`: what it acts on, for whoever must confirm it. `undoes`: it takes back what was done before.
    """

    verb: str
    label: str  # at most 20 characters, as GitHub wants it
    description: str  # at most 40
    arguments: str = ""
    target: str = ""
    destructive: bool = False
    reason: int = 0  # characters, at least, of a reason that is to be given, and follows the arguments
    undoes: bool = False


def offers(decision: Decision, remediation: Remediation | None = None) -> tuple[Offer, ...]:
    """All that makes sense of `decision`, what helps most first: a check run has room for three. `remediation`: the
    newest of the pull request.
    """
    of_rows = [offer for row in decision.rows for offer in offers_of(row, decision)]
    repairing = [] if decision.merged or remediation is None else list(_of_remediation(remediation, decision))
    taken = {offer.verb for offer in repairing}
    every = [*(one for one in of_rows if one.verb not in taken), *repairing, *_of_shipped(decision)]
    return tuple(sorted(every, key=lambda offer: _ORDER.index(offer.verb)))


def pressed(decision: Decision, remediation: Remediation | None = None) -> tuple[Offer, ...]:
    """Those that can be asked for by a button of a check run."""
    return tuple(offer for offer in offers(decision, remediation) if offer.verb in _PRESSED)


def offers_of(row: Row, decision: Decision) -> Iterator[Offer]:
    """What can be asked for because of one check. After the merge only what was shipped can be taken back."""
    if row.result.name == EXPERIMENT:
        yield from _of_canary(row, decision)
    if row.result.name == IMPACT:
        yield from _of_study(row)
    if decision.merged:
        return
    if row.result.name == CONTRACT:
        yield from _of_contract(row, decision)
    if row.result.name == SBOM and row.result.detail.get("mendable"):
        yield Offer("remediate", "Propose fixes", "Opens pull requests that mend it", target=_head(decision))
    yield from _of_override(row, decision)


def _of_remediation(remediation: Remediation, decision: Decision) -> Iterator[Offer]:
    """To stop what goes on; to begin what waits for a word, or what ended before the change may ship."""
    head = _head(decision)
    if remediation.course is Course.WORKING:
        yield Offer("remediate stop", "Stop repairing", "Makes no further attempt to mend it", target=head)
    elif remediation.course is Course.ASKING:
        yield Offer("remediate", "Let it be repaired", "Has it mended, one attempt at a time", target=head)
    elif decision.verdict is not Verdict.SHIP:
        yield Offer("remediate", "Repair again", "Has it mended, one attempt at a time", target=head)


def _of_contract(row: Row, decision: Decision) -> Iterator[Offer]:
    state, detail = row.result.state, row.result.detail
    failed = any(one.name == TESTS and one.state is State.BLOCK for one in row.result.measures)
    arm = str(detail.get("arms") or "") if decision.agent else ""
    if arm and state is State.BLOCK:
        yield Offer("retry", "Retry", line(f"Has the next arm try: {arm}", ACTION_DESCRIPTION), target=_head(decision))
    elif failed:
        yield Offer("retry", "Retry", "Runs again what failed on the head", target=_head(decision))
    if detail.get("escalate") and state not in {State.PASS, State.WARN}:
        yield Offer("escalate", "Escalate tests", "Has the heavier tests run on the head", target=_head(decision))


def _of_canary(row: Row, decision: Decision) -> Iterator[Offer]:
    held = row.result.detail.get("experiments", ())
    running = [one for one in held if not one.get("course") and one.get("status") in {"waiting_data", "continue"}]
    if any(map(_can_be_taken_back, held)) and not decision.merged:
        said = "Stops the canary, serves what was before"
        yield Offer("rollback", "Roll back", said, target=_head(decision), destructive=True)
    for one in running:
        name = str(one.get("environment", ""))
        only = name if len(running) > 1 else ""
        said = line(f"Ends it without an answer: {name}", ACTION_DESCRIPTION)
        yield Offer("canary stop", "Stop the experiment", said, only, f"{name} at {_head(decision)}")


def _can_be_taken_back(canary: Mapping[str, Any]) -> bool:
    """Also what was promoted, and what was not taken back whole; not where somebody's rollback is complete."""
    if canary.get("course") != BY_HAND:
        return not _SERVES.isdisjoint((canary.get("status"), canary.get("course")))
    acted = str(canary.get("acted", ""))
    return acted in {"", UNDER_WAY} or bool(left(acted))


def _of_shipped(decision: Decision) -> Iterator[Offer]:
    """What was merged or deployed, as far as the decision knows, and is not offered for its canary."""
    canaries, studied = _details(decision, EXPERIMENT, "experiments"), _details(decision, IMPACT, "studies")
    if decision.merged:
        said = "Takes back what was shipped, by a revert"
        wanted = not any(part.startswith(REVERT) for one in canaries for part in _done_by_hand(one))
    else:
        said = "Takes back what was deployed of it"
        wanted = bool(studied) and not canaries
    if wanted:
        yield Offer("rollback", "Roll back", said, target=_head(decision), destructive=True)


def _done_by_hand(canary: Mapping[str, Any]) -> tuple[str, ...]:
    acted = str(canary.get("acted", ""))
    return done(acted) if canary.get("course") == BY_HAND and not left(acted) else ()


def _details(decision: Decision, check: str, name: str) -> list[Mapping[str, Any]]:
    return [one for row in decision.rows if row.result.name == check for one in row.result.detail.get(name, ())]


def _of_study(row: Row) -> Iterator[Offer]:
    if any(one.get("digest") for one in row.result.detail.get("studies", ())):
        yield Offer("agree", "Agree", "Say that you believe this answer", target="the newest study")
        yield Offer("disagree", "Disagree", "Say that you do not believe it", target="the newest study")


def _of_override(row: Row, decision: Decision) -> Iterator[Offer]:
    name = row.result.name
    target = f"{name} at {_head(decision)}"
    if row.overridden:
        said = line(f"Counts {name} again", ACTION_DESCRIPTION)
        yield Offer("override withdraw", "Withdraw override", said, name, target, destructive=True, undoes=True)
    elif row.verdict is not Verdict.SHIP and name != CONFIGURATION:
        said = line(f"Ignores {name} at this head", ACTION_DESCRIPTION)
        yield Offer("override", "Override", said, name, target, destructive=True, reason=SHORTEST_REASON)


def _head(decision: Decision) -> str:
    return short(decision.pull.head_sha)
