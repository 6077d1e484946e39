"""The life of a study: begun by a deployment that serves, looked at by one timer until all has come that it is of.

What it finds is told at once where an outcome changes, else each quarter of an hour at most, and at its end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.model import CANARY_SIDE, Cause, Done, KeptStudy, Kind, Later, Refusal, Surface, Trigger
from checks.impact.block import Config
from checks.impact.panels import Panels
from checks.impact.panels import dump as dump_panels
from checks.impact.told import Told, dump
from handlers.study_ports import Interventions, Judge, Kept, SeriesReader

REST = 900.0  # seconds between two words that only newer figures ask for
FIRST = 5  # steps after the deployment at which it is looked at first
LATE = 2  # steps that the last points may be late
_GROWTH = 1.5  # by how much the time since the deployment grows from one look to the next
_KEPT = 90 * 86_400.0  # seconds: longer than any study goes on

_Word = tuple[float, tuple[tuple[str, str], ...], str]
"""When something was told of a study, the outcome of each metric then, and the digest of what was looked at."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The body of `Kind.DEPLOYED`. Told twice, a deployment has one study."""

    interventions: Interventions
    studies: Kept

    async def __call__(self, trigger: Trigger) -> Done:
        """Begin the study of what the deployment brought, if it brought a pull request."""
        found = await self.interventions.found(trigger)
        if isinstance(found, Refusal) or not found[0].pulls:
            return Done()
        one, rules = found
        until = one.at + rules.post_seconds
        first = next_look(rules, one.at, one.at)
        kept = await self.studies.begin(one, rules.model_dump_json(), until, first, trigger.cause)
        return Done((_look(kept, trigger.reason), *(shown(kept, trigger.cause) if one.side else ())))


@dataclass(frozen=True, slots=True)
class Studying:
    """The body of `Kind.STUDY`. What was told of which is kept in memory: told twice, it changes nothing.

    `now`: epoch seconds.
    """

    studies: Kept
    interventions: Interventions
    series: SeriesReader
    judge: Judge
    now: Callable[[], float] = time.time
    told: TTLCache[int, _Word] = field(default_factory=lambda: TTLCache(10_000, _KEPT))

    async def __call__(self, trigger: Trigger) -> Done | Later:
        """One look, if it is time for one; again later, until the last."""
        kept = None if trigger.study is None else await self.studies.get(trigger.study)
        if kept is None:
            return Done()
        if kept.done:  # whoever ended it may have been killed before it was told
            return Done(shown(kept, trigger.cause))
        now = self.now()
        if now < kept.look_at:
            return Later(kept.look_at - now)
        rules = Config.model_validate_json(kept.rules)
        (told, panels), done = await self._looked(kept, rules, now), now >= _end(rules, kept.intervention.at)
        after = next_look(rules, kept.intervention.at, now)
        await self.studies.draw(kept.id, dump_panels(panels))
        kept = await self.studies.tell(kept.id, dump(told), after, done, trigger.cause)
        news = self._news(kept, told, trigger.cause)
        return Done(news) if done else Later(max(after - self.now(), 0.0), news)

    async def round(self) -> tuple[Trigger, ...]:
        """A look at each that is due, whatever became of its timer."""
        return tuple(_look(kept, "studies", Surface.SCHEDULE) for kept in await self.studies.due())

    async def _looked(self, kept: KeptStudy, rules: Config, now: float) -> tuple[Told, Panels]:
        one = kept.intervention
        start, end = one.at - rules.pre_seconds, min(now, kept.until)
        observed, neighbours = await asyncio.gather(
            self.series.observed(one.repository, rules, one.environment, start, end, one.side, one.sha),
            self.interventions.neighbours(one, start, end),
        )
        return await asyncio.to_thread(self.judge, rules, observed, one.at, neighbours)

    def _news(self, kept: KeptStudy, told: Told, cause: Cause) -> tuple[Trigger, ...]:
        """Somebody is told, where an outcome is another one, or figures are and the last word is a while ago."""
        moment, outcomes, digest = self.told.get(kept.id, (-REST, (), ""))
        found = tuple((one.name, one.outcome.value) for one in told.metrics)
        fresh = told.digest != digest and (kept.done or self.now() - moment >= REST)
        if found == outcomes and not fresh:
            return ()
        self.told[kept.id] = self.now(), found, told.digest
        return shown(kept, cause)


def next_look(rules: Config, at: float, now: float) -> float:
    """When to look next at a deployment of `at`, all in epoch seconds: first when a few points can be there, then at
    growing intervals, and last when none comes any more.
    """
    first = at + FIRST * rules.step_seconds
    grown = at + (now - at) * _GROWTH if now >= first else first
    return min(max(grown, now + rules.step_seconds), _end(rules, at))


def shown(kept: KeptStudy, cause: Cause) -> tuple[Trigger, ...]:
    """What shows a study on each of its pull requests: of an open one an evaluation, which brings no rules to where
    there are none.
    """
    one = kept.intervention
    kind = Kind.EVALUATE if one.side == CANARY_SIDE else Kind.AFTER
    return tuple(
        Trigger(
            kind,
            one.repository,
            one.installation,
            number=number,
            head_sha=one.sha if kind is Kind.EVALUATE else "",
            reason=f"study.{cause.reason}",
            hearsay=True,
            who=cause.who,
            surface=cause.surface,
        )
        for number in one.pulls
    )


def _look(kept: KeptStudy, reason: str, surface: Surface = Surface.WEBHOOK) -> Trigger:
    one = kept.intervention
    return Trigger(Kind.STUDY, one.repository, one.installation, study=kept.id, reason=reason, surface=surface)


def _end(rules: Config, at: float) -> float:
    return at + rules.post_seconds + LATE * rules.step_seconds
