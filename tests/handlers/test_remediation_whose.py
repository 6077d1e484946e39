"""Whose a failing change is by now: the agent's, a person's who pushed, or nobody's, for it is merged or closed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import Failed, Proposal
from checks.judge import Unreadable
from handlers.repair import CLOSED
from program.bounds import Bounds, Fallback
from program.remediation import Course, Failure, Remediation
from tests.handlers.sickroom import BY_ROBO, FAST, HEADS, NOW, TESTED, Room


@pytest.fixture
def room() -> Room:
    return Room()


def bounded(room: Room, **more: object) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=replace(room.opened.bounds or Bounds(), **more))  # type: ignore[arg-type]


# --- whose it is -----------------------------------------------------------------------------------------------


async def test_a_person_who_pushes_on_top_of_the_agents_push_has_it_and_the_arm_has_not_failed(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    (task,) = room.sent.values()
    room.pushed(trace=task.trace)
    room.pushed(who="alice", bot=False)
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "overtaken")], Course.LEFT)


async def test_a_person_who_pushes_while_nothing_is_at_work_has_it(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    room.pushed(who="fmt[bot]")
    room.shows(("unit", ""), policy=FAST, p95=300.0)
    await room.run()
    room.pushed(who="alice", bot=False)
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert (len(room.sent), room.last.course, room.last.why) == (1, Course.LEFT, f"`alice` pushed `{HEADS[2][:7]}`")


async def test_what_a_person_broke_on_an_agents_branch_begins_nothing_but_by_a_word(room: Room) -> None:
    room.pushed(who="alice", bot=False)
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert room.rows == []
    made = Remediation(1, "octo/shop", 7, HEADS[1], NOW, Failure.CONTRACT, "alice", word="alice")
    room.rows.append(made)
    await room.run()
    assert room.made == [("agent", "open")], "who asked for it knew whose head it is"


async def test_a_label_alone_makes_no_commit_of_a_person_an_agents(room: Room) -> None:
    room.commits = [replace(BY_ROBO, who="alice", bot=False)]
    room.fails()
    await room.run()
    assert room.rows == []
    branch = replace(TESTED, agent="branch `agent/pay`")
    room.shows(("unit", "failure"), policy=branch)
    await room.run()
    assert room.made == [("rerun", "open")], "an agent may commit under a person's name where its branch says so"


# --- merged ----------------------------------------------------------------------------------------------------


async def merged(room: Room) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, pull=replace(room.opened.pull, open=False))
    room.proposal = Proposal(False, True, room.opened.pull.head_sha)
    await room.run(CLOSED)


async def test_what_became_green_and_was_merged_at_once_is_mended_and_stays(room: Room) -> None:
    bounded(room, fallback=Fallback.ROLLBACK)
    room.fails()
    await room.run()
    room.shows(("unit", "success"))
    room.failed = Failed()
    await merged(room)
    assert (room.made, room.last.course) == ([("rerun", "mended")], Course.MENDED)
    assert (room.rolled, room.told) == ([], {})


async def test_a_check_that_passed_since_it_was_judged_is_no_reason_to_take_a_merge_back(room: Room) -> None:
    bounded(room, fallback=Fallback.ROLLBACK)
    room.fails()
    await room.run()
    room.failed = Failed()
    await merged(room)
    assert (room.last.course, room.rolled) == (Course.MENDED, [])


async def test_what_was_merged_before_anybody_knew_whether_it_may_ship_is_left(room: Room) -> None:
    bounded(room, fallback=Fallback.ROLLBACK)
    room.fails()
    await room.run()
    room.shows(("unit", ""))
    await merged(room)
    assert (room.made, room.last.course) == ([("rerun", "overtaken")], Course.LEFT)
    assert (room.last.why, room.rolled) == ("it was merged", [])


async def test_rules_that_cannot_be_read_change_nothing_but_that_it_ends_in_time(room: Room) -> None:
    room.fails()
    await room.run()
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=None, policy=Unreadable(()))
    await room.run()
    assert room.made == [("rerun", "open")]
    room.now += 86_400
    await room.run()
    assert (room.last.course, room.told) == (Course.LAPSED, {})


async def test_a_head_that_is_never_judged_is_handed_over_in_time(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    room.pushed(trace=room.last.attempts[0].trace)
    await room.run()
    assert room.last.course is Course.WORKING
    room.now += 86_400
    await room.run("round")
    assert (room.made, room.last.course) == ([("agent", "overtaken")], Course.HANDED_OVER)
    (said,) = room.told.values()
    assert "could not be judged" in said
    assert "| overtaken: " in said, "each attempt as it ended"
