"""One case, judged whole: the facts, the rules of the base branch, and the rules this change would bring."""

from __future__ import annotations

from dataclasses import dataclass

from checks.configuration import broken_edit, effect_of_edit, unreadable
from checks.decide import Policy, decide, with_row
from checks.model import Decision, Finding, Snapshot


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A configuration that cannot be read, and where it goes wrong; never empty."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision is made of. `edited`: the configuration as this change would leave it, None if untouched."""

    snapshot: Snapshot
    policy: Policy | Unreadable | None
    edited: Policy | Unreadable | None
    version: str


def judge(case: Case) -> Decision | None:
    """Decide. None: the repository is not configured and this change does not configure it, so nothing is said."""
    now = _under(case, case.policy)
    match case.edited:
        case None:
            return now
        case Unreadable(findings):
            return with_row(now or _empty(case), broken_edit(findings))
        case Policy() as edited:
            return with_row(now or _empty(case), effect_of_edit(now, decide(case.snapshot, edited, case.version)))


def _under(case: Case, policy: Policy | Unreadable | None) -> Decision | None:
    match policy:
        case None:
            return None
        case Unreadable(findings):
            return unreadable(case.snapshot.pull, findings, case.version)
        case Policy():
            return decide(case.snapshot, policy, case.version)


def _empty(case: Case) -> Decision:
    return decide(case.snapshot, Policy(checks={}), case.version)
