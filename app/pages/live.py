"""News for the pages that are open: one look at the database for all of them once it changes, none where none is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from app.store import away
from app.store.news import Edition

PACE = 0.1  # seconds between two questions whether anything changed
MOST = 500  # streams of this process
_PATIENCE = 2.0  # seconds for a look that was begun when the process is to end

Editions = Callable[[Collection[Any]], Awaitable[Mapping[Any, Edition]]]
"""The editions of those of the keys that there are; what a key is, each kind of pages knows."""
Beat = Callable[[], Awaitable[object]]
"""A word that changes whenever there may be another edition of anything."""


async def restless() -> object:
    """The beat of what cannot be asked: there may always be news."""
    return object()


class Crowded(Exception):
    """As many pages are open as one process follows."""


@dataclass(slots=True)
class _Topic:
    """One page that is looked at: its newest edition, and who waits for another."""

    edition: Edition | None = None
    watchers: set[asyncio.Event] = field(default_factory=set)

    def wake(self) -> None:
        for woken in self.watchers:
            woken.set()


@dataclass(frozen=True, slots=True)
class Watch:
    """One page that is open."""

    live: Live
    topic: _Topic
    woken: asyncio.Event

    async def newer(self, seen: str, patience: float) -> Edition | None:
        """An edition other than the one `seen`, as soon as there is one, or the last; None after `patience` seconds,
        and when the process ends.
        """
        try:
            async with asyncio.timeout(patience):
                while not self.live.closed:
                    edition = self.topic.edition
                    if edition is not None and (edition.last or edition.word != seen):
                        return edition
                    self.woken.clear()
                    await self.woken.wait()
        except TimeoutError:
            pass
        return None


@dataclass(slots=True)
class Live:
    """Asks `beat` every `pace` seconds, and where it changed `editions`, for what is new of whatever is watched; at
    most `most` pages watch.
    """

    editions: Editions
    beat: Beat = restless
    pace: float = PACE
    most: int = MOST
    _topics: dict[Hashable, _Topic] = field(default_factory=dict)
    _due: bool = False  # whether somebody watches who was told nothing yet
    _looking: asyncio.Task[None] | None = None
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def watching(self, key: Hashable) -> Iterator[Watch]:
        """A place among those who are told. Raises Crowded."""
        if sum(len(topic.watchers) for topic in self._topics.values()) >= self.most:
            raise Crowded
        topic, woken = self._topics.setdefault(key, _Topic()), asyncio.Event()
        topic.watchers.add(woken)
        self._due = True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield Watch(self, topic, woken)
        finally:
            topic.watchers.discard(woken)
            if not topic.watchers:
                self._topics.pop(key, None)

    async def close(self, _app: web.Application) -> None:
        """The process is about to end, and every stream with it; a look that was begun may end before that."""
        self._ending.set()
        for topic in self._topics.values():
            topic.wake()
        if self._looking is not None:
            await asyncio.wait({self._looking}, timeout=_PATIENCE)
            self._looking.cancel()

    @property
    def closed(self) -> bool:
        return self._ending.is_set()

    async def _look(self) -> None:
        heard: object = None
        while self._topics and not self.closed:
            try:
                heard = await self._heard(heard)
            except (SQLAlchemyError, OSError) as error:
                self._due = True
                away.say("live.database", error)
            await self._rest()

    async def _heard(self, before: object) -> object:
        """The beat; it is asked for first, so that what changes while the editions are read makes it beat again."""
        beat = await self.beat()
        if beat != before or self._due:
            self._due = False
            self._tell(await self.editions(tuple(self._topics)))
        return beat

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.pace):
                await self._ending.wait()

    def _tell(self, editions: Mapping[Any, Edition]) -> None:
        for key, edition in editions.items():
            topic = self._topics.get(key)
            if topic is not None and topic.edition != edition:
                topic.edition = edition
                topic.wake()
