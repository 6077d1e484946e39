"""The loop over small doubles: each class of failure to its end, each bound, and a process that ends at any step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import (
    AddLabel,
    Done,
    Kind,
    MakeDraft,
    Proposal,
    RerunFailed,
    RunOf,
    Trigger,
    Unsent,
    UpdateBranch,
)
from checks.decide import Policy
from checks.model import ChangeFacts, FileChange
from checks.risk import Config as Risk
from handlers.repair import CLOSED, REOPENED
from program.bounds import MOST_HEADS, Bounds, Fallback
from program.remediation import Course, Failure
from tests.handlers.sickroom import FAST, HEADS, NOW, Room


@pytest.fixture
def room() -> Room:
    return Room()


def bounded(room: Room, **more: object) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=replace(room.opened.bounds or Bounds(), **more))  # type: ignore[arg-type]


# --- each class of failure -------------------------------------------------------------------------------------


async def test_a_check_that_fails_runs_again_and_passes(room: Room) -> None:
    room.fails()
    await room.run()
    assert (room.made, room.did(RerunFailed)) == ([("rerun", "open")], 1)
    room.runs[5] = replace(room.runs[5], ended=True, conclusion="success")
    room.shows(("unit", "success"))
    await room.run()
    assert (room.made, room.last.course) == ([("rerun", "mended")], Course.MENDED)


async def test_one_that_passed_before_is_called_flaky(room: Room) -> None:
    room.fails()
    room.before = frozenset({("", "unit")})
    await room.run()
    assert room.last.attempts[0].failure is Failure.FLAKY


async def test_what_fails_again_is_sent_to_an_agent_whose_push_mends_it(room: Room) -> None:
    room.fails()
    await room.run()
    room.runs[5] = replace(room.runs[5], ended=True)
    await room.run()
    assert room.made == [("rerun", "failed"), ("agent", "open")]
    (task,) = room.sent.values()
    assert room.last.attempts[1].arm
    room.pushed(trace=task.trace)
    room.shows(("unit", ""))
    await room.run()
    assert room.made[1] == ("agent", "open"), "its checks run still"
    room.shows(("unit", "success"))
    await room.run()
    assert (room.made[1], room.last.course) == (("agent", "mended"), Course.MENDED)
    assert room.last.attempts[1].usd == 0.07


async def test_a_measurement_outside_goes_to_an_agent_at_once_with_what_was_promised(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert room.made == [("agent", "open")]
    (task,) = room.sent.values()
    assert "promised `< 250`, measured `300.0` `ms`" in task.brief
    assert "300" in task.brief


async def test_three_tries_that_fail_are_handed_over_as_a_draft(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    for _ in range(3):
        *_, task = room.sent.values()
        room.pushed(trace=task.trace)
        room.shows(("unit", "success"), policy=FAST, p95=290.0)
        await room.run()
    assert room.made == [("agent", "failed")] * 3
    assert room.last.course is Course.HANDED_OVER
    assert (room.did(AddLabel), len(room.told)) == (1, 1)
    (said,) = room.told.values()
    assert "3 attempts within a day" in said
    assert "| 3 | agent" in said


async def test_a_conflict_is_merged_where_it_can_be_and_else_an_agents(room: Room) -> None:
    room.shows(("unit", "success"))
    room.merges = False
    assert room.case is not None
    behind = replace(room.case.snapshot.pull, merge_base_sha="c" * 40)
    room.case = replace(room.case, snapshot=replace(room.case.snapshot, pull=behind))
    room.refused = (UpdateBranch,)
    await room.run()
    assert room.made == [("update", "refused"), ("agent", "open")]


async def test_an_updated_branch_that_holds_is_mended(room: Room) -> None:
    room.shows(("unit", "success"))
    room.merges = False
    assert room.case is not None
    behind = replace(room.case.snapshot.pull, merge_base_sha="c" * 40)
    room.case = replace(room.case, snapshot=replace(room.case.snapshot, pull=behind))
    await room.run()
    assert room.made == [("update", "open")]
    room.pushed(who="maestro[bot]", parents=(HEADS[0], "d" * 40))
    room.merges = True
    room.shows(("unit", "success"))
    await room.run()
    assert (room.made, room.last.course) == ([("update", "mended")], Course.MENDED)


async def test_a_rule_for_people_goes_to_people_and_nothing_is_tried(room: Room) -> None:
    strict = Policy({"risk": Risk.model_validate({"limit": 0.01})}, agent="label `agent`")
    room.shows(("unit", "success"), policy=strict, change=ChangeFacts((FileChange("auth/keys.py", 900, 900),)))
    await room.run()
    assert (room.made, room.last.course) == ([], Course.HANDED_OVER)
    (said,) = room.told.values()
    assert "nothing that we try could help" in said


# --- bounds and hostility --------------------------------------------------------------------------------------


async def test_what_runs_still_begins_nothing(room: Room) -> None:
    room.shows(("unit", "failure"), ("slow", ""))
    assert await room.run() == Done()
    assert room.rows == []


async def test_what_may_ship_begins_nothing(room: Room) -> None:
    room.shows(("unit", "success"))
    assert await room.run() == Done()
    assert room.rows == []


async def test_a_head_that_was_not_judged_is_waited_for(room: Room) -> None:
    room.fails()
    room.pushed()
    assert await room.run() == Done()
    assert room.rows == []


async def test_after_it_was_handed_over_nothing_begins_by_itself(room: Room) -> None:
    bounded(room, attempts=1)
    room.fails()
    await room.run()
    room.runs[5] = replace(room.runs[5], ended=True)
    await room.run()
    assert room.last.course is Course.HANDED_OVER
    for _ in range(3):
        await room.run()
    assert (len(room.rows), len(room.told), room.did(AddLabel)) == (1, 1, 1)


async def test_a_second_failure_after_it_was_mended_has_only_the_attempts_that_are_left(room: Room) -> None:
    room.fails()
    await room.run()
    room.shows(("unit", "success"))
    await room.run()
    assert room.last.course is Course.MENDED
    bounded(room, attempts=1)
    room.pushed()
    room.now += 3_600
    room.shows(("unit", "failure"))
    await room.run()
    assert (len(room.rows), room.made, room.last.course) == (2, [], Course.HANDED_OVER)


async def test_a_person_who_pushes_has_it(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    room.pushed(who="alice", bot=False)
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "overtaken")], Course.LEFT)
    assert room.last.why == f"`alice` pushed `{HEADS[1][:7]}` first"
    assert room.told == {}


async def test_a_forged_trace_is_named_and_not_believed(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    room.pushed(trace="f" * 32)
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    first = room.last.attempts[0]
    assert first.result.value == "overtaken"
    assert "are not believed: `ffffffff`" in first.note


async def test_bots_that_push_for_ever_are_stopped_and_named(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    for _ in range(MOST_HEADS):
        room.pushed(who="renovate[bot]")
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    assert room.last.course is Course.HANDED_OVER
    assert room.last.why.startswith("ping-pong: `renovate[bot]`, `robo[bot]` pushed 7 heads within a day")


async def test_heads_that_we_asked_for_are_no_ping_pong(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    for _ in range(MOST_HEADS):
        room.pushed(trace=room.last.attempts[0].trace)
    room.shows(("unit", "success"), policy=FAST, p95=200.0)
    await room.run()
    assert room.last.course is Course.MENDED


async def test_a_fork_waits_for_a_word_and_then_only_runs_again(room: Room) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, pull=replace(room.opened.pull, from_fork=True))
    room.fails()
    await room.run()
    assert (room.made, room.last.course, room.deeds) == ([], Course.ASKING, [])
    room.rows[-1] = replace(room.last, course=Course.WORKING, word="root")
    await room.run()
    assert room.made == [("rerun", "open")]
    room.runs[5] = replace(room.runs[5], ended=True)
    await room.run()
    assert (room.last.course, room.sent) == (Course.HANDED_OVER, {})


async def test_another_head_of_a_fork_takes_another_word(room: Room) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, pull=replace(room.opened.pull, from_fork=True))
    room.fails()
    await room.run()
    room.rows[-1] = replace(room.last, course=Course.WORKING, word="root")
    room.pushed(who="mallory", bot=False)
    room.fails()
    await room.run()
    assert (room.last.course, room.last.word, room.deeds) == (Course.ASKING, "", [])


async def test_where_the_rules_ask_it_waits_and_after_a_day_is_left_alone(room: Room) -> None:
    bounded(room, asks=True)
    room.fails()
    await room.run()
    assert room.last.course is Course.ASKING
    room.now += 86_400
    await room.run()
    assert (room.last.course, room.told) == (Course.UNANSWERED, {})


async def test_an_agent_that_says_nothing_is_given_up_after_its_patience(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    room.now += 3_600
    await room.run()
    assert room.made == [("agent", "silent"), ("agent", "open")]


async def test_an_agent_whose_run_broke_off_does_not_count_against_its_arm(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.run()
    room.runs[901] = RunOf(901, 1, True, "cancelled", NOW, NOW)
    room.now += 180
    await room.run()
    assert room.made[0] == ("agent", "infra")
    assert room.last.attempts[1].arm == room.last.attempts[0].arm


async def test_an_arm_that_cannot_be_sent_is_asked_once_and_people_are_told_the_reason(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    room.unsent = Unsent("GitHub will not run `agent.yml`")
    await room.run()
    assert room.made == [("agent", "refused")] * 2
    assert {one.arm for one in room.last.attempts} == {"impl@small", "impl@large"}
    assert room.last.course is Course.HANDED_OVER
    assert room.last.attempts[0].note == "GitHub will not run `agent.yml`"
    assert room.last.why.startswith("no arm of the ladder can be sent: GitHub will not run `agent.yml`: ")


async def test_whether_it_was_sent_nobody_knows_and_it_is_not_sent_again(room: Room) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    room.unsent = Unsent("GitHub never said", doubt=True)
    for _ in range(3):
        await room.run()
    assert room.made == [("agent", "open")]
    assert room.last.attempts[0].note == "perhaps it was sent: GitHub never said"


# --- the end ---------------------------------------------------------------------------------------------------


async def test_one_that_is_closed_ends_and_reopened_begins_anew(room: Room) -> None:
    room.fails()
    await room.run()
    assert room.opened is not None
    room.opened = replace(room.opened, pull=replace(room.opened.pull, open=False))
    room.proposal = Proposal(False, False, HEADS[0])
    done = await room.run(CLOSED)
    assert (room.made, room.last.course, room.last.why) == ([("rerun", "overtaken")], Course.LAPSED, "it was closed")
    assert Trigger(Kind.AFTER, "octo/shop", 1, 7, reason="remediation") in done.then, "its card shows the end"
    room.opened = replace(room.opened, pull=replace(room.opened.pull, open=True))
    room.shows(("unit", ""))
    await room.run(REOPENED)
    assert len(room.rows) == 1, "its checks run again"
    room.shows(("unit", "failure"))
    await room.run()
    assert len(room.rows) == 2


async def test_one_that_was_stopped_begins_anew_when_it_is_reopened_whenever_it_fails(room: Room) -> None:
    room.fails()
    await room.run()
    room.rows[-1] = replace(room.last, course=Course.STOPPED, attempts=(), ended=NOW)
    room.shows(("unit", ""))
    for _ in range(2):
        await room.run(REOPENED)
    assert [one.course for one in room.rows] == [Course.STOPPED, Course.LAPSED]
    room.shows(("unit", "failure"))
    await room.run()
    assert room.last.course is Course.WORKING


async def test_one_that_is_merged_though_it_may_not_ship_is_taken_back_where_the_rules_say_so(room: Room) -> None:
    bounded(room, fallback=Fallback.ROLLBACK)
    room.fails()
    await room.run()
    assert room.opened is not None
    room.opened = replace(room.opened, pull=replace(room.opened.pull, open=False))
    room.proposal = Proposal(False, True, HEADS[0])
    await room.run(CLOSED)
    assert room.last.course is Course.HANDED_OVER
    assert (len(room.rolled), room.did(AddLabel)) == (1, 0)
    assert room.last.why == "it was merged though it may not ship; rolled back"


async def test_where_the_rules_want_no_fallback_people_are_only_told(room: Room) -> None:
    bounded(room, fallback=Fallback.NONE, steps=frozenset())
    room.fails()
    await room.run()
    assert (room.last.course, room.did(AddLabel), len(room.told)) == (Course.HANDED_OVER, 0, 1)


async def test_what_could_not_be_done_at_the_end_is_said(room: Room) -> None:
    bounded(room, steps=frozenset())
    room.refused = (MakeDraft, AddLabel)
    room.fails()
    await room.run()
    (said,) = room.told.values()
    undone = "it could not be made a draft: no; the label that asks for people could not be put on: no"
    assert f"\n\n**Not done:** {undone}.\n\n" in said
    assert room.last.why.endswith(undone)


async def test_rules_that_ask_for_it_no_more_stop_it(room: Room) -> None:
    room.fails()
    await room.run()
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=None)
    await room.run()
    assert (room.last.course, room.last.why) == (Course.LAPSED, "the configuration does not ask for it any more")
    room.opened = replace(room.opened, bounds=Bounds())
    await room.run()
    assert len(room.rows) == 2, "it asks for it again"
