"""What was begun and surely did not happen may be begun again; the rest stays in doubt until somebody finds out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.github.errors import GitHubError, Malformed, TooLarge, Unavailable
from app.store.effects import Effects


@asynccontextmanager
async def unless_refused(effects: Effects, key: str) -> AsyncIterator[None]:
    """What GitHub surely did not do, because it refused or was never reached, is as if it had never been begun."""
    try:
        yield
    except (Malformed, TooLarge):  # it did
        raise
    except GitHubError as error:
        if not (isinstance(error, Unavailable) and error.outcome_unknown):
            await effects.abandon(key)
        raise
