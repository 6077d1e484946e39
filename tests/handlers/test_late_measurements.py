"""What is missing may still be measured, and is waited for; what no change can mend is no agent's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import Later
from checks.model import ContractText, Origin
from program.bounds import Bounds
from program.remediation import Course
from tests.handlers.sickroom import FAST, HEADS, NEAR, Room


@pytest.fixture
def room() -> Room:
    return Room()


async def test_what_was_never_measured_is_an_agents_once_it_can_come_no_more(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST)
    assert await room.run() == Later(570.0), "its check ended half a minute ago"
    assert room.rows == []
    room.now += 570
    await room.run()
    assert room.made == [("agent", "open")]
    assert "was not measured" in room.last.why


async def test_a_measurement_is_waited_for_no_longer_than_an_attempt(room: Room) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=Bounds(patience=60.0))
    room.shows(("unit", "success"), policy=FAST)
    assert await room.run() == Later(30.0)
    room.shows(policy=FAST)
    assert await room.run() == Later(60.0), "where nothing ran, from when the head was first judged"


async def test_a_measurement_that_comes_after_the_checks_finds_no_second_agent_at_work(room: Room) -> None:
    await room_with_a_late_measurement(room)
    assert room.made == [("agent", "open")], "it may still come"
    room.shows(("unit", "success"), policy=FAST, p95=200.0)
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "mended")], Course.MENDED)


async def test_the_attempt_whose_head_holds_in_the_end_has_mended_it(room: Room) -> None:
    await room_with_a_late_measurement(room)
    room.now += 630
    await room.run()
    assert room.made == [("agent", "failed"), ("agent", "open")]
    room.shows(("unit", "success"), policy=FAST, p95=200.0)
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "mended"), ("agent", "needless")], Course.MENDED)
    mended, needless = room.last.attempts
    assert mended.note == f"`{HEADS[1][:7]}` may ship, as was measured late"
    assert needless.note == "what had failed holds, and it has pushed nothing"


async def room_with_a_late_measurement(room: Room) -> None:
    """An agent has pushed, its checks have passed, and what it promises was not measured yet."""
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    (task,) = room.sent.values()
    room.pushed(trace=task.trace)
    room.ended = {"unit": room.now + 20, "maestro / contract": room.now + 5_000}
    room.now += 30
    room.shows(("unit", "success"), policy=FAST)
    await room.run()


async def test_a_contract_of_the_base_that_cannot_be_read_is_no_agents(room: Room) -> None:
    broken = ContractText(Origin.BASE, ".maestro/contracts/b.json", "{not json")
    room.shows(("unit", "success"), contracts=(broken,))
    await room.run()
    assert (room.made, room.last.course) == ([], Course.HANDED_OVER)
    assert room.last.why.startswith("nothing that we try could help: a contract of the base branch cannot be read")


async def test_a_baseline_that_never_comes_is_no_agents(room: Room) -> None:
    room.shows(("unit", "success"), policy=NEAR, p95=200.0, before=())
    assert await room.run() == Later(570.0)
    room.now += 570
    await room.run()
    assert (room.made, room.last.course) == ([], Course.HANDED_OVER)


async def test_a_push_that_nothing_can_tell_of_says_nothing_of_its_arm(room: Room) -> None:
    room.shows(("unit", "failure"), policy=NEAR, p95=200.0, before=())
    await room.run()
    (task,) = room.sent.values()
    room.pushed(trace=task.trace)
    room.now += 700
    room.shows(("unit", "success"), policy=NEAR, p95=200.0, before=())
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "untold")], Course.HANDED_OVER)
