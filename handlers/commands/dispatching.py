"""What verbs that have a workflow run have in common: each command dispatches once, and what it did is kept."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Dispatched, DispatchWorkflow, Stop, Stopped
from handlers.acting_ports import Dispatches
from handlers.commands.allowed import look_again
from handlers.commands.asked import Asked, Declined
from handlers.naming import plain
from handlers.ports import Writer


def moved(asked: Asked) -> Declined:
    """The head is another one than it was a moment ago."""
    return Declined(
        f"the head has moved on from `{asked.head_sha[:7]}`: look again", (look_again(asked.trigger, asked.opened),)
    )


def unknown(asked: Asked, verb: str, known: int = 0) -> Declined | None:
    """Refuses what is said after the `known` words that `verb` takes: were it dropped, a commit that somebody mistyped
    would not keep the command from the head.
    """
    if len(asked.words) <= known:
        return None
    return Declined(f"`{plain(asked.words[known])}` is no commit and nothing else that `{verb}` takes")


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Dispatches for one command at a time."""

    writer: Writer
    dispatches: Dispatches

    async def had(self, asked: Asked) -> Dispatched | None:
        """What this very command dispatched, in a run that was killed."""
        return await self.dispatches.of_command(asked.trigger.command)

    async def __call__(self, asked: Asked, kind: str, name: str, action: DispatchWorkflow) -> Dispatched | Declined:
        """Have it run, and keep that; or why it does not run."""
        place, pull = asked.opened.place, asked.opened.pull
        (outcome,) = await self.writer.perform(place, (action,), asked.cause)
        if isinstance(outcome, Stopped):
            return _declined(asked, action, outcome)
        sent = Dispatched(kind, name, action.workflow, asked.head_sha, 0.0, outcome.remote)
        return await self.dispatches.keep(pull.repository, pull.number or 0, sent, asked.trigger.command)


def _declined(asked: Asked, action: DispatchWorkflow, outcome: Stopped) -> Declined:
    if outcome.why is Stop.HEAD_MOVED:
        return moved(asked)
    what = f"`{action.workflow}` on `{plain(action.ref)}`"
    if outcome.why is Stop.IN_DOUBT:
        return Declined(f"GitHub never said whether {what} began: look among its runs before you ask again")
    hint = "the default branch must have it too, with `workflow_dispatch`"
    return Declined(f"GitHub will not run {what} ({hint}): {outcome.detail}")
