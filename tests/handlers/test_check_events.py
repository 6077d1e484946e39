"""`check_run`, `check_suite`, `workflow_run`: what others reported, and what was asked of us."""

from typing import Any

import pytest

from app.model import EVALUATE_BUTTON, OWN_RUN, Kind, Surface
from tests.handlers.shapes import (
    BASE,
    HEAD,
    OTHER_APP,
    OWN_APP,
    check_run,
    check_suite,
    listed,
    understood,
    workflow_run,
)

QUEUE = f"gh-readonly-queue/release/1.x/pr-5-{BASE}"


@pytest.mark.parametrize(
    ("event", "payload"),
    [("check_run", check_run()), ("check_suite", check_suite()), ("workflow_run", workflow_run())],
)
def test_what_others_finished_has_the_pull_request_judged(event: str, payload: dict[str, Any]) -> None:
    (trigger,) = understood(event, payload)
    assert (trigger.kind, trigger.number, trigger.head_sha) == (Kind.EVALUATE, 5, HEAD)
    assert (trigger.reason, trigger.reset, trigger.merge_group) == (f"{event}.completed", False, False)


@pytest.mark.parametrize("action", ["rerequested", "requested_action", "in_progress", ""])
@pytest.mark.parametrize(
    ("event", "shape"), [("check_run", check_run), ("check_suite", check_suite), ("workflow_run", workflow_run)]
)
def test_what_others_are_only_asked_for_means_nothing(event: str, shape: Any, action: str) -> None:
    assert understood(event, shape(action)) == ()


@pytest.mark.parametrize(
    ("event", "payload"), [("check_run", check_run("created")), ("workflow_run", workflow_run("requested"))]
)
def test_what_others_begin_may_turn_a_green_answer(event: str, payload: dict[str, Any]) -> None:
    (trigger,) = understood(event, payload)
    assert (trigger.kind, trigger.number) == (Kind.EVALUATE, 5)


@pytest.mark.parametrize("action", ["created", "completed"])
def test_our_own_echo_means_nothing(action: str) -> None:
    assert understood("check_run", check_run(action, OWN_APP)) == ()
    assert understood("check_suite", check_suite(action, OWN_APP)) == ()


def test_our_own_run_is_known_by_its_mark_where_github_names_no_app() -> None:
    marked = f"{OWN_RUN}{'0' * 32}"
    assert understood("check_run", check_run(app=None, external_id=marked)) == ()
    (asked,) = understood("check_run", check_run("rerequested", None, external_id=marked))
    assert asked.reset


def test_nobody_passes_for_us_by_bearing_our_mark() -> None:
    (heard,) = understood("check_run", check_run(app=OTHER_APP, external_id=f"{OWN_RUN}x"))
    assert not heard.reset
    assert understood("check_run", check_run("rerequested", OTHER_APP, external_id=f"{OWN_RUN}x")) == ()


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("check_run", check_run("rerequested", OWN_APP)),
        ("check_suite", check_suite("rerequested", OWN_APP)),
        ("check_suite", check_suite("rerequested", None)),
        ("check_run", check_run("requested_action", OWN_APP) | {"requested_action": {"identifier": EVALUATE_BUTTON}}),
    ],
)
def test_who_asks_us_to_run_again_is_told_everything_again(event: str, payload: dict[str, Any]) -> None:
    (trigger,) = understood(event, payload)
    assert (trigger.kind, trigger.number, trigger.reset) == (Kind.EVALUATE, 5, True)
    assert (trigger.who, trigger.surface) == ("alice", Surface.BUTTON)


@pytest.mark.parametrize("pressed", [None, {}, {"identifier": "ship"}, {"identifier": None}, [], "evaluate"])
def test_a_button_that_is_not_ours_does_nothing(pressed: object) -> None:
    payload = check_run("requested_action", OWN_APP) | {"requested_action": pressed}
    assert understood("check_run", payload) == ()


def pressed_by(identifier: str, **sender: str) -> dict[str, Any]:
    payload = check_run("requested_action", OWN_APP) | {"requested_action": {"identifier": identifier}}
    return payload | {"sender": {"login": "alice", "type": "User"} | sender}


def test_a_button_with_a_verbs_name_is_a_command_on_the_head_that_it_stood_beside() -> None:
    (trigger,) = understood("check_run", pressed_by("canary stop"))
    assert (trigger.kind, trigger.number, trigger.head_sha) == (Kind.COMMAND, 5, HEAD)
    assert (trigger.text, trigger.who, trigger.surface) == ("canary stop", "alice", Surface.BUTTON)
    assert len(trigger.command) == 32


def test_of_several_pull_requests_at_the_head_the_lowest_number_is_meant_and_a_forks_is_looked_for() -> None:
    several = check_run("requested_action", OWN_APP, pull_requests=[listed(9), listed(6), listed(2, repository=8)])
    (trigger,) = understood("check_run", several | {"requested_action": {"identifier": "canary stop"}})
    assert trigger.number == 6
    forks = check_run("requested_action", OWN_APP, branch=None)
    (trigger,) = understood("check_run", forks | {"requested_action": {"identifier": "canary stop"}})
    assert (trigger.number, trigger.lane) == (None, f"acme/shop@{HEAD}")


@pytest.mark.parametrize("sender", [{"type": "Bot"}, {"login": "renovate[bot]"}])
def test_a_bot_presses_no_button(sender: dict[str, str]) -> None:
    assert understood("check_run", pressed_by("canary stop", **sender)) == ()


@pytest.mark.parametrize("word", ["agree", "disagree"])
def test_who_presses_a_button_beside_a_study_speaks_of_that_one(word: str) -> None:
    (trigger,) = understood("check_run", pressed_by(f"{word}:12"))
    assert (trigger.kind, trigger.study, trigger.text, trigger.lane) == (Kind.OPINION, 12, word, "acme/shop study 12")
    assert (trigger.who, trigger.surface) == ("alice", Surface.BUTTON)


@pytest.mark.parametrize("identifier", ["agree:", "agree:0", "agree:-1", "agree:1x", f"agree:{10**11}", "AGREE:1"])
def test_a_button_that_names_no_study_does_nothing(identifier: str) -> None:
    assert understood("check_run", pressed_by(identifier)) == ()


@pytest.mark.parametrize("sender", [{"type": "Bot"}, {"login": "renovate[bot]"}])
def test_a_bot_has_no_opinion(sender: dict[str, str]) -> None:
    assert understood("check_run", pressed_by("agree:12", **sender)) == ()


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("check_run", check_run(branch=None)),
        ("check_suite", check_suite(branch=None)),
        ("workflow_run", workflow_run(home="mallory/shop")),
    ],
)
def test_a_forks_head_must_be_looked_up(event: str, payload: dict[str, Any]) -> None:
    (trigger,) = understood(event, payload)
    assert (trigger.kind, trigger.number, trigger.head_sha) == (Kind.LOCATE, None, HEAD)


def test_a_fork_may_call_its_branch_like_our_default_branch() -> None:
    (trigger,) = understood("workflow_run", workflow_run(branch="main", home="mallory/shop"))
    assert trigger.kind is Kind.LOCATE


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("check_run", check_run(branch="main")),
        ("check_suite", check_suite(branch="main")),
        ("workflow_run", workflow_run(branch="main")),
        ("check_run", check_run("rerequested", OWN_APP, branch="main")),
    ],
)
def test_what_ran_on_the_default_branch_is_looked_up_without_asking_github(event: str, payload: dict[str, Any]) -> None:
    """Seldom a change's, yet a fork may call its branch the same, and its check events do not name the fork."""
    (trigger,) = understood(event, payload)
    assert (trigger.kind, trigger.remembered) == (Kind.LOCATE, True)


def test_a_pull_request_from_the_default_branch_is_judged() -> None:
    (trigger,) = understood("check_run", check_run(branch="main", pull_requests=[listed(5)]))
    assert (trigger.kind, trigger.number) == (Kind.EVALUATE, 5)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("check_run", check_run(branch=QUEUE)),
        ("check_suite", check_suite(branch=QUEUE)),
        ("workflow_run", workflow_run(branch=QUEUE)),
        ("check_run", check_run("rerequested", OWN_APP, branch=QUEUE)),
    ],
)
def test_a_branch_named_like_a_merge_queues_is_looked_up_like_any_other(event: str, payload: dict[str, Any]) -> None:
    """Anybody can name a branch so; only `merge_group` makes a group."""
    (trigger,) = understood(event, payload)
    assert (trigger.merge_group, trigger.base_ref, trigger.head_sha) == (False, "", HEAD)


def test_each_pull_request_at_the_head_is_judged_once() -> None:
    payload = check_run(pull_requests=[listed(9), listed(5), listed(9)])
    assert [trigger.number for trigger in understood("check_run", payload)] == [5, 9]


def test_pull_requests_of_other_repositories_of_the_network_are_not_ours() -> None:
    payload = check_run(pull_requests=[listed(5), listed(6, repository=8)])
    assert [trigger.number for trigger in understood("check_run", payload)] == [5]


@pytest.mark.parametrize("head", [None, "", "main", "1a", HEAD.upper(), f"{HEAD}/..", 7])
def test_without_a_sha_there_is_nothing_to_look_at(head: object) -> None:
    assert understood("check_run", check_run(head_sha=head)) == ()
