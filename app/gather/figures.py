"""The figures of an experiment, read from the source that its rules name.

A source may be slow, and many experiments may ask it. So a look never waits for one: the reading goes on by itself,
and the look that finds it done takes what it brought. Nothing of it outlives the process: ticks that nobody took are
read again, and are the same ticks.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil, floor
from typing import Any

import aiohttp
import structlog
from cachetools import TTLCache

from app.gather.guard_counts import Guarding, GuardSlots
from app.gather.trouble import FORESEEN, in_words
from app.model import Figures, KeptExperiment
from app.sources import (
    NoSeries,
    Read,
    Source,
    SourceError,
    Sources,
    Window,
    check,
    filled_queries,
    missing,
    of_canary,
    read,
)
from checks.experiment import Config, Watched, load
from checks.experiment.reaction import too_late
from checks.held import Feed

MOST_TICKS = 120  # of one reading: after a longer absence the older ones could not be in time
AT_ONCE = 8  # readings of one source
LONGEST = 30.0  # seconds of one reading
GLANCE = 0.5  # seconds that a look stays with a reading: most are done by then
SELDOM = "its scrapes are too rare: more than two ticks lie between them"
_EDGE = 1e-6  # seconds: ticks are whole, and their ends are floats

log = structlog.get_logger(__name__)


_Asked = tuple[int, str]
"""An experiment and its rules: what was asked for under other ones is no answer."""


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads `sources` through `session`, and what Spec Cards saw from `guards`. `now`: epoch seconds."""

    sources: Sources
    session: aiohttp.ClientSession
    guards: GuardSlots
    now: Callable[[], float] = time.time
    begun: TTLCache[_Asked, asyncio.Task[Figures]] = field(default_factory=lambda: TTLCache(10_000, 20 * LONGEST))
    seats: dict[str, asyncio.Semaphore] = field(default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE)))

    async def due(self, kept: KeptExperiment) -> Figures | None:
        """What its source says of the ticks that are due; None where nothing is, or is not known yet."""
        reading = self.begun.get(_asked(kept)) or self._begin(kept)
        if reading is None:
            return None
        done, _ = await asyncio.wait({reading}, timeout=GLANCE)
        if not done:
            return None
        self.begun.pop(_asked(kept), None)
        return reading.result()

    async def close(self) -> None:
        """Leave what is being read: whoever comes next reads it again."""
        readings = list(self.begun.values())
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)
        self.begun.clear()

    def _begin(self, kept: KeptExperiment) -> asyncio.Task[Figures] | None:
        config = Config.model_validate_json(kept.rules).watched
        if config is None or kept.ended:
            return None
        lag = self._lag(config.source, kept.canary.repository)
        window = due(kept, config, lag or 0.0, self.now())
        if window is None:
            return None
        reading = asyncio.create_task(self._read(kept, config, lag, window))
        self.begun[_asked(kept)] = reading
        return reading

    def _lag(self, name: str, repository: str) -> float | None:
        try:
            return self.sources.of(name, repository).lag_seconds
        except SourceError:
            return None

    async def _read(self, kept: KeptExperiment, config: Watched, lag: float | None, window: Window) -> Figures:
        """Every failure is a word about the source, even one that nobody foresaw: whoever looks must look on."""
        ticks: tuple[dict[str, Any], ...] = ()
        trouble = ""
        try:
            async with self.seats[config.source], asyncio.timeout(LONGEST):
                counted = await self._counted(kept, config, window)
            ticks, trouble = counted.ticks, SELDOM if counted.too_seldom else ""
        except NoSeries as error:  # it answers: there are ticks, and nothing in them
            ticks, trouble = missing(config, window).ticks, in_words(error)
        except FORESEEN as error:
            trouble = in_words(error)
        except TimeoutError:
            trouble = f"no answer within {LONGEST:.0f} s"
        except Exception as error:
            log.exception("source.unforeseen", source=config.source, experiment=kept.id)
            trouble = in_words(error)
        own = tuple(tick for tick in ticks if tick["t"] - config.tick_seconds >= kept.started - _EDGE)
        return Figures(self._feed(kept, config.source, lag, trouble), own)

    async def _counted(self, kept: KeptExperiment, config: Watched, window: Window) -> Read:
        canary = kept.canary
        entry = self.sources.of(config.source, canary.repository)
        if late := too_late(config, entry.lag_seconds):
            raise SourceError(late)
        values = of_canary(canary.sha, canary.environment)
        asked = config.model_copy(update={"queries": filled_queries(config.queries, values)})
        source: Source = Guarding(entry.opened(self.session, canary.repository), self.guards, canary)
        check(source, asked)
        return await read(source, asked, replace(window, since=kept.started))

    def _feed(self, kept: KeptExperiment, source: str, lag: float | None, trouble: str) -> Feed:
        """The same trouble lasts since it began."""
        before = kept.feed
        if before and (before.source, before.trouble) == (source, trouble):
            return Feed(source, lag, trouble, before.since)
        if trouble or (before and before.trouble):
            log.warning("source.trouble", source=source, experiment=kept.id, trouble=trouble or "over")
        return Feed(source, lag, trouble, self.now() if trouble else None)


def _asked(kept: KeptExperiment) -> _Asked:
    return kept.id, kept.rules


def due(kept: KeptExperiment, config: Watched, lag: float, now: float) -> Window | None:
    """The ticks that are complete and can still count, if the last of them was not read yet.

    Ticks end at multiples of their length, whoever looks. Those that have not settled are read again with each new
    one: late figures count. Of a source that was not asked yet, the last tick there is, to see how it is.
    """
    seconds = config.tick_seconds
    if kept.feed is None or kept.feed.source != config.source:
        return Window((floor(now / seconds) - 1) * seconds, seconds, 1)
    newest = load(kept.state, config).newest
    last = floor((now - lag) / seconds + _EDGE)
    settled = max(now, newest or 0.0) - config.watermark_seconds
    first = max(floor(settled / seconds + _EDGE), ceil(kept.started / seconds - _EDGE), last - MOST_TICKS)
    if last <= first or (newest is not None and last * seconds <= newest + _EDGE):
        return None
    return Window(first * seconds, seconds, last - first)
