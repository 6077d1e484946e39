"""`issue_comment`: who is heard."""

from typing import Any

import pytest

from app.model import Kind, Surface
from tests.handlers.shapes import OTHER_APP, OWN_APP, REPOSITORY, issue_comment, understood


def test_a_persons_new_comment_on_a_pull_request_is_a_command() -> None:
    (trigger,) = understood("issue_comment", issue_comment("/maestro help me"))
    assert (trigger.kind, trigger.repository, trigger.number) == (Kind.COMMAND, REPOSITORY, 5)
    assert (trigger.comment_id, trigger.text) == (31, "/maestro help me")
    assert (trigger.who, trigger.surface) == ("alice", Surface.COMMENT)


@pytest.mark.parametrize("user", [{"login": "renovate[bot]", "type": "Bot"}, {"login": "renovate[bot]"}])
def test_a_bot_is_heard_as_one_and_whether_it_may_is_for_the_configuration(user: dict[str, str]) -> None:
    payload = issue_comment()
    payload["sender"] = payload["comment"]["user"] = user
    payload["comment"]["performed_via_github_app"] = {"id": OTHER_APP}
    (trigger,) = understood("issue_comment", payload)
    assert (trigger.bot, trigger.who) == (True, "renovate[bot]")


def test_what_another_app_writes_in_a_persons_name_is_that_apps_bots() -> None:
    payload = issue_comment("/maestro override contract 1a2b3c4 trust me")
    payload["comment"]["performed_via_github_app"] = {"id": OTHER_APP, "slug": "some-agent"}
    (trigger,) = understood("issue_comment", payload)
    assert (trigger.bot, trigger.who) == (True, "some-agent[bot]")


@pytest.mark.parametrize("app", [{"id": OTHER_APP}, {"id": OTHER_APP, "slug": None}, {}, "some-agent"])
def test_an_app_that_github_does_not_name_lends_a_person_no_role(app: object) -> None:
    payload = issue_comment()
    payload["comment"]["performed_via_github_app"] = app
    (trigger,) = understood("issue_comment", payload)
    assert trigger.bot


@pytest.mark.parametrize("action", ["edited", "deleted", "pinned", ""])
def test_only_a_new_comment_counts_because_others_can_edit_a_persons_words(action: str) -> None:
    assert understood("issue_comment", issue_comment(action=action)) == ()


@pytest.mark.parametrize("body", ["", "Thanks!", "see /maestro help", "> /maestro help"])
def test_other_talk_is_not_for_us(body: str) -> None:
    assert understood("issue_comment", issue_comment(body)) == ()


def _without_pull_request(payload: dict[str, Any]) -> None:
    del payload["issue"]["pull_request"]


def _sent_for_another(payload: dict[str, Any]) -> None:
    payload["sender"] = {"login": "renovate[bot]", "type": "Bot"}


def _written_by_another(payload: dict[str, Any]) -> None:
    payload["comment"]["user"] = {"login": "renovate[bot]", "type": "Bot"}


def _written_by_our_own_app(payload: dict[str, Any]) -> None:
    payload["comment"]["performed_via_github_app"] = {"id": OWN_APP}


def _without_a_number(payload: dict[str, Any]) -> None:
    payload["issue"]["number"] = "5"


def _without_words(payload: dict[str, Any]) -> None:
    payload["comment"]["body"] = None


@pytest.mark.parametrize(
    "spoil",
    [
        _without_pull_request,
        _sent_for_another,
        _written_by_another,
        _written_by_our_own_app,
        _without_a_number,
        _without_words,
    ],
)
def test_issues_our_own_words_and_words_of_whoever_did_not_write_them_are_not_heard(spoil: Any) -> None:
    payload = issue_comment()
    spoil(payload)
    assert understood("issue_comment", payload) == ()
