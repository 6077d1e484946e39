"""The fold of the card that tells what people asked for: who, when, where, what, and what came of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.github.limits import COMMENT_CUT
from app.model import Beside, KeptCommand, Progress, Seal, Surface
from app.render.actions import GitHubRenderer
from app.render.card import VISIBLE_CHARACTERS, VISIBLE_LINES, Card, card
from checks.model import Decision, State
from tests.render.decisions import HEAD, SHIP, STORY, TESTS_RUNNING, decision, result, row
from tests.render.golden import NOW
from tests.render.test_card import visible
from tests.render.test_escape import HOSTILE

SEAL = Seal(1, "f" * 64)
ENDED = 1_795_333_320.0
RETRIED = KeptCommand(
    *("1" * 32, "key", "acme/shop", 7, HEAD, "retry", "impl@high", "alice", Surface.BUTTON, ENDED - 5, Progress.DONE),
    role="write",
    said="`agent.yml` runs as `impl@high`",
    before="impl@medium",
    after="impl@high",
    ended=ENDED,
)


def shown(*commands: KeptCommand, of: Decision = SHIP) -> Card:
    return card(of, now=NOW, seal=SEAL, beside=Beside(commands))


def test_it_tells_who_asked_when_where_for_what_and_what_came_of_it() -> None:
    body = shown(RETRIED).body
    assert "<summary>Commands and provenance (1)</summary>" in body
    row = next(line for line in body.splitlines() if "impl@" in line or "agent.yml" in line)
    for said in (
        "UTC",
        "alice (write), check run",
        "retry impl",
        f"`{HEAD[:7]}`",
        "carried out: `agent.yml` runs",
        "→",
    ):
        assert said in row


@pytest.mark.parametrize(
    ("surface", "named"), [(Surface.COMMENT, "comment"), (Surface.CENTER, "Decision Center"), (Surface.BUTTON, "check")]
)
def test_each_surface_has_its_name(surface: Surface, named: str) -> None:
    assert f"(write), {named}" in shown(replace(RETRIED, surface=surface)).body


def test_a_refusal_says_why() -> None:
    refused = replace(RETRIED, state=Progress.REFUSED, said="the head has moved to `abc1234`", before="", after="")
    assert "| refused: the head has moved to `abc1234` |" in shown(refused).body


def test_the_newest_five_are_shown_and_all_are_counted() -> None:
    body = shown(*(replace(RETRIED, id=f"{n:032x}", who=f"person{n}") for n in range(9))).body
    assert "Commands and provenance (9)" in body
    assert [f"person{n}" in body for n in range(9)] == [True] * 5 + [False] * 4
    assert "And 4 before these." in body


def test_without_commands_there_is_no_fold_and_the_card_is_as_it_was() -> None:
    assert shown().body == card(SHIP, now=NOW, seal=SEAL).body


@pytest.mark.parametrize("mode", ["always", "on-change"])
@pytest.mark.parametrize("of", [SHIP, TESTS_RUNNING], ids=["ship", "running"])
def test_the_digest_changes_when_one_more_has_ended_and_not_otherwise(mode: str, of: Decision) -> None:
    renderer, later = GitHubRenderer(now=lambda: NOW), replace(RETRIED, id="2" * 32)

    def digest(*commands: KeptCommand) -> str:
        (written,) = renderer.card(of, mode, SEAL, Beside(commands))
        return written.digest

    assert len({digest(), digest(RETRIED), digest(later, RETRIED)}) == 3
    assert digest(RETRIED) == digest(RETRIED)


@pytest.mark.parametrize("name", STORY)
def test_the_card_stays_within_its_limits(name: str) -> None:
    lines = visible(shown(RETRIED, of=STORY[name]).body)
    assert len(lines) <= VISIBLE_LINES
    assert sum(map(len, lines)) <= VISIBLE_CHARACTERS


def test_a_full_card_makes_room_for_it() -> None:
    many = decision(*(row(result(f"check{n}", State.BLOCK, "t" * 300, next_step="n" * 400)) for n in range(20)))
    body = shown(*[RETRIED] * 50, of=many).body
    assert len(visible(body)) <= VISIBLE_LINES
    assert sum(map(len, visible(body))) <= VISIBLE_CHARACTERS
    assert "Commands and provenance (50)" in body
    assert len(body.encode()) <= COMMENT_CUT


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_people_said_acts_on_the_card(hostile: str) -> None:
    spoilt = replace(RETRIED, who=hostile, arguments=hostile, said=hostile, before=hostile, after=hostile, role=hostile)
    body = shown(*[spoilt] * 5).body
    assert not any(live in body for live in ("@octo", "<img", "<script", "](javascript:"))
    assert body.count("<details>") == body.count("</details>")
