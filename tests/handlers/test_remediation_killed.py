"""What follows on an evaluation, who looks when nobody wakes it, and a process that ends at any step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import (
    AddLabel,
    Kind,
    RerunFailed,
    Trigger,
)
from checks.decide import Policy
from checks.judge import judge
from checks.model import TestFacts
from handlers.evaluate import Judgement
from handlers.repair import COMMANDED
from program.bounds import Bounds
from program.remediation import Course
from tests.handlers.sickroom import FAST, HEADS, Room


@pytest.fixture
def room() -> Room:
    return Room()


def bounded(room: Room, **more: object) -> None:
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=replace(room.opened.bounds or Bounds(), **more))  # type: ignore[arg-type]


# --- what follows on an evaluation -----------------------------------------------------------------------------


async def following(room: Room) -> tuple[Trigger, ...]:
    assert room.opened is not None
    assert room.case is not None
    decision = judge(room.case)
    assert decision is not None
    trigger = Trigger(Kind.EVALUATE, "octo/shop", 1, 7)
    return await room.loop().following(trigger, Judgement(room.case, decision, room.opened.bounds))


async def test_an_evaluation_is_followed_by_a_look_where_the_rules_want_one(room: Room) -> None:
    room.fails()
    (look,) = await following(room)
    assert (look.kind, look.number) == (Kind.REMEDIATE, 7)
    assert room.opened is not None
    room.opened = replace(room.opened, bounds=None)
    assert await following(room) == ()


async def test_what_changes_nothing_asks_for_no_evaluation_so_the_two_never_chase_each_other(room: Room) -> None:
    room.fails()
    first = await room.run()
    assert [one.kind for one in first.then] == [Kind.EVALUATE]
    again = await room.run()
    assert again.then == ()


async def test_a_round_looks_at_what_goes_on(room: Room) -> None:
    room.fails()
    assert await room.loop().round() == ()
    await room.run()
    looks = list[Trigger]()
    for _ in range(5):
        looks += await room.loop().round()
        room.now += 60
    assert [(look.kind, look.repository, look.number) for look in looks] == [(Kind.REMEDIATE, "octo/shop", 7)]
    room.now += 86_400
    assert len(await room.loop().round()) == 1


async def test_what_was_kept_and_never_carried_out_is_due_at_once(room: Room) -> None:
    room.fails()
    room.kill_at = 4
    await room.survive(1)
    assert room.made == [("rerun", "open")]
    for _ in range(5):
        assert len(await room.loop().round()) == 1
        room.now += 60


# --- killed at any step ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(1, 9))
async def test_killed_at_any_step_it_is_run_again_once(room: Room, step: int) -> None:
    room.fails()
    room.kill_at = step
    await room.survive()
    assert (len(room.rows), room.made, room.did(RerunFailed)) == (1, [("rerun", "open")], 1)


@pytest.mark.parametrize("step", range(1, 9))
async def test_killed_at_any_step_one_agent_is_sent(room: Room, step: int) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    room.kill_at = step
    await room.survive()
    assert (len(room.rows), room.made, len(room.sent)) == (1, [("agent", "open")], 1)


@pytest.mark.parametrize("step", range(1, 20))
async def test_killed_at_any_step_it_is_handed_over_once(room: Room, step: int) -> None:
    bounded(room, steps=frozenset())
    room.fails()
    room.kill_at = step
    await room.survive()
    assert (len(room.rows), room.last.course) == (1, Course.HANDED_OVER)
    assert (room.did(AddLabel), len(room.told)) == (1, 1)


@pytest.mark.parametrize("step", range(1, 12))
async def test_killed_at_any_step_of_a_whole_life_there_are_never_two_of_anything(room: Room, step: int) -> None:
    room.shows(("unit", "success"), policy=FAST, p95=300.0)
    await room.survive(1)
    room.steps, room.kill_at = 0, step
    for _ in range(3):
        *_, task = room.sent.values()
        room.pushed(trace=task.trace)
        room.shows(("unit", "success"), policy=FAST, p95=290.0)
        await room.survive(2)
    assert room.made == [("agent", "failed")] * 3
    assert (len(room.sent), room.did(AddLabel), len(room.told)) == (3, 1, 1)


async def test_what_people_were_to_have_and_were_not_told_is_due_at_once(room: Room) -> None:
    bounded(room, steps=frozenset())
    room.fails()
    room.kill_at = 3
    await room.survive(1)
    assert (room.last.course, room.made) == (Course.WORKING, [])
    for _ in range(5):
        assert len(await room.loop().round()) == 1
        room.now += 60


async def test_a_fix_is_asked_for_until_it_is_there(room: Room) -> None:
    """The run of repairs that was to follow may have been killed with its process."""
    from checks.sbom.rules.policy import Config as Bills
    from tests.handlers.mendable import BAD, facts

    policy = Policy(
        {"sbom": Bills.model_validate({"fix": {"pull_requests": False}, "mode": "block"})}, agent="label `agent`"
    )
    found = facts(BAD)
    assert room.opened is not None
    room.opened = replace(room.opened, pull=replace(found.pull, head_sha=HEADS[0]), policy=policy)
    found = replace(found, tests=TestFacts(()), measurements=(), contracts=())
    from checks.judge import Case

    room.case = Case(replace(found, pull=room.opened.pull), policy, None, "test")
    for _ in range(2):
        answer = await room.run()
        assert [one.reason for one in answer.then if one.kind is Kind.REPAIR] == [COMMANDED]
    assert room.made == [("fix", "open")]
