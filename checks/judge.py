"""One case, judged whole: the facts, the rules of the base branch, and the rules this change would bring."""

from __future__ import annotations

from dataclasses import dataclass, replace

from checks.configuration import broken_edit, changed_keys, effect_of_edit, removal, unreadable
from checks.decide import Policy, decide, with_row
from checks.model import Decision, Finding, Snapshot


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A configuration that cannot be read, and where it goes wrong; never empty."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """The change takes the configuration away, and nothing stands in for it."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision is made of. `edited`: the configuration as this change would leave it, None if untouched."""

    snapshot: Snapshot
    policy: Policy | Unreadable | None
    edited: Policy | Unreadable | Removed | None
    version: str


def judge(case: Case) -> Decision | None:
    """Decide. None: the repository is not configured and this change does not configure it, so nothing is said.

    What had been decided of a merged change stays decided, whatever is known of it since.
    """
    decision, decided = _judged(case), case.snapshot.merged_as
    return decision if decision is None or decided is None else replace(decision, verdict=decided, merged=True)


def _judged(case: Case) -> Decision | None:
    now = _under(case, case.policy)
    match case.edited:
        case None:
            return now
        case Unreadable(findings):
            return with_row(now or _silence(case), broken_edit(findings))
        case Removed():
            return None if now is None else with_row(now, removal(now))
        case Policy() as edited:
            then = decide(case.snapshot, edited, case.version)
            changed = changed_keys(case.policy if isinstance(case.policy, Policy) else None, edited)
            return with_row(now or _silence(case), effect_of_edit(now, then, changed))


def _under(case: Case, policy: Policy | Unreadable | None) -> Decision | None:
    match policy:
        case None:
            return None
        case Unreadable(findings):
            return unreadable(case.snapshot.pull, findings, case.version)
        case Policy():
            return decide(case.snapshot, policy, case.version)


def _silence(case: Case) -> Decision:
    return replace(decide(case.snapshot, Policy(checks={}), case.version), configured=False)
