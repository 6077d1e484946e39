"""A source that fails is a value in the Snapshot, not an exception on the road."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from app.github.errors import GitHubError, RateLimited, Unavailable
from checks.model import Missing

T = TypeVar("T")


async def or_missing(reading: Awaitable[T], what: str) -> T | Missing:
    """The fact, or why it could not be had. GitHub being away is our failure and worth another try; a no is a no.

    RateLimited passes: it says when to come back, and until then there is nothing to decide.
    """
    try:
        return await reading
    except RateLimited:
        raise
    except Unavailable as error:
        return Missing(f"{what}: GitHub did not answer ({error.status or 'no answer'})", ours=True)
    except GitHubError as error:
        return Missing(f"{what}: GitHub answered {error.status}")
