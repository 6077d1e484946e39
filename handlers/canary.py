"""Where experiments come from, and what their rules are: deployments of canaries, and the base branch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import Done, KeptExperiment, Kind, Place, Refusal, Trigger
from checks.experiment import Reason
from handlers.deployment_status import SERVES
from handlers.ports import Canaries, Deployments, Experiments, Proposals


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The body of `Kind.CANARY`, and what follows where a base branch got new rules."""

    canaries: Canaries
    deployments: Deployments
    experiments: Experiments
    proposals: Proposals

    async def __call__(self, trigger: Trigger) -> Done:
        """Begin the experiment of a canary that serves, follow the one that runs to where it serves now, or end it; end
        all of a pull request that is given up.
        """
        if trigger.number is not None:
            return Done(await self._given_up(trigger, trigger.number))
        every = await self.experiments.of(trigger.repository, trigger.head_sha)
        here = next((kept for kept in every if kept.canary.environment == trigger.environment.lower()), None)
        if here is not None:
            return Done() if here.ended else Done(await self._followed(trigger, here))
        return Done(await self._begun(trigger)) if _serves(trigger) else Done()

    async def _begun(self, trigger: Trigger) -> tuple[Trigger, ...]:
        place = Place(trigger.repository, trigger.installation)
        found = await self.canaries.found(place, trigger.head_sha, trigger.environment)
        if isinstance(found, Refusal):
            return ()
        canary, rules = replace(found[0], deployment=trigger.deployment), found[1]
        begun, _ = await self.experiments.begin(canary, rules.experiment, trigger.cause, rules.shadow)
        return (look(begun, trigger),)

    async def _followed(self, trigger: Trigger, kept: KeptExperiment) -> tuple[Trigger, ...]:
        """Deployed once more, the newest deployment is the canary: what GitHub has now counts, whichever of the two
        told us first. A deployment that is gone ends its experiment where no other one serves.
        """
        place, own = Place(trigger.repository, trigger.installation), kept.canary.deployment
        serving = await self.deployments.serving(place, trigger.head_sha, trigger.environment)
        if serving is not None:
            if serving != own:
                await self.experiments.hand_over(kept.id, serving, trigger.cause)
            return ()
        if _serves(trigger) or own not in {None, trigger.deployment}:
            return ()
        await self.experiments.stop(kept.id, Reason.STOPPED, trigger.cause)
        return (look(kept, trigger),)

    async def _given_up(self, trigger: Trigger, number: int) -> tuple[Trigger, ...]:
        """Of pull request `number`, closed unmerged, nothing is promoted: what runs ends, at whichever of its heads."""
        now = await self.proposals.of(Place(trigger.repository, trigger.installation), number)
        if now is not None and (now.open or now.merged):
            return ()
        running = await self.experiments.running(trigger.repository)
        own = [kept for kept in running if kept.canary.number == number]
        for kept in own:
            await self.experiments.stop(kept.id, Reason.STOPPED, trigger.cause)
        return tuple(look(kept, trigger) for kept in own)

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


def _serves(trigger: Trigger) -> bool:
    return trigger.reason.endswith(f".{SERVES}")


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
