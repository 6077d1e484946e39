"""`/maestro retry`: what failed runs again; an agent's pull request gets its next arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.model import (
    ARM,
    Dispatched,
    DispatchWorkflow,
    Failed,
    FailedCheck,
    FailedRun,
    Performed,
    RerequestCheck,
    RerunFailed,
    Stop,
    Stopped,
    Verb,
)
from checks.decide import Policy
from handlers.acting_ports import Failures
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.dispatching import Dispatcher, moved, plain
from program.arms import Arm, Ladder, next_arm

VERB = Verb(
    name="retry",
    usage="/maestro retry [arm] [sha]",
    example="/maestro retry impl@medium",
    effect="Runs again what failed on the head; on an agent's pull request it has the next arm try, or the one named.",
    role="write",
    label="Retry",
)
_AT_WORK = 3_600.0  # seconds for which an arm is taken to be at work, as long as the head stays
_FORK = "the change comes from a fork, where an agent cannot push"


@dataclass(frozen=True, slots=True)
class RetryCommand:
    """One arm where there is one to try, else everything that failed."""

    failures: Failures
    dispatcher: Dispatcher

    async def __call__(self, asked: Asked) -> Answer | Declined:
        """Try again; carried out once more after a kill, it finds what it had begun."""
        had = await self.dispatcher.had(asked)
        if had is not None:
            return await self._sent(asked, had)
        if asked.words:
            arm = _named(asked)
            return arm if isinstance(arm, Declined) else await self._try(asked, arm)
        ladder = asked.opened.ladder if _agent(asked) else None
        if ladder is None or asked.opened.pull.from_fork:
            return await self._again(asked, _FORK if ladder else "")
        arm_left = next_arm(ladder, await self._tried(asked))
        if arm_left is None:
            return await self._again(asked, f"every arm was tried: {_listed(ladder)}; name one to have it try again")
        at_work = await self._at_work(asked)
        return Declined(at_work) if at_work else await self._try(asked, arm_left)

    # --- the arms of an agent --------------------------------------------------------------------------------

    async def _tried(self, asked: Asked) -> list[str]:
        """The oldest first: what the change says of itself, then what was dispatched."""
        pull = asked.opened.pull
        said = await self.failures.stated(asked.opened.place, pull)
        return [*said, *(one.name for one in await self._dispatched(asked))]

    async def _dispatched(self, asked: Asked) -> list[Dispatched]:
        pull = asked.opened.pull
        every = await self.dispatcher.dispatches.of_pull(pull.repository, pull.number or 0)
        return [one for one in every if one.kind == ARM]

    async def _at_work(self, asked: Asked) -> str:
        """Which arm may be at work on this head still, "" for none: two would push onto one branch."""
        sent = [one for one in await self._dispatched(asked) if one.head_sha == asked.head_sha]
        if not sent or asked.trigger.at - sent[-1].at >= _AT_WORK:
            return ""
        run = f", run {sent[-1].run}" if sent[-1].run else ""
        since = f"`{sent[-1].name}` was sent to `{asked.head_sha[:7]}` less than an hour ago{run}, and may be at work"
        return f"{since}: name an arm to have it try all the same"

    async def _try(self, asked: Asked, arm: Arm) -> Answer | Declined:
        pull = asked.opened.pull
        inputs = {
            "arm": arm.name,
            "model": arm.model,
            "pull_request": str(pull.number),
            "head_sha": asked.head_sha,
            "head_ref": pull.head_ref,
            "attempt": str(len(await self._dispatched(asked)) + 1),
        }
        key = f"arm #{pull.number} {asked.trigger.command}"
        action = DispatchWorkflow(arm.workflow, pull.base_ref, tuple(inputs.items()), key, asked.head_sha)
        sent = await self.dispatcher(asked, ARM, arm.name, action)
        return sent if isinstance(sent, Declined) else await self._sent(asked, sent)

    async def _sent(self, asked: Asked, sent: Dispatched) -> Answer:
        before = [name for name in await self._tried(asked) if name != sent.name]
        ladder = asked.opened.ladder
        arm = ladder.named(sent.name) if ladder else None
        cost = f", declared at {arm.cost_usd:.2f} US dollars" if arm and arm.cost_usd is not None else ""
        run = f"run {sent.run}" if sent.run else "a run that GitHub does not name"
        on = plain(asked.opened.pull.base_ref)
        said = f"`{sent.name}` tries{cost}: `{sent.workflow}` on `{on}`, {run}"
        was = f"`{before[-1]}`" if before else "none"
        return Answer((), (), said, f"arm: {was}", f"arm: `{sent.name}`, {run}")

    # --- what failed -----------------------------------------------------------------------------------------

    async def _again(self, asked: Asked, aside: str) -> Answer | Declined:
        """Ask for each, whatever becomes of the others."""
        failed = await self.failures.of(asked.opened.place, asked.opened.pull, asked.trigger.at)
        why = f"nothing failed on `{asked.head_sha[:7]}` that can be run again"
        if not failed.each:
            return Declined(f"{why}; {aside or 'and no arm of an agent is to be tried'}")
        done, refused = _Told(), list[str]()
        for one in failed.each:
            (outcome,) = await self.dispatcher.writer.perform(asked.opened.place, (_action(asked, one),), asked.cause)
            if isinstance(outcome, Performed):
                done = done.with_(one)
            elif outcome.why is Stop.HEAD_MOVED:
                return moved(asked)
            else:
                refused.append(_refused(one, outcome))
        if not done.said:
            return Declined(f"GitHub runs nothing of it again: {'; '.join(refused)}")
        return _answer(done, [*refused, *_aside(failed, aside)])


@dataclass(frozen=True, slots=True)
class _Told:
    """What was had, in words: as it was, and as it is now."""

    said: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def with_(self, one: FailedRun | FailedCheck) -> _Told:
        """And this one too."""
        name, was, now = _words(one)
        return _Told((*self.said, f"{name} ({now})"), (*self.before, f"{name}: {was}"), (*self.after, f"{name}: {now}"))


def _words(one: FailedRun | FailedCheck) -> tuple[str, str, str]:
    """What it is called, how it stood, and what it does now."""
    if isinstance(one, FailedCheck):
        return f"check `{plain(one.name)}` of `{plain(one.app)}`", plain(one.conclusion), "asked for again"
    stood = f"attempt {one.attempt}" + (f" {plain(one.conclusion)}" if one.conclusion else "")
    return f"`{plain(one.workflow)}` run {one.run}", stood, f"attempt {one.attempt + 1}"


def _refused(one: FailedRun | FailedCheck, outcome: Stopped) -> str:
    return f"{_words(one)[0]}: {outcome.detail}"


def _aside(failed: Failed, aside: str) -> list[str]:
    more = f"{failed.more} more failed, and are left for another time" if failed.more else ""
    return [said for said in (more, aside) if said]


def _answer(done: _Told, notes: Sequence[str]) -> Answer:
    said, before, after = ("; ".join(part) for part in (done.said, done.before, done.after))
    return Answer(tuple(notes), (), f"run again: {said}", before, after)


def _action(asked: Asked, one: FailedRun | FailedCheck) -> RerunFailed | RerequestCheck:
    if isinstance(one, FailedRun):
        return RerunFailed(one.run, one.attempt, asked.head_sha)
    return RerequestCheck(one.run, one.suite, asked.trigger.command, asked.head_sha)


def _agent(asked: Asked) -> str:
    """Why the pull request counts as an agent's; "" for people."""
    policy = asked.opened.policy
    return policy.agent if isinstance(policy, Policy) else ""


def _named(asked: Asked) -> Arm | Declined:
    """The arm that is named, where it may be had try."""
    ladder, base = asked.opened.ladder, plain(asked.opened.pull.base_ref)
    if len(asked.words) > 1:
        return Declined("name one arm")
    if ladder is None:
        return Declined(f"the configuration on `{base}` has no ladder of arms, in `arms`")
    if not _agent(asked):
        return Declined("it is no agent's pull request, as the block `agents` of the configuration has it")
    if asked.opened.pull.from_fork:
        return Declined(_FORK)
    (name,) = asked.words
    arm, near = ladder.named(name), ladder.nearest(name)
    meant = f"did you mean `{near}`?" if near else f"there are {_listed(ladder)}"
    return arm or Declined(f"the ladder has no arm of this name: {meant}")


def _listed(ladder: Ladder) -> str:
    return ", ".join(f"`{arm.name}`" for arm in ladder.arms)
