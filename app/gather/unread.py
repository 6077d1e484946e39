"""What GitHub does not tell a healing run is a value and a line in the log: the next run asks again."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from app.github.errors import GitHubError, RateLimited
from app.model import Unread

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def or_unread(reading: Awaitable[T], what: str) -> T | Unread:
    """The answer, or why there is none. `what` names it in the log."""
    try:
        return await reading
    except GitHubError as error:
        return unread(error, what)


def unread(error: GitHubError, what: str) -> Unread:
    """`error` as a value, once it is logged."""
    limited = isinstance(error, RateLimited)
    log.warning("healing.unread", what=what, error=str(error), limited=limited)
    return Unread(str(error), limited)
