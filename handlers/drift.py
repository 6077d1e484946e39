"""The life of a watched module: its reference is frozen, each day that is over is compared, and what follows is done.

Batches of a day wake a look every ten minutes at most, and each hour there is one of its own. It fetches what no batch
brings, reads what came, says
what each day says, and takes that down unless something came meanwhile that bears on it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.model import (
    Cause,
    Done,
    KeptDay,
    KeptModule,
    KeptReference,
    KeptStep,
    Kind,
    Later,
    Place,
    Refusal,
    Surface,
    Trigger,
)
from checks.drift import Reference, Sketch, Watch, WatchError, begin, dump_watch, load_watch
from checks.drift.alarm import BLIND_DAYS, Course, after, dump, load
from checks.drift.block import Module
from checks.drift.days import LATEST, POOLED, NotFull, frozen, held, opening, told
from checks.drift.silence import silence, with_trouble
from checks.drift.told import Told, written
from checks.drift.told import dump as dump_told
from checks.drift.told import load as load_told
from handlers.drift_ports import Drifts, Modules
from handlers.pulling import Pulling
from handlers.stabilising import Stabilising

_GRACE = 3_600.0  # seconds after midnight, UTC, before a day is over: its last batches are on their way
_READING = 15.0  # seconds until a look is taken anew whose source is slow: nobody else waits for it
_OVERTAKEN = 1.0  # seconds until a look is taken anew that something came in between of


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """The body of `Kind.DRIFT`."""

    modules: Modules
    drifts: Drifts
    pulling: Pulling
    stabilising: Stabilising
    now: Callable[[], float] = time.time

    async def __call__(self, trigger: Trigger) -> Done | Later:
        """Move one on to now; again where something came meanwhile. Whoever else is told follows."""
        kept = await self.drifts.get(trigger.repository, trigger.module)
        if kept is None:
            return Done()
        place = Place(kept.repository, trigger.installation or kept.installation)
        rules = await self._rules(place, kept)
        if rules is None:
            return Done(await self._ended(place, kept, trigger.cause))
        trouble = await self.pulling(kept, rules, self._today())
        if trouble is None:
            return Later(_READING)
        kept = await self._again(kept)
        kept, reference, learning = await self._referred(kept, rules, trigger.cause)
        before = load(kept.course)
        made, newest = await self._compared(kept, rules, reference)
        silent = silence(rules, kept.since, kept.heard, self.now(), trouble)
        course = after(before, newest, silent, with_trouble(learning, trouble))
        said = _news(kept, course) if course.word != before.word else ""
        if not await self.drifts.looked(kept, made, dump(course), said, trigger.cause):
            return Later(_OVERTAKEN)
        window = None if reference is None else (reference.first, reference.last)
        acted = await self.stabilising(place, rules, course, window, trigger.cause)
        await self.drifts.acted(kept.id, dump(acted), dump(course))
        return Done(_told_to_all(place, before, course))

    async def round(self) -> tuple[Trigger, ...]:
        """One look at each that is watched, or whose alarm is still up."""
        every = [one for one in await self.drifts.every() if one.rules or load(one.course).alarm]
        return tuple(_look(one.repository, one.installation, one.name, Surface.SCHEDULE) for one in every)

    async def ruled(self, trigger: Trigger) -> tuple[Trigger, ...]:
        """The default branch of the trigger's repository may have other rules now: its modules go by them."""
        if not trigger.base_ref:
            return ()
        config = await self.modules.of(Place(trigger.repository, trigger.installation))
        if isinstance(config, Refusal):
            return ()
        rules = {one.name: one.model_dump_json() for one in config.modules} if config else {}
        await self.drifts.rule(trigger.repository, rules, trigger.installation)
        return tuple(_look(trigger.repository, trigger.installation, name, trigger.surface) for name in rules)

    # --- what it goes by -----------------------------------------------------------------------------------------

    async def _rules(self, place: Place, kept: KeptModule) -> Module | None:
        """Its rules as they are now; None where nobody watches it any more. What cannot be read changes nothing."""
        config = await self.modules.of(place)
        if isinstance(config, Refusal):
            return Module.model_validate_json(kept.rules) if kept.rules else None
        rules = config.named(kept.name) if config else None
        text = rules.model_dump_json() if rules else ""
        if text != kept.rules:
            await self.drifts.note(kept.repository, kept.name, text)
        return rules

    async def _ended(self, place: Place, kept: KeptModule, cause: Cause) -> tuple[Trigger, ...]:
        """Whatever was up about it is taken down."""
        before = load(kept.course)
        course = after(before, (), None, "it is watched no more")
        if before.alarm or before.acted.said:
            acted = await self.stabilising(place, Module(name=kept.name), course, None, cause)
            await self.drifts.acted(kept.id, dump(acted), kept.course)
        return ()

    async def _again(self, kept: KeptModule) -> KeptModule:
        """As it is stored now."""
        again = await self.drifts.get(kept.repository, kept.name)
        assert again is not None, "modules are never deleted"
        return again

    async def _referred(
        self, kept: KeptModule, rules: Module, cause: Cause
    ) -> tuple[KeptModule, KeptReference | None, str]:
        """The module with the reference that counts, which is frozen now where it can be; or why there is none."""
        there = await self.drifts.reference(kept)
        if there is not None and there.rules == rules.compared_by:
            return kept, there, ""
        days = _features(await self.drifts.days(kept.id))
        try:
            first, last = _window(there, rules) or opening(rules, days, self._today())
            made = await asyncio.to_thread(frozen, rules, days, first, last)
        except NotFull as error:
            return kept, there, "" if there else str(error)
        chosen = held(made)
        new = KeptReference(kept.version + 1, rules.compared_by, chosen[0], chosen[-1], made.dump(), self.now())
        await self.drifts.freeze(kept, new, cause)
        again = await self._again(kept)
        return again, await self.drifts.reference(again), ""

    # --- what its days say ---------------------------------------------------------------------------------------

    async def _compared(
        self, kept: KeptModule, rules: Module, reference: KeptReference | None
    ) -> tuple[Sequence[KeptStep], Sequence[Told]]:
        """A step for each day that is over and was not compared yet; and what the last days say, those among them."""
        if reference is None:
            return (), ()
        known = await self.drifts.newest(kept, BLIND_DAYS)
        span = range(max(kept.closed + 1, self._today() - LATEST), self._today())
        made: Sequence[KeptStep] = ()
        if any(one.day in span for one in await self.drifts.traffic(kept.id, span.start)):
            days = _features(await self.drifts.days(kept.id, span.start - POOLED))
            made = await asyncio.to_thread(_steps, rules, reference, known, days, span)
        return made, [load_told(step.told) for step in [*known, *made][-BLIND_DAYS:]]

    def _today(self) -> int:
        """The day that is not over yet."""
        return datetime.fromtimestamp(self.now() - _GRACE, UTC).date().toordinal()


def _steps(
    rules: Module,
    reference: KeptReference,
    known: Sequence[KeptStep],
    days: Mapping[int, Mapping[str, Sketch]],
    span: range,
) -> list[KeptStep]:
    read = Reference.load(reference.body)
    every = told(rules, read, _resumed(known, read), days, span)
    return [KeptStep(said.day, dump_watch(now), dump_told(said)) for now, said in every]


def _resumed(known: Sequence[KeptStep], reference: Reference) -> Watch:
    """The watch as the last day left it. Of one that another version wrote the evidence begins anew."""
    try:
        return load_watch(known[-1].watch, reference) if known else begin(reference)
    except WatchError:
        return begin(reference)


def _news(kept: KeptModule, course: Course) -> str:
    """What the log says of another state."""
    since = written(course.since)
    return f"{kept.name}: {course.state} since {since}" if since else f"{kept.name}: {course.state}"


def _window(there: KeptReference | None, rules: Module) -> tuple[int, int] | None:
    """The days of the reference so far, where the rules ask for no others: only how they are cut up changed."""
    if there is None or json.loads(there.rules)["reference"] != rules.reference.model_dump(mode="json"):
        return None
    return there.first, there.last


def _features(days: Mapping[int, KeptDay]) -> dict[int, Mapping[str, Sketch]]:
    return {day: kept.features for day, kept in days.items()}


def _told_to_all(place: Place, before: Course, course: Course) -> tuple[Trigger, ...]:
    """Pull requests show how a module stands: they are judged anew where it stands otherwise."""
    if before.word == course.word:
        return ()
    reason = f"drift.{course.state}"
    return (Trigger(Kind.SWEEP, place.repository, place.installation, reason=reason, hearsay=True),)


def _look(repository: str, installation: int | None, name: str, surface: Surface) -> Trigger:
    return Trigger(Kind.DRIFT, repository, installation, module=name, reason="drift", surface=surface)
