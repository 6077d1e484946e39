"""What GitHub does not tell a healing run: a value, and a line in the log."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from app.gather.unread import or_unread
from app.github.errors import Denied, GitHubError, NotFound, RateLimited, Unavailable
from app.model import Unread


async def told(error: Exception | None) -> int:
    if error:
        raise error
    return 42


async def test_an_answer_stays_what_it_is() -> None:
    with capture_logs() as lines:
        assert await or_unread(told(None), "the answer") == 42
    assert lines == []


@pytest.mark.parametrize("kind", [NotFound, Denied, Unavailable, RateLimited])
async def test_every_error_of_github_becomes_a_value_and_a_line(kind: type[GitHubError]) -> None:
    with capture_logs() as lines:
        answer = await or_unread(told(kind("GET /app", 403, "No")), "installations")
    assert answer == Unread("GET /app: 403: No", limited=kind is RateLimited)
    assert [(line["event"], line["what"]) for line in lines] == [("healing.unread", "installations")]


async def test_a_fault_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        await or_unread(told(ZeroDivisionError()), "the answer")
