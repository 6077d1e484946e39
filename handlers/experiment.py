"""The life of guarded experiments: each is looked at by one timer, from its beginning to its answer.

Ticks wake nobody. The timer comes round, takes what came since, and lets time pass where nothing did. What it finds is
put on the lane of the pull request, as any other news is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.model import Done, KeptExperiment, Kind, Later, Surface, Trigger
from checks.experiment import Config, load, report, stage
from handlers.consequences import Consequences
from handlers.ports import Watched

REST = 30.0  # seconds between two evaluations that only more evidence asks for
_SOONEST, _LATEST = 1.0, 10.0  # seconds between two looks: a third of a tick, within these
_DOUBTFUL = 10.0  # seconds until what is in doubt is looked for again
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Watch:
    """The body of `Kind.EXPERIMENT`. What was told of which is kept in memory: told twice, it changes nothing."""

    experiments: Watched
    consequences: Consequences
    now: Callable[[], float] = time.monotonic
    told: TTLCache[int, tuple[float, str, str]] = field(default_factory=lambda: TTLCache(10_000, _DAY))

    async def __call__(self, trigger: Trigger) -> Done | Later:
        """Move one on to now; again soon, until it has its answer."""
        if trigger.experiment is None or await self.experiments.get(trigger.experiment) is None:
            return Done()
        kept = await self.experiments.look(trigger.experiment, trigger.cause)
        if not kept.ended:
            return Later(_pause(kept), self._news(kept))
        if not kept.acted:
            outcome = await self.consequences(kept, trigger.cause)
            if not outcome:
                return Later(_DOUBTFUL, self._news(kept))
            await self.experiments.acted(kept.id, outcome)
        return Done(_evaluation(kept))

    async def round(self) -> tuple[Trigger, ...]:
        """One look at each that is open, whatever became of its timer."""
        return tuple(
            Trigger(
                Kind.EXPERIMENT,
                kept.canary.repository,
                kept.canary.installation,
                experiment=kept.id,
                reason="experiments",
                surface=Surface.SCHEDULE,
            )
            for kept in await self.experiments.open()
        )

    def _news(self, kept: KeptExperiment) -> tuple[Trigger, ...]:
        """An evaluation, where the status is another, or the evidence is and the last one is a while ago."""
        moment, status, shown = self.told.get(kept.id, (-REST, "", ""))
        stands = _stands(kept)
        if stands == shown or (status == kept.status and self.now() - moment < REST):
            return ()
        self.told[kept.id] = self.now(), kept.status, stands
        return _evaluation(kept)


def _evaluation(kept: KeptExperiment) -> tuple[Trigger, ...]:
    """Of the pull request whose head the canary is; it brings no rules to where there are none."""
    canary = kept.canary
    if canary.number is None:
        return ()
    return (
        Trigger(
            Kind.EVALUATE,
            canary.repository,
            canary.installation,
            number=canary.number,
            head_sha=canary.sha,
            reason=f"experiment.{kept.status}",
            hearsay=True,
            surface=Surface.API,
        ),
    )


def _stands(kept: KeptExperiment) -> str:
    gate = Config.model_validate_json(kept.rules).judged_by
    return stage(report(load(kept.state, gate), gate))


def _pause(kept: KeptExperiment) -> float:
    gate = Config.model_validate_json(kept.rules).judged_by
    return min(max(gate.tick_seconds / 3, _SOONEST), _LATEST)
