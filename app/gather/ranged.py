"""Many questions to one source, each answered with a value a step, or with a word on why not."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import aiohttp
import structlog

from app.gather.trouble import FORESEEN, in_words
from app.sources import Grid, Sources, filled, grid

AT_ONCE = 4  # questions to one source, whoever asks: it has other readers
LONGEST = 30.0  # seconds for all of them: what was not answered by then is trouble

log = structlog.get_logger(__name__)

Values = tuple[float | None, ...]
Open = tuple[tuple[str, str], ...]
"""What a query may leave open, as `app.sources.of_series` has it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and what stands for the names that it leaves open."""

    query: str
    values: Open = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A value for each step; or none, and the trouble why."""

    values: Values = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class RangeReader:
    """Reads `sources` through `session`. `now`: epoch seconds. `longest`: as LONGEST."""

    sources: Sources
    session: aiohttp.ClientSession
    now: Callable[[], float] = time.time
    longest: float = LONGEST
    seats: dict[str, asyncio.Semaphore] = field(default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE)))

    async def answers(
        self, repository: str, source: str, questions: Iterable[Question], at: Grid
    ) -> Mapping[Question, Answer]:
        """Each asked once in the name of `repository`; one that fails or hangs is no other's trouble."""
        tasks = {one: asyncio.create_task(self._answer(repository, source, one, at)) for one in set(questions)}
        late = Answer(trouble=f"no answer within {self.longest:g} s")
        try:
            await _done(tasks.values(), self.longest)
            found = {one: task.result() if task.done() else late for one, task in tasks.items()}
        finally:
            await _left(tasks.values())
        for question, answer in found.items():
            if answer.trouble:
                log.warning(
                    "series.trouble", source=source, repository=repository, query=question.query, trouble=answer.trouble
                )
        return found

    async def _answer(self, repository: str, source: str, question: Question, at: Grid) -> Answer:
        """Every failure is a word about the source, even one that nobody foresaw."""
        try:
            async with self.seats[source]:
                return Answer(await self._points(repository, source, question, at))
        except FORESEEN as error:
            return Answer(trouble=in_words(error))
        except Exception as error:
            log.exception("series.unforeseen", source=source, repository=repository)
            return Answer(trouble=in_words(error))

    async def _points(self, repository: str, source: str, question: Question, at: Grid) -> Values:
        """Steps whose figures may still be on their way have no value."""
        entry = self.sources.of(source, repository)
        complete = grid(at.start, min(at.end, self.now() - entry.lag_seconds), at.seconds)
        asked = filled(question.query, dict(question.values))
        known = await entry.ranged(self.session, repository).points(asked, complete)
        return known + (None,) * (at.count - len(known))


async def _done(tasks: Iterable[asyncio.Task[Answer]], longest: float) -> None:
    """Wait for all of them, as long as that."""
    every = set(tasks)
    if every:
        await asyncio.wait(every, timeout=longest)


async def _left(tasks: Iterable[asyncio.Task[Answer]]) -> None:
    """Nobody asks on."""
    every = list(tasks)
    for task in every:
        task.cancel()
    await asyncio.gather(*every, return_exceptions=True)
