"""`issue_comment`: who is heard."""

from typing import Any

import pytest

from app.model import Kind, Surface
from tests.handlers.shapes import REPOSITORY, issue_comment, understood


def test_a_persons_new_comment_on_a_pull_request_is_a_command() -> None:
    (trigger,) = understood("issue_comment", issue_comment("/maestro help me"))
    assert (trigger.kind, trigger.repository, trigger.number) == (Kind.COMMAND, REPOSITORY, 5)
    assert (trigger.comment_id, trigger.text) == (31, "/maestro help me")
    assert (trigger.who, trigger.surface) == ("alice", Surface.COMMENT)


@pytest.mark.parametrize("action", ["edited", "deleted", "pinned", ""])
def test_only_a_new_comment_counts_because_others_can_edit_a_persons_words(action: str) -> None:
    assert understood("issue_comment", issue_comment(action=action)) == ()


@pytest.mark.parametrize("body", ["", "Thanks!", "see /maestro help", "> /maestro help"])
def test_other_talk_is_not_for_us(body: str) -> None:
    assert understood("issue_comment", issue_comment(body)) == ()


def _without_pull_request(payload: dict[str, Any]) -> None:
    del payload["issue"]["pull_request"]


def _sent_by_a_bot(payload: dict[str, Any]) -> None:
    payload["sender"] = {"login": "renovate[bot]", "type": "Bot"}


def _written_by_a_bot(payload: dict[str, Any]) -> None:
    payload["comment"]["user"] = {"login": "maestro[bot]", "type": "Bot"}


def _a_bot_by_its_name(payload: dict[str, Any]) -> None:
    payload["sender"] = {"login": "github-actions[bot]"}


def _without_a_number(payload: dict[str, Any]) -> None:
    payload["issue"]["number"] = "5"


def _without_words(payload: dict[str, Any]) -> None:
    payload["comment"]["body"] = None


@pytest.mark.parametrize(
    "spoil",
    [
        _without_pull_request,
        _sent_by_a_bot,
        _written_by_a_bot,
        _a_bot_by_its_name,
        _without_a_number,
        _without_words,
    ],
)
def test_issues_and_bots_are_not_heard(spoil: Any) -> None:
    payload = issue_comment()
    spoil(payload)
    assert understood("issue_comment", payload) == ()
