"""`/maestro escalate`: heavier tests run on the head, and their result is one of the contract's tests."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import TESTS, Dispatched, DispatchWorkflow, Verb
from checks.contract import CHECK, escalation
from checks.decide import Policy
from checks.tested import Escalated
from handlers.acting_ports import Escalations
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.dispatching import Dispatcher
from handlers.naming import plain

VERB = Verb(
    name="escalate",
    usage="/maestro escalate [tests] [sha]",
    example="/maestro escalate tests",
    effect="Has the heavier tests of the configuration run on the head; the contract waits for them.",
    role="write",
    label="Escalate tests",
)


@dataclass(frozen=True, slots=True)
class EscalateCommand:
    """Once on a head, and once more after each failure."""

    escalations: Escalations
    dispatcher: Dispatcher

    async def __call__(self, asked: Asked) -> Answer | Declined:
        """Have them run; carried out once more after a kill, it finds the run that it had begun."""
        had = await self.dispatcher.had(asked)
        if had is not None:
            return _answer(asked, had)
        pull, heavier = asked.opened.pull, asked.opened.escalation
        if heavier is None:
            return Declined(f"the configuration on `{plain(pull.base_ref)}` names no heavier tests, in `escalate`")
        if asked.words and [word.lower() for word in asked.words] != ["tests"]:
            return Declined("only `tests` can be escalated")
        if pull.from_fork:
            return Declined("the change comes from a fork, whose branch no workflow of this repository runs on")
        runs = await self.escalations.of(asked.opened.place, pull)
        there = _there(escalation.newest(runs, asked.head_sha), asked.head_sha)
        if there:
            return Declined(there)
        key = f"tests #{pull.number} {asked.trigger.command}"
        action = DispatchWorkflow(heavier.workflow, pull.head_ref, heavier.inputs, key, asked.head_sha)
        sent = await self.dispatcher(asked, TESTS, heavier.workflow, action)
        return sent if isinstance(sent, Declined) else _answer(asked, sent)


def _there(last: Escalated | None, head_sha: str) -> str:
    """Why the tests are not run once more; "" where they may be, as where nobody ever saw the run."""
    if last is None or last.run is None:
        return ""
    if escalation.passes(last):
        return f"run {last.run} of them has passed on `{head_sha[:7]}`"
    return "" if last.status == "completed" else f"run {last.run} of them is still running on `{head_sha[:7]}`"


def _answer(asked: Asked, sent: Dispatched) -> Answer:
    run = f"run {sent.run}" if sent.run else "a run that GitHub does not name"
    said = f"`{sent.workflow}` runs on `{asked.head_sha[:7]}`, {run}"
    policy = asked.opened.policy
    judged = isinstance(policy, Policy) and (bool(policy.agent) or CHECK.name in policy.checks)
    notes = () if judged else ("no contract is asked of this change, so whatever they say stops nothing",)
    return Answer(notes, (), said, "tests as they were", f"escalated: `{sent.workflow}`, {run}")
