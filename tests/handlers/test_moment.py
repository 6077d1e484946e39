"""When what a webhook tells of happened: GitHub's own word for it, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import Delivery
from handlers.moment import happened
from tests.handlers.shapes import JSON, Shape

NOON = 1_769_860_800.0  # 2026-01-31T12:00:00Z
SUBJECTS = [
    ("check_run", "check_run"),
    ("check_suite", "check_suite"),
    ("deployment_status", "deployment_status"),
    ("issue_comment", "comment"),
    ("pull_request", "pull_request"),
    ("push", "repository"),
    ("workflow_run", "workflow_run"),
]


def told(event: str, payload: object) -> float | None:
    return happened(Delivery(1, "guid", event, json.dumps(payload).encode(), 0.0))


@pytest.mark.parametrize(("event", "subject"), SUBJECTS)
def test_the_newest_moment_of_what_the_event_is_about_counts(event: str, subject: str) -> None:
    times = {"created_at": "2026-01-31T11:00:00Z", "updated_at": "2026-01-31T12:00:00Z", "completed_at": None}
    other = {"updated_at": "2026-01-31T23:00:00Z"}
    assert told(event, {subject: times, "sender": other, "installation": other}) == NOON


def test_a_push_says_it_in_seconds() -> None:
    assert told("push", {"repository": {"created_at": 1_500_000_000, "pushed_at": int(NOON)}}) == NOON


def test_another_offset_is_the_same_moment() -> None:
    assert told("pull_request", {"pull_request": {"updated_at": "2026-01-31T14:00:00+02:00"}}) == NOON


@pytest.mark.parametrize("action", ["requested_action", "rerequested"])
def test_a_button_says_nothing_of_when_it_was_pressed(action: str) -> None:
    run = {"completed_at": "2026-01-31T12:00:00Z"}
    assert told("check_run", {"action": "completed", "check_run": run}) == NOON
    assert told("check_run", {"action": action, "check_run": run}) is None


@pytest.mark.parametrize("event", ["ping", "installation", "merge_group", "maestro_wake", "of_tomorrow"])
def test_other_events_name_no_moment(event: str) -> None:
    assert told(event, {event: {"updated_at": "2026-01-31T12:00:00Z"}}) is None


@pytest.mark.parametrize("value", ["", "noon", "2026-01-31T12:00:00", "0001-01-01T00:00:00+23:59", True, -1, {}, 2**70])
def test_what_is_no_moment_is_none(value: object) -> None:
    assert told("pull_request", {"pull_request": {"updated_at": value}}) is None


TIMED: st.SearchStrategy[Shape] = st.dictionaries(
    st.sampled_from(["created_at", "updated_at", "completed_at"]), JSON | st.datetimes().map(str)
)


@given(st.dictionaries(st.sampled_from(["action", "pull_request"]), JSON | TIMED))
def test_no_payload_makes_it_raise(payload: Shape) -> None:
    moment = told("pull_request", payload)
    assert moment is None or isinstance(moment, float)
