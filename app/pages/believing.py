"""Answers that are believed for a while, asked for once however many wait; a failure is believed for less."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeAlias, TypeVar

from cachetools import TLRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT = 60.0  # seconds that an answer of GitHub is believed, for reading
FAILED = 10.0  # seconds for which nobody is asked again where there was no answer
_MOST = 10_000  # answers


class NoAnswer(Exception):
    """What was asked could not be told: that is neither a yes nor a no."""


_Told: TypeAlias = V | NoAnswer


class Belief(Generic[K, V]):
    """What `ask` says of each key. `now`: seconds that never run back."""

    def __init__(self, ask: Callable[[K], Awaitable[V]], now: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._known: TLRUCache[K, tuple[_Told[V], float]] = TLRUCache(
            _MOST, lambda _, told, at: at + told[1], timer=now
        )
        self._asking: dict[K, asyncio.Task[_Told[V]]] = {}

    async def of(self, key: K) -> V:
        """The answer, as it is or was a while ago. Raises NoAnswer, also a while after there was none."""
        known = self._known.get(key)
        told = known[0] if known is not None else await self._together(key)
        if isinstance(told, NoAnswer):
            raise NoAnswer(str(told))
        return told

    async def _together(self, key: K) -> _Told[V]:
        if key not in self._asking:
            self._asking[key] = asyncio.ensure_future(self._learn(key))
            self._asking[key].add_done_callback(_heard)
        # shield: whoever goes away must not take the answer from the others
        return await asyncio.shield(self._asking[key])

    async def _learn(self, key: K) -> _Told[V]:
        told: tuple[_Told[V], float]
        try:
            told = await self._ask(key), KEPT
        except NoAnswer as none:
            told = none, FAILED
        finally:
            del self._asking[key]
        self._known[key] = told
        return told[0]


def _heard(task: asyncio.Task[_Told[V]]) -> None:
    """A failure that nobody waited for is not reported as lost."""
    if not task.cancelled():
        task.exception()
