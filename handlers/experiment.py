"""The life of guarded experiments: each is looked at by one timer, from its beginning to its answer.

Ticks wake nobody. The timer comes round, takes what was sent since or what the source of its figures has, and lets time
pass where nothing came. What it finds is put on the lane of the pull request, as any other news is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.model import Done, KeptExperiment, Kind, Later, Surface, Trigger
from checks import shadow
from checks.answer import HOLD, ROLLBACK, WAIT
from checks.experiment import Config, Reason, load, report, stage
from handlers.consequences import Consequences
from handlers.ports import Feeds, Watched

REST = 30.0  # seconds between two evaluations that only more evidence asks for
_UNREAD = 1.0  # until the next of many mirrored answers are compared
_DOUBTFUL = 10.0  # seconds until what is in doubt is looked for again
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Watch:
    """The body of `Kind.EXPERIMENT`. What was told of which is kept in memory: told twice, it changes nothing."""

    experiments: Watched
    feeds: Feeds
    consequences: Consequences
    now: Callable[[], float] = time.monotonic
    told: TTLCache[int, tuple[float, str, str]] = field(default_factory=lambda: TTLCache(10_000, _DAY))

    async def __call__(self, trigger: Trigger) -> Done | Later:
        """Move one on to now; again soon, until it has its answer."""
        kept = None if trigger.experiment is None else await self.experiments.get(trigger.experiment)
        if kept is None:
            return Done()
        await self._fed(kept)
        kept = await self.experiments.look(kept.id, trigger.cause)
        course = self.consequences.course(kept)
        if not kept.ended or course == WAIT:
            return Later(_pause(kept), self._news(kept))
        if not kept.acted or _overtaken(kept, course):
            outcome = await self.consequences(kept, course, trigger.cause)
            if not outcome:
                return Later(_DOUBTFUL, self._news(kept))
            await self.experiments.acted(kept.id, outcome, course)
        if kept.mirrored and kept.mirrored.behind:
            return Later(_pause(kept), self._news(kept) if kept.acted else _evaluation(kept))
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

    async def _fed(self, kept: KeptExperiment) -> None:
        """What its source has for it comes as if somebody had sent it."""
        figures = await self.feeds.due(kept)
        if figures is not None:
            await self.experiments.heard(kept.id, figures)

    def _news(self, kept: KeptExperiment) -> tuple[Trigger, ...]:
        """An evaluation, where status or source do otherwise, or the evidence does and the last one is a while ago."""
        moment, status, shown = self.told.get(kept.id, (-REST, "", ""))
        now, stands = _status(kept), _stands(kept)
        if (now, stands) == (status, shown) or (status == now and self.now() - moment < REST):
            return ()
        self.told[kept.id] = self.now(), now, stands
        return _evaluation(kept)


def _overtaken(kept: KeptExperiment, course: str) -> bool:
    """Was it left as it is, and a critical field is flagged since? Of one that was stopped the canary may be gone, and
    another serve in its place.
    """
    return kept.course == HOLD and course == ROLLBACK and kept.reason != Reason.STOPPED


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


def _status(kept: KeptExperiment) -> str:
    """What is told at once: of the gate, of its source, of the mirrored answers."""
    trouble = kept.feed.trouble if kept.feed else ""
    answers = shadow.load(kept.mirrored.told).status if kept.mirrored else ""
    return f"{kept.status} {trouble} {answers}"


def _stands(kept: KeptExperiment) -> str:
    gate = Config.model_validate_json(kept.rules).judged_by
    answers = shadow.stage(shadow.load(kept.mirrored.told)) if kept.mirrored else ""
    return f"{stage(report(load(kept.state, gate), gate))} {answers}"


def _pause(kept: KeptExperiment) -> float:
    if kept.mirrored and kept.mirrored.behind:
        return _UNREAD
    return Config.model_validate_json(kept.rules).judged_by.look_seconds
