"""What `github_app_authorization` means."""

import pytest

from app.model import Kind, Trigger
from tests.handlers.shapes import understood

REVOKED = {"action": "revoked", "sender": {"login": "alice", "id": 12}}


def test_whoever_takes_back_what_they_allowed_is_forgotten_by_their_id() -> None:
    (trigger,) = understood("github_app_authorization", REVOKED)
    reason = "github_app_authorization.revoked"
    assert trigger == Trigger(Kind.SIGNED_OUT, "", person=12, reason=reason, who="alice")
    assert trigger.lane == "person 12"


@pytest.mark.parametrize(
    "change", [{"action": "created"}, {"action": None}, {"sender": {"login": "alice"}}, {"sender": {"id": "12"}}]
)
def test_anything_else_of_that_event_means_nothing(change: dict[str, object]) -> None:
    assert understood("github_app_authorization", REVOKED | change) == ()
