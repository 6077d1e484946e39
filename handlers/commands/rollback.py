"""`/maestro rollback`: a change is taken back by hand, wherever it came to serve, and out of its base branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.model import (
    Canary,
    Cause,
    DispatchWorkflow,
    KeptExperiment,
    Landed,
    Performed,
    Place,
    Refusal,
    Serving,
    SetDeploymentStatus,
    Stop,
    Stopped,
    Verb,
)
from checks.answer import ROLLBACK
from checks.experiment import Config
from checks.experiment.aftermath import REVERT, UNDER_WAY, left
from checks.held import BY_HAND
from handlers.canary import look
from handlers.commands.asked import Answer, Asked, Declined
from handlers.consequences import Consequences, became
from handlers.ports import Writer
from handlers.reverting import Reverting
from handlers.rollback_ports import Served, Trials

VERB = Verb(
    name="rollback",
    usage="/maestro rollback <sha>",
    example="/maestro rollback 1a2b3c4",
    effect="Takes the change back: its canary, its deployments and, once it is merged, by a revert that it proposes.",
    role="maintain",
    destructive=True,
    about="change",
    label="Roll back",
)

TITLE = "Rolled back by hand"
_BACK = "rolled back"
_SERVES_STILL = "not marked, for the workflow that takes it back did not run"


@dataclass(frozen=True, slots=True)
class Part:
    """One place where the change served: how it stood before, how it stands now, and what became of what was asked for.

    `owed`: an experiment whose consequences are looked for again.
    """

    where: str
    before: str
    after: str
    done: str
    owed: KeptExperiment | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a workflow is to run, of which commit, and what a run of it is known again by."""

    environment: str
    sha: str
    known_by: str


@dataclass(frozen=True, slots=True)
class Run:
    """A workflow that was asked for, and what became of that. `refused`: nothing puts back what served."""

    known_by: str
    said: str
    refused: bool


@dataclass(frozen=True, slots=True)
class RollbackCommand:
    """Each effect is had once, whatever is killed in between and however often somebody asks; each is tried alone."""

    trials: Trials
    served: Served
    consequences: Consequences
    reverting: Reverting
    writer: Writer

    async def __call__(self, asked: Asked) -> Answer | Declined:
        """The canaries first, then whatever puts back what served before, then words on deployments, then the base."""
        pull, place = asked.opened.pull, _place(asked)
        asked = replace(asked, cause=replace(asked.cause, number=pull.number))
        kept = [one for sha in asked.commits for one in await self.trials.of(pull.repository, sha)]
        found = await self.served.of(place, asked.commits)
        serving = [] if isinstance(found, Refusal) else [one for one in found if _wanted(one, asked, kept)]
        landed = await self._landed(asked)
        if not kept and not serving and landed is None:
            return Declined(_nothing(asked, found))
        parts = [await self._canary(one, asked.cause) for one in kept]
        runs = [await self._ran(target, deed, asked) for target, deed in _workflows(asked, kept, serving)]
        refused = {run.known_by for run in runs if run.refused}
        for one in serving:
            if _of_deployment(one) in refused:
                parts.append(Part(f"`{one.environment}`", one.state, one.state, _SERVES_STILL))
            elif not _tried(one, kept):
                parts.append(await self._deployment(one, asked))
        said = [run.said for run in runs] or list(_no_run(asked, kept))
        done = [*said, *(f"{part.where}: {part.done}" for part in parts)]
        if isinstance(found, Refusal):
            done.append(found.reason)
        if landed is not None:
            done += await self._reverted(landed, asked, parts)
        return _answer(asked, parts, done, whole=not refused and not any(map(_fell_short, parts)))

    async def _reverted(self, landed: Landed, asked: Asked, parts: Sequence[Part]) -> Sequence[str]:
        """One that an experiment proposed is not proposed twice; what became of it since is told."""
        if any(part.owed for part in parts):
            return ()
        if any(REVERT in part.done for part in parts):
            since = await self.reverting.closed(_place(asked), landed, asked.cause)
            return (since,) if since else ()
        if not asked.opened.undoing.revert:
            return ()
        return (await self.reverting.by_hand(_place(asked), landed, asked.trigger.at, asked.cause),)

    async def _landed(self, asked: Asked) -> Landed | None:
        pull = asked.opened.pull
        if pull.open or asked.older:
            return None
        tried = Canary(pull.repository, pull.head_sha, "", pull.base_ref, pull.number)
        return await self.reverting.landed(_place(asked), tried)

    async def _canary(self, kept: KeptExperiment, cause: Cause) -> Part:
        """One that its gate has rolled back is so already, and its own timer sees to that; what was not done of it is
        tried again. Where a run is in doubt, the timer looks for it.
        """
        before = _BACK if kept.course in {BY_HAND, ROLLBACK} else kept.status
        course = self.consequences.course(kept)
        if not kept.ended or course != ROLLBACK:
            kept, course = await self.trials.take_back(kept.id, cause), BY_HAND
        done = kept.acted
        if done == UNDER_WAY or left(done):
            done = await self.consequences(kept, course, cause)
            await self.trials.acted(kept.id, done, course)
        where = f"`{kept.canary.environment}`"
        return Part(where, before, _BACK, done or "it is being taken back", None if done else kept)

    async def _deployment(self, one: Serving, asked: Asked) -> Part:
        said = SetDeploymentStatus(one.id, "failure", TITLE, one.sha, occasion="rollback", environment=one.environment)
        (outcome,) = await self.writer.perform(_place(asked), (said,), asked.cause)
        after = "failure" if isinstance(outcome, Performed) else one.state
        return Part(f"`{one.environment}`", one.state, after, f"deployment status failure: {became(outcome)}")

    async def _ran(self, target: Target, run: DispatchWorkflow, asked: Asked) -> Run:
        (outcome,) = await self.writer.perform(_place(asked), (run,), asked.cause)
        said = f"workflow {run.workflow} for `{target.environment}`: {became(outcome)}"
        return Run(target.known_by, said, isinstance(outcome, Stopped) and outcome.why is Stop.REFUSED)


def _place(asked: Asked) -> Place:
    """Without the pull request: a rollback is not dropped because that has moved on. The log has it from the cause."""
    return replace(asked.opened.place, number=None)


def _wanted(one: Serving, asked: Asked, kept: Sequence[KeptExperiment]) -> bool:
    """Where the rules say, or where the change was a canary: that goes wherever they say."""
    named = {name.casefold() for name in asked.opened.undoing.environments}
    return not named or one.environment.casefold() in named | {trial.canary.environment.casefold() for trial in kept}


def _tried(one: Serving, kept: Sequence[KeptExperiment]) -> bool:
    """Is it what an experiment speaks of, and has its consequences for?"""
    return any(one.id == trial.canary.deployment for trial in kept)


def _nothing(asked: Asked, found: object) -> str:
    if isinstance(found, Refusal):
        return f"whether there is anything to roll back is not known: {found.reason}"
    head, named = asked.head_sha[:7], asked.opened.undoing.environments
    where = f" to {', '.join(f'`{name}`' for name in named)}" if named else ""
    return (
        f"there is nothing to roll back: of `{head}` there is no canary and no deployment{where}, and it is not merged"
    )


def _of_deployment(one: Serving) -> str:
    """What the run that takes it back is known again by."""
    return f"deployment {one.id}"


def _fell_short(part: Part) -> bool:
    """Was anything asked for in vain? What is looked for again is not given up."""
    return part.owed is None and bool(left(part.done))


def _workflows(
    asked: Asked, kept: Sequence[KeptExperiment], serving: Sequence[Serving]
) -> Iterator[tuple[Target, DispatchWorkflow]]:
    """One run for each place, but for what an experiment has its own workflow run for."""
    for target in _targets(asked, kept, serving):
        workflow = _own_workflow(target, kept) or asked.opened.undoing.workflow
        if workflow:
            inputs = (("environment", target.environment), ("sha", target.sha))
            key = f"rollback {target.known_by}"
            yield target, DispatchWorkflow(workflow, asked.opened.pull.base_ref, inputs, key, target.sha)


def _targets(asked: Asked, kept: Sequence[KeptExperiment], serving: Sequence[Serving]) -> Sequence[Target]:
    """Where a workflow is to run. What was deployed once more after its experiment had ended has no run by that one."""
    own = {one.id for one in kept if _workflow_of(one)}
    covered = [one for one in kept if one.id in own]
    found = [Target(one.environment, one.sha, _of_deployment(one)) for one in serving if not _tried(one, covered)]
    known = {one.environment.casefold() for one in serving}
    found += [
        Target(one.canary.environment, one.canary.sha, f"experiment {one.id}")
        for one in kept
        if one.id not in own and one.canary.environment.casefold() not in known
    ]
    if not found and not own:  # GitHub knows of no deployment, and the workflow may
        sha = asked.commits[-1]
        found = [Target(name, sha, f"{sha} {name}") for name in asked.opened.undoing.environments]
    return found


def _no_run(asked: Asked, kept: Sequence[KeptExperiment]) -> Iterator[str]:
    """Why the workflow did not run: what it is to take back, and where, nobody can tell it."""
    if asked.opened.undoing.workflow and not kept:
        why = "GitHub shows no deployment of the change, and `rollback.environments` names none"
        yield f"workflow {asked.opened.undoing.workflow}: not run, {why}"


def _own_workflow(target: Target, kept: Sequence[KeptExperiment]) -> str:
    """That of the experiment which tried the same there, if it has one."""
    here = [one for one in kept if one.canary.environment.casefold() == target.environment.casefold()]
    of_it = [one for one in here if one.canary.sha == target.sha] or here
    return next(filter(None, map(_workflow_of, of_it)), "")


def _workflow_of(kept: KeptExperiment) -> str:
    return Config.model_validate_json(kept.rules).rollback.workflow


def _answer(asked: Asked, parts: Sequence[Part], done: Sequence[str], *, whole: bool) -> Answer:
    before = "; ".join(f"{part.where}: {part.before or 'deployed'}" for part in parts)
    after = "; ".join(f"{part.where}: {part.after or 'deployed'}" for part in parts)
    again = whole and bool(before) and before == after
    notes = ["it was rolled back before; this is how that stands now", *done] if again else done
    looks = tuple(look(part.owed, asked.trigger) for part in parts if part.owed)
    return Answer(
        tuple(notes),
        looks,
        f"{'rolled back before: ' if again else ''}{'; '.join(done)}",
        before,
        after,
        whole=whole,
    )
