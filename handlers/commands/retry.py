"""`/maestro retry`: what failed runs again; an agent's pull request gets its next arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.model import (
    ARM,
    Dispatched,
    Failed,
    FailedCheck,
    FailedRun,
    Performed,
    RerequestCheck,
    RerunFailed,
    Stop,
    Stopped,
    Task,
    Unsent,
    Verb,
)
from checks.decide import Policy
from handlers.acting_ports import Choices, Failures
from handlers.command_ports import NothingSpent, Spendings
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.dispatching import moved
from handlers.naming import plain
from handlers.ports import Writer
from handlers.sending import FORK, Sender, way_of
from program.arms import Arm, Ladder

VERB = Verb(
    name="retry",
    usage="/maestro retry [arm] [sha]",
    example="/maestro retry impl@medium",
    effect="Runs again what failed on the head; on an agent's pull request it has the next arm try, or the one named.",
    role="write",
    label="Retry",
)


@dataclass(frozen=True, slots=True)
class RetryCommand:
    """One arm where there is one to try, else everything that failed."""

    failures: Failures
    writer: Writer
    sender: Sender
    choices: Choices
    spending: Spendings = field(default_factory=NothingSpent)

    async def __call__(self, asked: Asked) -> Answer | Declined:
        """Try again; carried out once more after a kill, it finds what it had begun."""
        had = await self.sender.dispatches.of_command(asked.trigger.command)
        if had is not None:
            return await self._begun(asked, had)
        if asked.words:
            arm = _named(asked)
            return arm if isinstance(arm, Declined) else await self._try(asked, arm)
        ladder = asked.opened.ladder if _agent(asked) else None
        if ladder is None or asked.opened.pull.from_fork:
            return await self._again(asked, FORK if ladder else "")
        at_work = await self._at_work(asked)
        if at_work:
            return Declined(at_work)
        chosen = await self.choices.asked(asked.opened, asked.trigger.at)
        if isinstance(chosen, str):
            return await self._again(asked, f"{chosen}; name an arm to have it try all the same: {_listed(ladder)}")
        return await self._try(asked, chosen.arm, chosen.why)

    # --- the arms of an agent --------------------------------------------------------------------------------

    async def _tried(self, asked: Asked) -> list[str]:
        """The oldest first: what the change says of itself, then what was dispatched."""
        pull = asked.opened.pull
        said = await self.failures.stated(asked.opened.place, pull)
        return [*said, *(one.name for one in await self._dispatched(asked))]

    async def _dispatched(self, asked: Asked) -> list[Dispatched]:
        pull = asked.opened.pull
        every = await self.sender.dispatches.of_pull(pull.repository, pull.number or 0)
        return [one for one in every if one.kind == ARM]

    async def _at_work(self, asked: Asked) -> str:
        """Which arm may be at work on this head still, "" for none: two would push onto one branch."""
        sent = await self.sender.at_work(asked.opened.pull, asked.head_sha, asked.trigger.at)
        if sent is None:
            return ""
        run = f", run {sent.run}" if sent.run else ""
        since = f"`{sent.name}` was sent to `{asked.head_sha[:7]}` less than an hour ago{run}, and may be at work"
        return f"{since}: name an arm to have it try all the same"

    async def over_budget(self, asked: Asked, arm: Arm) -> str:
        """Why the budget of the pull request has no room for this try, also where it was named; "" where it has."""
        pull, ladder = asked.opened.pull, asked.opened.ladder
        budget = ladder.terms.budget_usd if ladder else None
        if budget is None:
            return ""
        spent, cost = await self.spending.spent(pull.repository, pull.number or 0), arm.cost_usd or 0.0
        if spent < budget and spent + cost <= budget:
            return ""
        declared = f", and `{arm.name}` is declared at ${cost:.2f}" if cost else ""
        return f"${spent:.2f} of the ${budget:.2f} that `arms.budget_usd` allows were spent here{declared}"

    async def _try(self, asked: Asked, arm: Arm, why: str = "") -> Answer | Declined:
        over = await self.over_budget(asked, arm)
        if over:
            return Declined(over)
        tries = len(await self._dispatched(asked)) + 1
        task = Task("", asked.trigger.command, tries, asked.head_sha, _brief(asked))
        sent = await self.sender(asked.opened.place, asked.opened.pull, arm, task, asked.cause)
        if isinstance(sent, Unsent):
            return moved(asked) if sent.moved else Declined(sent.why)
        had = await self.sender.dispatches.of_command(asked.trigger.command)
        return Declined("what was sent is not kept") if had is None else await self._sent(asked, had, why)

    async def _begun(self, asked: Asked, sent: Dispatched) -> Answer:
        """What was sent before a kill; why is told where the arm was chosen then, as it is chosen now."""
        chosen = "" if asked.words else await self.choices.asked(asked.opened, asked.trigger.at)
        told = chosen.why if not isinstance(chosen, str) and chosen.arm.name == sent.name else ""
        return await self._sent(asked, sent, told)

    async def _sent(self, asked: Asked, sent: Dispatched, why: str = "") -> Answer:
        before = [name for name in await self._tried(asked) if name != sent.name]
        ladder = asked.opened.ladder
        arm = ladder.named(sent.name) if ladder else None
        cost = f", declared at {arm.cost_usd:.2f} US dollars" if arm and arm.cost_usd is not None else ""
        how = way_of(sent, asked.opened.pull.base_ref)
        said = f"`{sent.name}` tries{cost}: {how}" + (f"; {why}" if why else "")
        was = f"`{before[-1]}`" if before else "none"
        return Answer((), (), said, f"arm: {was}", f"arm: `{sent.name}`, {how.rpartition(', ')[2]}")

    # --- what failed -----------------------------------------------------------------------------------------

    async def _again(self, asked: Asked, aside: str) -> Answer | Declined:
        """Ask for each, whatever becomes of the others."""
        failed = await self.failures.of(asked.opened.place, asked.opened.pull, asked.trigger.at)
        why = f"nothing failed on `{asked.head_sha[:7]}` that can be run again"
        if not failed.each:
            return Declined(f"{why}; {aside or 'and no arm of an agent is to be tried'}")
        done, refused = _Told(), list[str]()
        for one in failed.each:
            (outcome,) = await self.writer.perform(asked.opened.place, (_action(asked, one),), asked.cause)
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


def _brief(asked: Asked) -> str:
    """What an agent is asked where a person has it try again: our own words alone."""
    pull, sha = asked.opened.pull.number, asked.head_sha
    return (
        f"Pull request #{pull} may not ship at commit `{sha}`. Its check run `maestro / decision` says why, and so "
        "does its card. Mend that with the smallest change that does, and leave the tests and the contract as strict "
        "as they are."
    )


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
        return Declined(FORK)
    (name,) = asked.words
    arm, near = ladder.named(name), ladder.nearest(name)
    meant = f"did you mean `{near}`?" if near else f"there are {_listed(ladder)}"
    return arm or Declined(f"the ladder has no arm of this name: {meant}")


def _listed(ladder: Ladder) -> str:
    return ", ".join(f"`{arm.name}`" for arm in ladder.arms)
