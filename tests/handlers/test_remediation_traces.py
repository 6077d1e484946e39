"""Whose a push is: a trace is a claim that anybody can copy."""

from __future__ import annotations

import pytest

from program.remediation import Course
from tests.handlers.sickroom import FAST, HEADS, Room


@pytest.fixture
def room() -> Room:
    found = Room()
    shows(found)
    return found


def shows(room: Room, p95: float = 300.0, unit: str = "success") -> None:
    room.shows(("unit", unit), policy=FAST, p95=p95)


async def sent(room: Room) -> str:
    """The agent is sent; its trace."""
    await room.run()
    (task,) = room.sent.values()
    return task.trace


async def test_a_push_that_was_made_elsewhere_is_named_and_not_believed(room: Room) -> None:
    trace = await sent(room)
    room.pushed(trace=trace, parents=("e" * 40,))
    room.commits = room.commits[-1:]  # pushed over
    shows(room)
    await room.run()
    assert room.made[0] == ("agent", "overtaken")
    made = f"trace `{trace[:8]}` was not made on `{HEADS[0][:7]}`, where its attempt began: ignored"
    assert made in room.last.attempts[0].note


async def test_a_trace_of_an_attempt_that_has_ended_counts_for_ping_pong(room: Room) -> None:
    trace = await sent(room)
    room.pushed(trace=trace)
    shows(room)
    await room.run()
    assert room.made == [("agent", "failed"), ("agent", "open")]
    for _ in range(7):
        room.now += 60
        room.pushed(trace=trace, who="evil[bot]")
    shows(room)
    await room.run()
    assert room.last.course is Course.HANDED_OVER
    assert room.last.why.startswith("ping-pong: `evil[bot]`")
    assert f"trace `{trace[:8]}` is of attempt 1, which has ended: ignored" in room.last.attempts[1].note


async def test_a_persons_commit_with_a_copied_trace_is_a_persons(room: Room) -> None:
    trace = await sent(room)
    room.pushed(trace=trace, who="alice", bot=False)
    shows(room)
    await room.run()
    assert (room.made, room.last.course) == ([("agent", "overtaken")], Course.LEFT)
    assert f"trace `{trace[:8]}` stands on a commit of `alice`: ignored" in room.last.attempts[0].note


async def test_a_conflict_that_github_does_not_know_of_for_a_while_is_waited_for(room: Room) -> None:
    shows(room, 200.0)
    room.merges = False
    await sent(room)
    room.merges = None
    room.now += 600
    await room.run("round")
    assert (room.made, room.last.course) == ([("agent", "open")], Course.WORKING)
    room.merges = False
    await room.run("round")
    assert (len(room.rows), len(room.sent)) == (1, 1)


async def test_what_the_agent_pushed_is_mended_once_github_says_that_it_merges(room: Room) -> None:
    shows(room, 200.0)
    room.merges = False
    trace = await sent(room)
    room.pushed(trace=trace)
    shows(room, 200.0)
    room.merges = None
    await room.run()
    assert room.made == [("agent", "open")]
    room.merges = True
    await room.run("round")
    assert (room.made, room.last.course) == ([("agent", "mended")], Course.MENDED)
