"""What counts as an attempt, and when an arm is sent: what never was is none, and one arm at a time is on a head."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from app.model import ARM, Dispatched, Failed, FailedRun, RerunFailed, RunOf, Unsent
from program.arms import Arm, Ladder
from program.bounds import Bounds
from program.next_try import AT_WORK
from program.remediation import MOST_TRIES, Course
from program.terms import Terms
from tests.handlers.hub import Killed
from tests.handlers.sickroom import FAST, HEADS, NOW, Room


@pytest.fixture
def room() -> Room:
    found = Room()
    found.shows(("unit", "success"), policy=FAST, p95=300.0)
    return found


# --- one arm at a time -----------------------------------------------------------------------------------------


async def test_while_an_arm_that_somebody_sent_may_be_at_work_on_the_head_no_other_is_sent(room: Room) -> None:
    room.others = [Dispatched(ARM, "impl@small", "agent.yml", HEADS[0], NOW - 60)]
    await room.run()
    assert (room.made, room.last.course, room.sent) == ([], Course.WORKING, {})
    room.now = NOW - 60 + AT_WORK
    await room.run("round")
    assert room.made == [("agent", "open")]


async def test_an_arm_that_is_sent_meanwhile_costs_no_attempt(room: Room) -> None:
    """Another pull request of the same branch plans at the same moment, on a lane of its own."""
    room.kill_at = 5
    with suppress(Killed):
        await room.run()
    assert (room.made, room.sent) == ([("agent", "open")], {})
    room.kill_at = 0
    room.others = [Dispatched(ARM, "impl@small", "agent.yml", HEADS[0], NOW)]
    await room.run()
    assert (room.made, room.sent) == ([("agent", "unsent")], {})
    assert room.last.attempts[0].note == f"`impl@small` was at work on `{HEADS[0][:7]}` already"
    room.others = []
    await room.run()
    assert room.made == [("agent", "unsent"), ("agent", "open")]


# --- what counts -----------------------------------------------------------------------------------------------


async def test_what_github_will_not_run_again_is_asked_for_once(room: Room) -> None:
    room.shows(("unit", "cancelled"))
    room.failed = Failed((FailedRun(5, 1, "cancelled", "ci.yml"),))
    room.runs[5] = RunOf(5, 1, True, "cancelled", NOW - 60, NOW - 30)
    room.refused = (RerunFailed,)
    await room.run()
    assert (room.made, room.last.course) == ([("rerun", "refused")], Course.HANDED_OVER)
    assert "GitHub refused what was: GitHub runs nothing of it again" in room.last.why


async def test_what_was_refused_leaves_the_attempts_of_the_day(room: Room) -> None:
    room.unsent = Unsent("GitHub will not run `agent.yml`")
    await room.run()
    assert room.last.course is Course.HANDED_OVER
    room.unsent = None
    room.rows[-1] = replace(room.last, course=Course.MENDED)
    await room.run()
    for head in range(3):
        *_, task = room.sent.values()
        room.pushed(trace=task.trace)
        room.shows(("unit", "success"), policy=FAST, p95=290.0 + head)
        await room.run()
    assert room.made == [("agent", "failed")] * 3
    assert room.last.why.startswith("3 attempts within a day")


async def test_an_attempt_that_was_never_sent_is_taken_off_the_count(room: Room) -> None:
    for _ in range(4):
        room.kill_at = room.steps + (5 if not room.rows else 3)
        with suppress(Killed):
            await room.run()
        room.kill_at = 0
        room.pushed(who="fmt[bot]")
        room.shows(("unit", "success"), policy=FAST, p95=300.0)
    assert room.sent == {}
    await room.run()
    assert room.made[-1] == ("agent", "open")
    assert {result for _, result in room.made[:-1]} == {"unsent"}


async def test_one_that_was_sent_and_not_noted_counts_though_the_head_has_moved(room: Room) -> None:
    room.kill_at = 6
    with suppress(Killed):
        await room.run()
    assert (len(room.sent), room.last.attempts[0].note) == (1, "")
    room.kill_at = 0
    room.pushed(who="fmt[bot]")
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert room.made[0] == ("agent", "overtaken")


async def test_tries_of_any_kind_have_an_end(room: Room) -> None:
    arms = tuple(Arm(f"impl@{n}", "agent.yml", cost_usd=0.1) for n in range(9))
    assert room.opened is not None
    room.opened = replace(room.opened, ladder=Ladder(arms))
    room.unsent = Unsent("no")
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "refused")] * MOST_TRIES, Course.HANDED_OVER)


async def test_the_bounds_in_force_are_kept_as_it_begins(room: Room) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=Bounds(attempts=2, seconds=3_600.0))
    await room.run()
    assert (room.last.most, room.last.seconds) == (2, 3_600.0)
    room.rows[-1] = replace(room.last, course=Course.MENDED)
    room.pushed()
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert room.last.most == 1, "one of the day was used"


# --- money -----------------------------------------------------------------------------------------------------


async def test_the_budget_is_the_pull_requests_whatever_went_on_before(room: Room) -> None:
    assert room.opened is not None
    dear = Ladder((Arm("impl@small", "agent.yml", cost_usd=0.3),), terms=Terms(budget_usd=0.5))
    room.opened, room.spent = replace(room.opened, ladder=dear), 0.4
    await room.run()
    assert (room.sent, room.last.course) == ({}, Course.HANDED_OVER)
