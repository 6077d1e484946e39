"""Healing on schedule: no command is left without an answer.

The web process may have died between keeping what somebody asked for and telling the worker, and a job may have taken
its process down each time: then nobody is left to say what became of it, and whoever asked would wait for ever.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from app.model import ASKED, Cause, KeptCommand, Kind, Progress, Surface, Trigger

UNTOLD = 120.0  # seconds after which the worker should have heard of what was asked for
LOST = 900.0  # seconds after which a command that no job is left to answer is given up

SAID = "it was lost on its way, perhaps after part of it was done; it is given up, and may be asked for again"


class Unanswered(Protocol):
    """What people asked for, kept."""

    async def left(self, before: float) -> Sequence[KeptCommand]:
        """What has no answer, and was not touched since `before` (epoch seconds): the oldest first."""

    async def end(self, command: KeptCommand, cause: Cause) -> KeptCommand:
        """It has its answer: kept and logged together, once. The first answer stands."""


class Stored(Protocol):
    """The deliveries that came in."""

    async def waiting_among(self, guids: Sequence[str]) -> Mapping[str, bool]:
        """Those of `guids` that ever came in, each with whether it still waits to be taken."""


class Inbox(Protocol):
    """Where deliveries come in."""

    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        """Store one."""


@dataclass(frozen=True, slots=True)
class LeftOver:
    """One run a call. `lanes`: those on which a command waits, rests or runs, however long GitHub makes it wait."""

    commands: Unanswered
    stored: Stored
    inbox: Inbox
    lanes: Callable[[], Awaitable[Collection[str]]]
    now: Callable[[], float] = time.time

    async def __call__(self) -> tuple[Trigger, ...]:
        """What comes of it comes through the front door: no triggers."""
        await self._tell()
        await self._end()
        return ()

    async def _tell(self) -> None:
        """The worker is told, once, of what the Decision Center kept and never told it."""
        asked = [one for one in await self.commands.left(self.now() - UNTOLD) if _by_ourselves(one)]
        known = await self.stored.waiting_among([one.id for one in asked]) if asked else {}
        for one in asked:
            if one.id not in known:
                await self.inbox.keep(one.id, ASKED, one.delivered)

    async def _end(self) -> None:
        """What is looked at in the order in which a command passes it, so that none is missed on its way: a delivery
        counts as waiting until its job is on its lane.
        """
        left = await self.commands.left(self.now() - LOST)
        if not left:
            return
        waiting = await self.stored.waiting_among([one.id for one in left])
        lanes = await self.lanes()
        for one in left:
            if not waiting.get(one.id) and _lane(one) not in lanes:
                cause = Cause("command.unanswered", one.who, one.role, one.surface, one.head_sha)
                await self.commands.end(replace(one, state=Progress.FAILED, said=SAID), cause)


def _by_ourselves(command: KeptCommand) -> bool:
    """Was it to be told by our own delivery, which has its id for a GUID, and has no worker heard of it?"""
    return command.surface is Surface.CENTER and command.state is Progress.PENDING


def _lane(command: KeptCommand) -> str:
    return Trigger(Kind.COMMAND, command.repository, number=command.number).lane
