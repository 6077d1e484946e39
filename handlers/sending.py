"""An agent is asked to try: one sender for every way in which an arm is started.

What is asked for goes as data: as inputs, as parts of a payload, or as words of a comment. A task is sent once, whoever
is killed on the way, and is kept, so that nobody sends a second arm to a head where one may be at work.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.model import (
    ARM,
    AddLabel,
    AssignIssue,
    Cause,
    Deed,
    Dispatched,
    DispatchRepository,
    DispatchWorkflow,
    Mention,
    Performed,
    Place,
    Sent,
    Stop,
    Stopped,
    Task,
    Unsent,
)
from checks.model import Pull
from handlers.acting_ports import Dispatches
from handlers.naming import plain
from handlers.ports import Writer
from program.arms import Arm
from program.next_try import AT_WORK
from program.trace import TRAILER

FORK = "the change comes from a fork, where an agent cannot push"

_LONGEST_COMMAND = 40  # characters by which a dispatch is kept
_BRIEF_BYTES = 48_000  # of a brief as JSON: GitHub takes 64 KB of a payload, and 65,535 characters of inputs
_PUSHING = {"workflow", "repository", "label"}  # arms that push onto the branch of the change
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_HOLDS_A_FILE = re.compile(r"\.ya?ml$")


@dataclass(frozen=True, slots=True)
class Sender:
    """Asks agents, each in the way of its arm."""

    writer: Writer
    dispatches: Dispatches

    async def __call__(self, place: Place, pull: Pull, arm: Arm, task: Task, cause: Cause) -> Sent | Unsent:
        """Ask once for each `task.key`; carried out again after a kill, it finds what it had asked."""
        command = command_of(task.key)
        had = await self.dispatches.of_command(command)
        if had is not None:
            return _sent(had, pull)
        if pull.from_fork and arm.by in _PUSHING:
            return Unsent(FORK)
        (*_, last) = await self.writer.perform(place, _deeds(pull, arm, task), cause)
        if not isinstance(last, Performed):
            return _unsent(pull, arm, last)
        run = last.remote if isinstance(last.action, DispatchWorkflow | DispatchRepository) else None
        sent = Dispatched(ARM, arm.name, way(arm), task.head_sha, 0.0, run)
        return _sent(await self.dispatches.keep(pull.repository, pull.number or 0, sent, command), pull)

    async def at_work(self, pull: Pull, head_sha: str, at: float, over: Collection[str] = ()) -> Dispatched | None:
        """The arm that was sent to this head last, for whichever pull request, where it may be at work still: two would
        push onto one branch. `over`: keys of tasks that are known not to be at work.
        """
        ended = set(map(command_of, over))
        every = await self.dispatches.of_head(pull.repository, head_sha)
        sent = [one for one in every if one.kind == ARM and one.command not in ended]
        return sent[-1] if sent and at - sent[-1].at < AT_WORK else None


def command_of(key: str) -> str:
    """By what a dispatch of this key is kept: the key itself, or a short name made of it."""
    return key if len(key) <= _LONGEST_COMMAND else hashlib.sha256(key.encode()).hexdigest()[:_LONGEST_COMMAND]


def way(arm: Arm) -> str:
    """By what an arm is started, in a word or two."""
    said = {
        "workflow": arm.workflow,
        "repository": f"event {arm.to}",
        "mention": f"comment to {arm.to}",
        "label": f"label {arm.to}",
        "assign": f"issue for {arm.to}",
    }
    return said[arm.by]


def way_of(sent: Dispatched, base_ref: str) -> str:
    """By what something was started, and which run that is."""
    if _HOLDS_A_FILE.search(sent.workflow):
        run = f"run {sent.run}" if sent.run else "a run that GitHub does not name"
        return f"`{sent.workflow}` on `{plain(base_ref)}`, {run}"
    return f"`{sent.workflow}`{f', run {sent.run}' if sent.run else ''}"


def _sent(sent: Dispatched, pull: Pull) -> Sent:
    return Sent(sent.run, f"`{sent.name}` tries: {way_of(sent, pull.base_ref)}")


# --- what is sent -----------------------------------------------------------------------------------------------


def _deeds(pull: Pull, arm: Arm, task: Task) -> Sequence[Deed]:
    number, key = pull.number or 0, f"arm #{pull.number} {task.key}"
    if arm.by == "workflow":
        inputs = tuple(inputs_of(pull, arm, task).items())
        return (DispatchWorkflow(arm.workflow, pull.base_ref, inputs, key, task.head_sha),)
    if arm.by == "repository":
        return (DispatchRepository(arm.to, tuple(inputs_of(pull, arm, task).items()), key, task.head_sha),)
    if arm.by == "assign":
        title, body = f"Mend pull request #{number}, try {task.attempt}", _asked(f"This is about #{number}.", arm, task)
        return (AssignIssue(key, title, body, arm.to, arm.behalf, task.head_sha),)
    if arm.by == "mention":
        return (Mention(number, key, _asked(arm.to, arm, task), task.head_sha),)
    brief = Mention(number, key, _asked("What is asked of the agent:", arm, task), task.head_sha)
    return (brief, AddLabel(number, arm.to, key, task.head_sha, anew=True))


def inputs_of(pull: Pull, arm: Arm, task: Task) -> dict[str, str]:
    """What a workflow is told, all of it text. With the mark that goes along, that is no more than GitHub takes."""
    return {
        "arm": arm.name,
        "model": arm.model,
        "pull_request": str(pull.number),
        "head_sha": task.head_sha,
        "head_ref": pull.head_ref,
        "attempt": str(task.attempt),
        "trace_id": task.trace,
        "brief": _cut(task.brief),
    }


def _cut(brief: str) -> str:
    """As much of it as GitHub takes, without what no text holds."""
    told = _CONTROL.sub("", brief.replace("\r\n", "\n"))
    while (size := len(json.dumps(told))) > _BRIEF_BYTES:
        told = told[: len(told) * _BRIEF_BYTES // size - 1]
    return told


def _asked(opening: str, arm: Arm, task: Task) -> str:
    """A comment, or an issue, that asks an agent: by what stands first, and by nothing that is quoted in it."""
    trailers = [f"Maestro-Arm: {arm.name}", *([f"{TRAILER}: {task.trace}"] if task.trace else [])]
    lines = "\n".join(trailers)
    end = f"Go on from commit `{task.head_sha}`. End the message of each commit with:\n\n```\n{lines}\n```"
    return f"{opening}\n\n{silent(_cut(task.brief))}\n\n{end}"


def silent(text: str) -> str:
    """The same to the eye, yet it calls nobody: no @name, no /command, no marker of ours, no reference that closes."""
    told = re.sub(r"@(?=[A-Za-z0-9])", "@\u200b", text)
    told = re.sub(r"^([ \t>]*)/(?=[A-Za-z])", "\\1/\u200b", told, flags=re.MULTILINE)
    return told.replace("<!--", "<\u200b!--")


# --- what came of it --------------------------------------------------------------------------------------------


def _unsent(pull: Pull, arm: Arm, stopped: Stopped) -> Unsent:
    if stopped.why is Stop.HEAD_MOVED:
        return Unsent("the head has moved on", moved=True)
    on = f" on `{plain(pull.base_ref)}`" if arm.by == "workflow" else ""
    what = f"`{way(arm)}`{on}"
    if stopped.why is Stop.IN_DOUBT:
        said = f"GitHub never said whether {what} began: look among its runs before you ask again"
        return Unsent(said, doubt=True)
    return Unsent(f"{_HINTS[arm.by].format(what=what)}: {stopped.detail}")


_HINTS = {
    "workflow": "GitHub will not run {what} (the default branch must have it too, with `workflow_dispatch`)",
    "repository": "GitHub will not take {what}",
    "mention": "GitHub will not take the {what}",
    "label": "GitHub will not put on the {what}",
    "assign": "nobody can be asked by {what}",
}
