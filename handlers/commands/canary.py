"""`/maestro canary start` and `/maestro canary stop`: the experiment of the head that the card shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.model import Canary, KeptExperiment, Refusal, Verb
from checks.experiment import Reason
from handlers.canary import look
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.dispatching import unknown
from handlers.ports import Canaries, Experiments, Foreseen

START = Verb(
    name="canary start",
    usage="/maestro canary start [environment] [sha]",
    example="/maestro canary start canary 1a2b3c4",
    effect="Begins the experiment of the head: what is counted from now on decides whether the canary is promoted.",
    role="write",
    label="Start an experiment",
)
STOP = Verb(
    name="canary stop",
    usage="/maestro canary stop [environment] [sha]",
    example="/maestro canary stop",
    effect="Ends the experiment of the head without an answer: nothing is promoted, and it does not go on.",
    role="write",
    about="change",
    label="Stop the experiment",
)


@dataclass(frozen=True, slots=True)
class CanaryCommands:
    """Both ends of an experiment, as the API has them."""

    canaries: Canaries
    experiments: Experiments
    sources: Foreseen

    async def start(self, asked: Asked) -> Answer | Declined:
        """Begin it in the environment that is named, or in the only one; what began since the comment is it."""
        environment = unknown(asked, START.name, known=1) or await self._environment(asked)
        if isinstance(environment, Declined):
            return environment
        found = await self.canaries.found(asked.opened.place, asked.head_sha, environment)
        if isinstance(found, Refusal):
            return Declined(found.reason)
        canary, rules = found
        kept, fresh = await self.experiments.begin(canary, rules.experiment, asked.cause, rules.shadow)
        if not fresh and (kept.ended or kept.started < asked.trigger.at):
            where = f"the experiment of `{asked.head_sha[:7]}` in `{kept.canary.environment}`"
            return Declined(f"{where} has begun before, and is at `{kept.status}`: a commit has one")
        warnings = self.sources.warnings(rules.experiment.judged_by, canary.repository)
        said = f"the experiment of `{asked.head_sha[:7]}` in `{kept.canary.environment}` has begun"
        return Answer(tuple(warnings), (look(kept, asked.trigger),), said, after=f"experiment {kept.id}: {kept.status}")

    async def stop(self, asked: Asked) -> Answer | Declined:
        """End the one that runs, of several the one that is named."""
        refused = unknown(asked, STOP.name, known=1)
        if refused is not None:
            return refused
        of_head = await self.experiments.of(asked.trigger.repository, asked.head_sha)
        running = [kept for kept in of_head if not kept.ended or _stopped_since(kept, asked)]
        named = next(iter(asked.words), "")
        if named:
            running = [kept for kept in running if kept.canary.environment == named.lower()]
        if len(running) != 1:
            where = _listed([kept.canary.environment for kept in running])
            several = f"several run, in {where}: name one" if running else "none runs"
            return Declined(f"of `{asked.head_sha[:7]}`{f' in `{named}`' if named else ''} {several}")
        kept = await self.experiments.stop(running[0].id, Reason.STOPPED, asked.cause)
        then = (look(kept, asked.trigger),)
        if kept.reason == Reason.STOPPED:
            where = f"experiment {kept.id} in `{kept.canary.environment}`"
            return Answer((), then, f"{where} has ended without an answer", running[0].status, kept.status)
        return Declined(f"it had its answer before it could be stopped: `{kept.status}`", then)

    async def _environment(self, asked: Asked) -> str | Declined:
        if asked.words:
            return asked.words[0]
        pull = asked.opened.pull
        here = Canary(pull.repository, pull.head_sha, "", pull.base_ref, pull.number, asked.opened.place.installation)
        rules = await self.canaries.rules(here)
        if isinstance(rules, Refusal):
            return Declined(rules.reason)
        environments = rules.experiment.environments if rules else ()
        if not environments:
            return Declined(f"the configuration on `{pull.base_ref}` names no canary in `experiment.environments`")
        if len(environments) > 1:
            return Declined(f"name the environment: {_listed(environments)}")
        return environments[0]


def _stopped_since(kept: KeptExperiment, asked: Asked) -> bool:
    """Whether this very command stopped it, in a run that was killed."""
    return kept.reason == Reason.STOPPED and kept.changed >= asked.trigger.at


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
