"""The days of a watched module, counted from the source that its rules name: a batch a day, as if it had been sent."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import aiohttp
import msgspec
import structlog
from cachetools import TTLCache

from app.gather.trouble import FORESEEN, in_words
from app.model import Pulled, SentBatch
from app.sources import BadAnswer, Counts, Sources
from app.store.drift import MOST_ROWS
from app.store.fed import digest_of
from checks.drift import NameSketch
from checks.drift.block import Feature, Module
from checks.drift.counted import CountError, of_buckets, of_names

AT_ONCE = 4  # questions to one source, whichever module asks: it has other readers
LONGEST = 30.0  # seconds of one reading; those that are left are asked for in an hour
GLANCE = 0.5  # seconds that a look stays with a reading: most are done by then
EMPTY = 3  # days in a row of which nothing is known: nobody looks further back
BUCKET = "le"  # the label by which a histogram tells its buckets

log = structlog.get_logger(__name__)

_Asked = tuple[str, str, tuple[int, ...]]
"""A repository, the rules of a module, and days: what was asked for under other ones is no answer."""


@dataclass(frozen=True, slots=True)
class PulledDays:
    """Reads `sources` through `session`. `now`: epoch seconds. `longest`, `glance`: as LONGEST, GLANCE."""

    sources: Sources
    session: aiohttp.ClientSession
    now: Callable[[], float] = time.time
    longest: float = LONGEST
    glance: float = GLANCE
    begun: TTLCache[_Asked, asyncio.Task[Pulled]] = field(default_factory=lambda: TTLCache(10_000, 20 * LONGEST))
    seats: dict[str, asyncio.Semaphore] = field(default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE)))

    async def of(self, repository: str, rules: Module, days: Sequence[int]) -> Pulled | None:
        """Those of `days`, the newest first, that are complete and of which anything is known, up to the first trouble.
        No source makes it raise. None while it is read on: ask again for the same.
        """
        asked = (repository, rules.model_dump_json(), tuple(days))
        reading = self.begun.get(asked) or asyncio.create_task(self._read(repository, rules, days))
        self.begun[asked] = reading
        done, _ = await asyncio.wait({reading}, timeout=self.glance)
        if not done:
            return None
        self.begun.pop(asked, None)
        return reading.result()

    async def close(self) -> None:
        """Leave what is being read: whoever comes next reads it again."""
        readings = list(self.begun.values())
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)
        self.begun.clear()

    async def _read(self, repository: str, rules: Module, days: Sequence[int]) -> Pulled:
        """Every failure is a word about the source, even one that nobody foresaw: whoever looks must look on."""
        found: list[SentBatch] = []
        trouble = ""
        try:
            async with asyncio.timeout(self.longest):
                async for batch in self._each(repository, rules, days):
                    found.append(batch)
        except TimeoutError:
            trouble = f"no answer within {self.longest:g} s"
        except FORESEEN as error:
            trouble = in_words(error)
        except Exception as error:
            log.exception("drift.unforeseen", source=rules.source, repository=repository, module=rules.name)
            trouble = in_words(error)
        told = trouble or _nothing(found)
        if told:
            log.warning("drift.trouble", source=rules.source, repository=repository, module=rules.name, trouble=told)
        return Pulled(tuple(one for one in found if one.features), told and f"the source {rules.source}: {told}")

    async def _each(self, repository: str, rules: Module, days: Sequence[int]) -> AsyncIterator[SentBatch]:
        """A batch for each day; without features where nothing is known of it."""
        entry, empty = self.sources.of(rules.source, repository), 0
        counts = entry.counting(self.session, repository)
        for day in (day for day in days if _end(day) + entry.lag_seconds <= self.now()):
            features = await self._features(counts, rules, day)
            yield _batch(day, features)
            empty = 0 if features else empty + 1
            if empty == EMPTY:
                return

    async def _features(self, counts: Counts, rules: Module, day: int) -> Mapping[str, NameSketch]:
        """All that have a series. One that fails is the trouble of the day: half a day would be kept as a whole one."""
        asked = [self._sketch(counts, rules.source, feature, day) for feature in rules.features]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        named = zip(rules.features, answers, strict=True)
        return {feature.name: sketch for feature, sketch in named if isinstance(sketch, NameSketch)}

    async def _sketch(self, counts: Counts, source: str, feature: Feature, day: int) -> NameSketch | None:
        """None where there is no such series on that day."""
        async with self.seats[source]:
            counted = await counts.by(feature.by, feature.counts, _end(day))
        try:
            sketch = of_buckets(counted) if feature.by == BUCKET and counted else of_names(counted)
        except CountError as error:
            raise BadAnswer(f"{feature.name}: {error}") from None
        if sketch.rows > MOST_ROWS:
            raise BadAnswer(f"{feature.name}: more than {MOST_ROWS:,} rows in a day")
        return sketch if counted else None


def _nothing(found: Sequence[SentBatch]) -> str:
    """The trouble of the newest day, where nothing is known of it."""
    if not found or found[0].features:
        return ""
    return f"no series of {date.fromordinal(found[0].day).isoformat()}"


def _end(day: int) -> int:
    """Where it ends, epoch seconds."""
    return int(datetime.combine(date.fromordinal(day + 1), datetime.min.time(), UTC).timestamp())


def _batch(day: int, features: Mapping[str, NameSketch]) -> SentBatch:
    said = msgspec.json.encode(features, order="sorted").decode()
    return SentBatch(f"pull:{date.fromordinal(day).isoformat()}", day, digest_of(said), features)
