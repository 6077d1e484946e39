"""`/maestro remediate` where the attempts of a day are used up, on small doubles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import Cause, Kind, Trigger
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.remediating import RemediateLoop
from program.remediation import Attempted, Course, Failure, Remediation, Result, Step
from tests.handlers.sickroom import HEADS, NOW, Room, _Kept

MADE = Remediation(1, "octo/shop", 7, HEADS[0], NOW, Failure.CONTRACT, "maestro", Course.HANDED_OVER, ended=NOW + 60)


async def no_fix(asked: Asked) -> Answer | Declined:
    return Declined("no package is to be moved")


@pytest.fixture
def room() -> Room:
    room = Room()
    room.fails()
    tried = [
        Attempted(n, Step.AGENT, Failure.CONTRACT, HEADS[0], f"{n:032x}", NOW + n, result=Result.FAILED)
        for n in (1, 2, 3)
    ]
    room.rows.append(replace(MADE, attempts=tuple(tried)))
    return room


async def told(room: Room) -> Answer | Declined:
    assert room.opened is not None
    asked = Trigger(Kind.COMMAND, "octo/shop", 1, 7, who="alice")
    loop = RemediateLoop(no_fix, _Kept(room), room, lambda: room.now)
    return await loop.remediate(Asked(asked, room.opened, (), Cause("command", who="alice", role="write")))


async def test_it_is_declined_with_the_moment_from_which_it_may_begin_again(room: Room) -> None:
    for _ in range(2):
        said = "3 attempts were made within a day: it may begin again at 2027-01-16 08:00 UTC"
        assert await told(room) == Declined(said)
    assert len(room.rows) == 1


async def test_a_day_later_it_begins(room: Room) -> None:
    room.now += 86_401
    assert isinstance(await told(room), Answer)
    assert (len(room.rows), room.last.course, room.last.word) == (2, Course.WORKING, "alice")


async def test_on_a_change_about_which_the_rules_let_nothing_be_tried_it_only_proposes_fixes(room: Room) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=None)
    room.now += 86_401
    assert await told(room) == Declined("no package is to be moved")
    assert len(room.rows) == 1
