"""No command is left without an answer: what the worker never heard of is told it, what was lost is given up."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.model import ASKED, Cause, Delivery, KeptCommand, Kind, Progress, Surface
from handlers.unanswered import LOST, UNTOLD, LeftOver
from handlers.understand import Understanding

NOW = 1_800_000_000.0
HEAD = "1a" * 20
LANE = "octo/shop#7"
FRESH = KeptCommand("c" * 32, "center 1 k", "Octo/shop", 7, HEAD, "retry", "careful", "Bob", Surface.CENTER, NOW)
UNDER_WAY = replace(FRESH, state=Progress.RUNNING, role="write")


@dataclass
class World:
    """One command, touched `ago` seconds ago; what came in, and what is on the lanes."""

    command: KeptCommand
    ago: float
    known: dict[str, bool] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)
    ended: list[tuple[KeptCommand, Cause]] = field(default_factory=list)

    async def left(self, before: float) -> Sequence[KeptCommand]:
        return [self.command] if NOW - self.ago < before else []

    async def end(self, command: KeptCommand, cause: Cause) -> KeptCommand:
        self.ended.append((command, cause))
        return command

    async def waiting_among(self, guids: Sequence[str]) -> Mapping[str, bool]:
        assert guids
        return {guid: waits for guid, waits in self.known.items() if guid in guids}

    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        self.sent.append((guid, event, body))
        self.known[guid] = True
        return True

    async def lanes(self) -> Collection[str]:
        return self.busy

    async def heal(self) -> World:
        """One run, of no consequence for any lane."""
        assert await LeftOver(self, self, self, self.lanes, now=lambda: NOW)() == ()
        return self


async def test_what_the_worker_was_never_told_it_is_told_once() -> None:
    world = await World(FRESH, UNTOLD + 1).heal()
    ((guid, event, body),) = world.sent
    assert (guid, event) == (FRESH.id, ASKED)
    (trigger,) = Understanding(1)(Delivery(1, guid, event, body, NOW))
    assert (trigger.kind, trigger.command, trigger.text) == (Kind.COMMAND, FRESH.id, "retry careful")
    assert (trigger.head_sha, trigger.who, trigger.surface) == (HEAD, "Bob", Surface.CENTER)
    assert json.loads(body)["number"] == 7
    assert len((await world.heal()).sent) == 1


@pytest.mark.parametrize(
    ("command", "ago", "known"),
    [
        (FRESH, UNTOLD - 1, {}),
        (FRESH, UNTOLD + 1, {FRESH.id: True}),
        (FRESH, UNTOLD + 1, {FRESH.id: False}),
        (UNDER_WAY, UNTOLD + 1, {}),
        (replace(FRESH, surface=Surface.COMMENT), UNTOLD + 1, {}),
        (replace(FRESH, surface=Surface.BUTTON), UNTOLD + 1, {}),
    ],
    ids=["new", "waits to be taken", "was taken, or died", "taken up", "by a comment", "by a button"],
)
async def test_whatever_else_is_told_to_nobody(command: KeptCommand, ago: float, known: dict[str, bool]) -> None:
    assert (await World(command, ago, known).heal()).sent == []


async def test_what_no_job_is_left_to_answer_fails_with_words_and_in_the_name_of_whoever_asked() -> None:
    ((ended, cause),) = (await World(UNDER_WAY, LOST + 1).heal()).ended
    assert (ended.id, ended.state) == (FRESH.id, Progress.FAILED)
    assert "may be asked for again" in ended.said
    assert cause == Cause("command.unanswered", "Bob", "write", Surface.CENTER, HEAD)


@pytest.mark.parametrize("command", [FRESH, UNDER_WAY, replace(UNDER_WAY, surface=Surface.COMMENT)])
async def test_a_job_that_waits_however_long_github_makes_it_wait_is_not_lost(command: KeptCommand) -> None:
    held = World(command, 24 * LOST, {command.id: False}, {LANE})
    assert (await held.heal()).ended == []


async def test_nor_is_a_delivery_that_waits_to_be_taken() -> None:
    assert (await World(FRESH, 24 * LOST, {FRESH.id: True}).heal()).ended == []


async def test_what_the_worker_is_told_late_is_not_given_up_in_the_same_breath() -> None:
    world = await World(FRESH, 24 * LOST).heal()
    assert (len(world.sent), world.ended) == (1, [])


@pytest.mark.parametrize(("command", "ago"), [(FRESH, LOST + 1), (UNDER_WAY, LOST + 1)])
async def test_of_what_died_on_its_way_that_is_said(command: KeptCommand, ago: float) -> None:
    dead = await World(command, ago, {command.id: False}, {"octo/shop#8"}).heal()
    assert ([one.state for one, _ in dead.ended], dead.sent) == ([Progress.FAILED], [])


async def test_nobody_is_asked_of_lanes_while_nothing_is_left() -> None:
    assert (await World(UNDER_WAY, LOST - 1).heal()).ended == []
