"""Which head a pull request is judged at. What still waits on the one before gets no answer any more, and says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from app.github.errors import Denied, Invalid, NotFound
from app.github.repository import Repository
from app.model import CheckRunText, EndCheckRuns, FollowHead
from app.publish.check_run import CheckRunWriter
from app.store.effects import Effect, Effects, head_key


@dataclass(frozen=True, slots=True)
class HeadFollower:
    """Remembers the head before anything is written there, so whatever was begun on one is known to who leaves it."""

    repository: Repository
    effects: Effects
    runs: CheckRunWriter
    turn: Callable[[str], AbstractAsyncContextManager[object]]  # one writer a head at a time

    def perform(self, action: FollowHead | EndCheckRuns) -> Awaitable[str]:
        """Either of its actions."""
        return self.follow(action) if isinstance(action, FollowHead) else self.end(action.head_sha, action.words)

    async def follow(self, action: FollowHead) -> str:
        """Leave the head before for this one. What GitHub said where it would not have a run cancelled, else "".

        Such a run is left: an old head must not stand in the way of the new one.
        """
        key = head_key(self.repository.full_name, action.number)
        before = await self.effects.get(key)
        if before is not None and before.digest == action.head_sha:
            return ""
        refused = "" if before is None else await self._leave(before.digest, action)
        await self.effects.record(key, Effect(None, action.head_sha, completed=True))
        return refused

    async def _leave(self, head_sha: str, action: FollowHead) -> str:
        async with self.turn(head_sha):
            if not await self.runs.left_open(head_sha) or await self._shared(head_sha, action.number):
                return ""
            return await self.end(head_sha, action.words)

    async def end(self, head_sha: str, words: CheckRunText) -> str:
        """Nobody answers any more what still waits there. What GitHub said where it would not have a run cancelled."""
        refused = ""
        for name in await self.runs.left_open(head_sha):
            try:
                await self.runs.cancel(head_sha, name, words)
            except (Denied, Invalid) as error:
                refused = str(error)
        return refused

    async def _shared(self, head_sha: str, number: int) -> bool:
        """Is another pull request still open at this head?"""
        for other in await self.effects.pulls_at(self.repository.full_name, head_sha):
            if other != number and await self._stands(other, head_sha):
                return True
        return False

    async def _stands(self, number: int, head_sha: str) -> bool:
        try:
            pull = await self.repository.pull(number)
        except NotFound:
            return False
        return pull.state == "open" and pull.head_sha == head_sha
