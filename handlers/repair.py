"""From what an evaluation, or the daily look, found to fixes: each package moved by one pull request of its own.

A run never gathers twice what an evaluation gathered, and never fails it: it follows on it, as a trigger of its own.
docs/fixes.md tells what is proposed, where, and when it is closed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.model import Done, Fix, Kind, Place, Proposal, Trigger
from checks.decide import Policy
from checks.judge import Case
from checks.model import ChangeFacts, CheckResult, Document, Finding, Missing, Mode, Snapshot, State
from checks.sbom import repair
from checks.sbom.advisories.severity import SEVERITIES
from checks.sbom.check import CHECK, willing
from checks.sbom.findings.vulnerabilities import NEWLY_PUBLISHED, PREEXISTING, RULE
from checks.sbom.repair import Exposed
from checks.sbom.rules.policy import Config
from checks.sbom.rules.selectors import Rule
from handlers.evaluate import Judgement
from handlers.ground import Ground
from handlers.mending import Mending
from handlers.ports import Bases, Cases, Fixes, Proposals

CLOSED = "pull_request.closed"
REOPENED = "pull_request.reopened"
COMMANDED = "command.remediate"
"""Somebody asked for fixes: they come, whatever the rules propose by themselves. Such a trigger has `reset`, so that no
other run of repairs that waits on the lane stands in for it.
"""
MOST_BEFORE = 20  # manifests of the base that are read to put a declaration back

# A change is not blamed for what was there before; a look at the branch itself asks for just that, but where a rule of
# the policy, which comes before this one, says otherwise.
_STIR = Rule.model_validate({"rule": RULE, "class": PREEXISTING, "action": "warn"})
_LOOKED = frozenset({State.PASS, State.WARN, State.BLOCK})


@dataclass(frozen=True, slots=True)
class Repairs:
    """The body of `Kind.REPAIR`: of one pull request by its number, of a repository's default branch without one."""

    cases: Cases
    bases: Bases
    proposals: Proposals
    fixes: Fixes
    mending: Mending

    async def following(self, trigger: Trigger, judged: Judgement | None) -> tuple[Trigger, ...]:
        """What follows from an evaluation: a run of repairs, where there is something to propose or to end."""
        if judged is None or not await self.owed(judged):
            return ()
        pull = judged.decision.pull
        return (Trigger(Kind.REPAIR, pull.repository, trigger.installation, pull.number, reason="evaluated"),)

    async def owed(self, judged: Judgement) -> bool:
        """Is there something to propose, or to end?"""
        pull = judged.decision.pull
        config = asked(judged.case)
        if pull.number is None or config is None or repair.why_never(judged.case.snapshot):
            return False
        found = next((row.result for row in judged.decision.rows if row.result.name == CHECK.name), None)
        if config.fix.pull_requests and found is not None and any(map(repair.stops, found.findings)):
            return True
        return any(fix.awaited for fix in await self.fixes.of_target(pull.repository, pull.head_ref))

    async def __call__(self, trigger: Trigger) -> Done:
        """Propose what is missing, edit what has changed, end what is moot."""
        if trigger.number is None:
            return await self._default_branch(trigger)
        return await self._pull(trigger, trigger.number)

    # --- a pull request --------------------------------------------------------------------------------------

    async def _pull(self, trigger: Trigger, number: int) -> Done:
        place = Place(trigger.repository, trigger.installation, number)
        known = await self.fixes.of_pull(trigger.repository, number)
        kept = [fix for fix in known if fix.awaited or (trigger.reason == REOPENED and fix.number == number)]
        if not kept and trigger.reason in {CLOSED, REOPENED}:
            return Done()
        case = await self.cases.newest(trigger.repository, number)
        config = None if case is None else asked(case)
        now = await self.proposals.of(place, number) if kept or config else None
        if now is None:
            return Done()
        own = next((fix for fix in kept if fix.number == number), None)
        if own is not None:
            return await self._own(trigger, own, now)
        if not now.open:
            return await self._left_behind(place, [fix for fix in kept if fix.open], now.head_sha)
        if case is None or config is None or repair.why_never(case.snapshot):
            return Done()
        if trigger.reason == COMMANDED:
            config = willing(config)
        if case.snapshot.pull.head_sha == now.head_sha:  # else its own evaluation is still to come
            await self._mend(_ground(place, case, config, number), case, repair.stops)
        return Done()

    async def _left_behind(self, place: Place, fixes: Sequence[Fix], head_sha: str) -> Done:
        """Its pull request is closed. Another one of the same branch may need them still."""
        heir = await self._heir(place, fixes[0].target) if fixes else None
        if heir is None:
            await self.mending.abandon(place, fixes, head_sha)
            return Done()
        await self.mending.hand_on(fixes, heir)
        return Done((Trigger(Kind.REPAIR, place.repository, place.installation, heir, reason="fix.handed_on"),))

    async def _heir(self, place: Place, branch: str) -> int | None:
        for number in await self.proposals.from_branch(place, branch):
            case = await self.cases.newest(place.repository, number)
            config = None if case is None else asked(case)
            if case is not None and config is not None and not repair.why_none(case.snapshot, config):
                return number
        return None

    async def _own(self, trigger: Trigger, own: Fix, now: Proposal) -> Done:
        """One of our own: its end is news for what it was to mend. A person who closes it has answered, and who reopens
        it takes that back.
        """
        if now.open:
            if not own.open:
                await self.fixes.reopen(own)
            return Done()
        await self.mending.ends.ended(Place(trigger.repository, trigger.installation), own, now)
        if not now.merged or own.source is not None:  # the pull request that it went into is evaluated by its own event
            return Done()
        return Done(
            (Trigger(Kind.REPAIR, trigger.repository, trigger.installation, reason="fix.merged", hearsay=True),)
        )

    # --- a default branch ------------------------------------------------------------------------------------

    async def _default_branch(self, trigger: Trigger) -> Done:
        """Hearsay looks only where something is awaited."""
        if trigger.hearsay and not await self._awaits(trigger.repository):
            return Done()
        case = await self.bases.base(trigger)
        config = None if case is None else asked(case)
        if case is None or config is None:
            return Done()
        if not config.fix.pull_requests and not await self._awaits(trigger.repository):
            return Done()
        limit = SEVERITIES.index(config.severity)

        def wanted(finding: Finding) -> bool:
            return _was_there(finding) and SEVERITIES.index(finding.severity) >= limit

        place = Place(case.snapshot.pull.repository, trigger.installation)
        stirred = config.model_copy(update={"rules": (*config.rules, _STIR)})
        await self._mend(_ground(place, case, stirred, None), case, wanted)
        return Done()

    async def _awaits(self, repository: str) -> bool:
        every = await self.fixes.of_repository(repository)
        return any(fix.awaited and fix.source is None for fix in every)

    async def _mend(self, ground: Ground, case: Case, wanted: Callable[[Finding], bool]) -> None:
        found = CHECK.evaluate(case.snapshot, ground.config, {})
        if not looked(found) or isinstance(case.snapshot.advisories, Missing):
            return
        before = await self._before(ground, case) if any(map(wanted, found.findings)) else ()
        plan = repair.plan(found.findings, case.snapshot, ground.config, wanted, before)
        repairs = [one for one in plan if isinstance(one, repair.Repair)]
        exposed = repair.exposed(found.findings, case.snapshot)
        await self.mending(ground, repairs, await self._seen(ground, case.snapshot, exposed))

    async def _seen(self, ground: Ground, snapshot: Snapshot, exposed: Exposed) -> Exposed:
        """The same, without a word on what the bills of a default branch cannot tell: one that is gone, cannot be read
        or has shrunk since a fix was proposed shows nothing. A pull request's bills were compared with its base's.
        """
        if ground.source is not None or not isinstance(snapshot.sboms, tuple):
            return exposed
        now = [pair.head for pair in snapshot.sboms if pair.head is not None]
        unseen = set[str]()
        for fix in await self.fixes.of_target(ground.place.repository, ground.target):
            if fix.awaited and exposed.free(fix.purl, fix.advisories):
                before = await self.bases.bills(ground.place, fix.parent, ground.config)
                unseen |= set() if repair.in_sight(fix.purl, before, now) else {fix.purl}
        return replace(exposed, unseen=frozenset(unseen))

    async def _before(self, ground: Ground, case: Case) -> tuple[Document, ...]:
        """The manifests that the change touched, as they were where it left its base."""
        change, manifests, pull = case.snapshot.change, case.snapshot.manifests, case.snapshot.pull
        if not isinstance(change, ChangeFacts) or not isinstance(manifests, tuple) or not pull.merge_base_sha:
            return ()
        there = {one.path for one in manifests}
        touched = [file.path for file in change.files if file.path in there and file.status == "modified"]
        return await self.proposals.documents(ground.place, touched[:MOST_BEFORE], pull.merge_base_sha)


def told_of_a_bill(trigger: Trigger) -> tuple[Trigger, ...]:
    """CI sent a bill: perhaps that of a default branch, on which a fix waits to be seen."""
    if trigger.reason != "sbom":
        return ()
    return (Trigger(Kind.REPAIR, trigger.repository, trigger.installation, reason="sbom", hearsay=True),)


def asked(case: Case) -> Config | None:
    """What the rules say of bills; None where they ask for none."""
    config = case.policy.checks.get(CHECK.name) if isinstance(case.policy, Policy) else None
    return config if isinstance(config, Config) and config.mode is not Mode.OFF else None


def looked(found: CheckResult) -> bool:
    """Was everything compared? Only then does a finding that is absent mean that nothing is there."""
    files = found.detail.get("files", ())
    return (
        found.state in _LOOKED
        and bool(files)
        and all(one.get("comparison") in {"compared", "unchanged"} for one in files)
    )


def _ground(place: Place, case: Case, config: Config, source: int | None) -> Ground:
    pull = case.snapshot.pull
    return Ground(place, pull.head_ref, pull.head_sha, source, pull.base_ref, config)


def _was_there(finding: Finding) -> bool:
    """It stands on the default branch, and no rule of the policy ignores it."""
    known = finding.kind in {NEWLY_PUBLISHED, PREEXISTING}
    return finding.rule == RULE and known and finding.state in {State.BLOCK, State.WARN}
