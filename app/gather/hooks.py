"""What GitHub failed to deliver to us, and the request to send it again: to hear, not to write."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from app.gather.unread import or_unread, unread
from app.github.app_hooks import AppHooks
from app.github.client import GitHub
from app.github.errors import GitHubError
from app.model import Attempt, Unread


@dataclass(frozen=True, slots=True)
class Hooks:
    """The App's webhook at `github`, with errors as values."""

    github: GitHub

    async def failed(self) -> AsyncGenerator[tuple[Attempt, ...] | Unread, None]:
        """Failed attempts page by page, the newest first; an Unread is the last."""
        try:
            async with aclosing(AppHooks(self.github.app).failed()) as pages:
                async for page in pages:
                    yield page
        except GitHubError as error:
            yield unread(error, "failed deliveries")

    async def again(self, attempt: Attempt) -> Unread | None:
        """Ask for one delivery again; None when GitHub will send it."""
        return await or_unread(AppHooks(self.github.app).again(attempt.id), f"delivery {attempt.guid} again")
