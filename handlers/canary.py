"""Where experiments come from, and what their rules are: deployments of canaries, and the base branch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import Done, KeptExperiment, Kind, Place, Refusal, Trigger
from checks.experiment import Reason
from handlers.deployment_status import SERVES
from handlers.ports import Canaries, Experiments


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The body of `Kind.CANARY`, and what follows where a base branch got new rules."""

    canaries: Canaries
    experiments: Experiments

    async def __call__(self, trigger: Trigger) -> Done:
        """Begin the experiment of a canary that serves; end that of one that no longer does."""
        every = await self.experiments.of(trigger.repository, trigger.head_sha)
        here = [kept for kept in every if kept.canary.environment == trigger.environment.lower()]
        if not trigger.reason.endswith(f".{SERVES}"):
            return Done(await self._gone(trigger, here))
        if any(kept.ended or kept.canary.deployment is not None for kept in here):
            return Done()  # an echo of our own word, or deployed once more: a commit has one experiment
        place = Place(trigger.repository, trigger.installation)
        found = await self.canaries.found(place, trigger.head_sha, trigger.environment)
        if isinstance(found, Refusal):
            return Done()
        canary, rules = replace(found[0], deployment=trigger.deployment), found[1]
        begun, _ = await self.experiments.begin(canary, rules.experiment, trigger.cause, rules.shadow)
        return Done((look(begun, trigger),))

    async def ruled(self, trigger: Trigger) -> tuple[Trigger, ...]:
        """The base branch of `trigger` may have other rules now: what runs under them goes by them, or ends.

        Rules that cannot be read change nothing.
        """
        followed = []
        for kept in await self.experiments.running(trigger.repository, trigger.base_ref):
            rules = await self.canaries.rules(kept.canary)
            if isinstance(rules, Refusal):
                continue
            if rules is None:
                await self.experiments.stop(kept.id, Reason.CONFIG, trigger.cause)
            elif rules.experiment.kill_switch or not rules.experiment.canary(kept.canary.environment):
                await self.experiments.stop(kept.id, Reason.STOPPED, trigger.cause)
            else:
                await self.experiments.rule(kept.id, rules.experiment, trigger.cause, rules.shadow)
            followed.append(look(kept, trigger))
        return tuple(followed)

    async def _gone(self, trigger: Trigger, here: list[KeptExperiment]) -> tuple[Trigger, ...]:
        running = [kept for kept in here if not kept.ended and kept.canary.deployment in {None, trigger.deployment}]
        for kept in running:
            await self.experiments.stop(kept.id, Reason.STOPPED, trigger.cause)
        return tuple(look(kept, trigger) for kept in running)


def look(kept: KeptExperiment, trigger: Trigger) -> Trigger:
    """The timer of `kept` comes round at once, because of `trigger`."""
    canary, asked = kept.canary, trigger.cause
    return Trigger(
        Kind.EXPERIMENT,
        canary.repository,
        trigger.installation or canary.installation,
        experiment=kept.id,
        reason=trigger.reason,
        who=asked.who,
        surface=asked.surface,
    )
