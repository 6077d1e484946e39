"""What follows from the answer of an experiment: a workflow, a deployment, a word on the canary's own deployment, and
where a merged change is rolled back, the pull request that takes it back.

Each is had once, whatever is killed in between (docs/effects.md). Each is tried for itself: a missing permission for
one must not keep a bad canary in service. A promotion is dropped where the pull request moved on or was closed
unmerged, a rollback never is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.model import (
    Cause,
    Deed,
    DeploymentState,
    DispatchWorkflow,
    KeptExperiment,
    NewDeployment,
    Outcome,
    Performed,
    Place,
    SetDeploymentStatus,
    Stop,
)
from checks import shadow
from checks.answer import HOLD, PROMOTE, ROLLBACK, answer, patience, stance, unread
from checks.experiment import Config, Reason, Report, Status, action, by_hand, load, report
from checks.experiment.aftermath import DONE, NOTHING
from checks.held import BY_HAND
from handlers.ports import Writer
from handlers.reverting import Reverting

DOUBT = 600.0  # seconds for which a workflow run that nobody can find is looked for

_SAID = {ROLLBACK: "Roll back", HOLD: "Not promoted"}
_WHY = {
    Stop.HEAD_MOVED: "not done, the pull request has moved on, or was closed",
    Stop.IN_DOUBT: "in doubt: it was asked for, and nobody can find it",
}


@dataclass(frozen=True, slots=True)
class Consequences:
    """Has the writer do what an answer asks for. `now`: epoch seconds."""

    writer: Writer
    reverting: Reverting
    now: Callable[[], float] = time.time

    def course(self, kept: KeptExperiment) -> str:
        """What is to be done, by all that is known now: a promotion that a flag overtakes is not had, and none that
        somebody rolled back.
        """
        if kept.course == BY_HAND:
            return BY_HAND
        gate = action(Status(kept.status), Config.model_validate_json(kept.rules).judged_by)
        if kept.mirrored is None:
            return gate
        says = stance(kept.mirrored.rules, kept.mirrored.told)
        if kept.mirrored.behind:
            return unread(gate, says)
        return answer(gate, says, self.now() - kept.changed, patience(kept.mirrored.rules))

    async def __call__(self, kept: KeptExperiment, course: str, cause: Cause) -> str:
        """What became of all that `course` asks for, in words; "" while one of them is in doubt and is to be looked for
        again.
        """
        rules = Config.model_validate_json(kept.rules)
        told = report(load(kept.state, rules.judged_by), rules.judged_by)
        flag = "" if course == BY_HAND else _flag(kept, told.action, course)
        if course == BY_HAND:
            told, course = by_hand(told), ROLLBACK
        elif flag:
            told = replace(told, title=f"{_SAID[course]}: {flag}")
        deeds = tuple(_deeds(kept, rules, course, told.title))
        place = Place(
            kept.canary.repository, kept.canary.installation, kept.canary.number if course == PROMOTE else None
        )
        cause = replace(cause, reason=f"experiment.{course}", head_sha=kept.canary.sha, number=kept.canary.number)
        outcomes = [(name, await self._done(place, deed, cause)) for name, deed in deeds]
        if self.now() - kept.changed < DOUBT and any(_stopped(one) is Stop.IN_DOUBT for _, one in outcomes):
            return ""
        said: Sequence[str] = [f"{name}: {became(one)}" for name, one in outcomes]
        if course == ROLLBACK:
            said = await self._merged(kept, rules, told, said, cause)
        return "; ".join(said) or (told.title if flag and course == HOLD else NOTHING)

    async def _merged(
        self, kept: KeptExperiment, rules: Config, told: Report, said: Sequence[str], cause: Cause
    ) -> Sequence[str]:
        """`said`, and what became of the change itself where the base branch has it by now."""
        canary = kept.canary
        landed = await self.reverting.landed(Place(canary.repository, canary.installation), canary)
        if landed is None:
            return said
        if rules.rollback.revert:
            said = (*said, await self.reverting(kept, told, landed, cause))
        await self.reverting.tell(kept, told, landed, "; ".join(said) or NOTHING, cause)
        return said

    async def _done(self, place: Place, deed: Deed, cause: Cause) -> Outcome:
        (outcome,) = await self.writer.perform(place, (deed,), cause)
        return outcome


def _flag(kept: KeptExperiment, gate: str, course: str) -> str:
    """What the mirrored answers say, where it is for them that `course` is taken and not the gate's; else ""."""
    decides = course != gate or kept.reason == Reason.SHADOW
    return shadow.title(shadow.load(kept.mirrored.told)) if kept.mirrored and decides else ""


def _deeds(kept: KeptExperiment, rules: Config, action: str, title: str) -> Iterator[tuple[str, Deed]]:
    """What to do for `action`, the most urgent first, each with its name for people."""
    match action:
        case "promote":
            yield from _workflow(kept, rules.promote.workflow, action)
            if rules.promote.environment:
                yield f"deployment to {rules.promote.environment}", _deployment(kept, rules.promote.environment, title)
            yield from _status(kept, "success", title)
        case "rollback":
            yield from _workflow(kept, rules.rollback.workflow, action)
            yield from _status(kept, "failure", title)


def _workflow(kept: KeptExperiment, workflow: str, action: str) -> Iterator[tuple[str, Deed]]:
    if not workflow:
        return
    canary = kept.canary
    inputs = (("environment", canary.environment), ("sha", canary.sha))
    run = DispatchWorkflow(workflow, canary.base_ref, inputs, f"experiment {kept.id} {action}", canary.sha)
    yield f"workflow {workflow}", run


def _deployment(kept: KeptExperiment, environment: str, title: str) -> Deed:
    asked = NewDeployment(f"experiment {kept.id}", kept.canary.sha, environment, title)
    return SetDeploymentStatus(asked, "queued", title, kept.canary.sha, occasion=_occasion(kept))


def _status(kept: KeptExperiment, state: DeploymentState, title: str) -> Iterator[tuple[str, Deed]]:
    canary = kept.canary
    if canary.deployment is not None:
        said = SetDeploymentStatus(
            canary.deployment, state, title, canary.sha, occasion=_occasion(kept), environment=canary.environment
        )
        yield f"deployment status {state}", said


def _occasion(kept: KeptExperiment) -> str:
    return f"experiment {kept.id}"


def _stopped(outcome: Outcome) -> Stop | None:
    return None if isinstance(outcome, Performed) else outcome.why


def became(outcome: Outcome) -> str:
    """What became of a deed, in words."""
    if isinstance(outcome, Performed):
        return DONE
    return _WHY.get(outcome.why, f"refused by GitHub: {outcome.detail}")
