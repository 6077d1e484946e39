"""Closed pull requests of one repository, as GitHub's list tells of them: when each was opened, and closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from app.github.address import owner_and_name
from app.github.client import Client
from app.github.fields import identifier, moment, text, within

_CLOSED = "/repos/{owner}/{repo}/pulls{?state,sort,direction,per_page}"


@dataclass(frozen=True, slots=True)
class ClosedPull:
    """One of the list. Moments are epoch seconds, 0 where GitHub does not say. `changed`: when anything last was."""

    number: int
    opened: float
    closed: float
    merged: bool
    bot: bool
    draft: bool
    changed: float


def closed_pulls(client: Client, repository: str) -> AsyncGenerator[tuple[ClosedPull, ...], None]:
    """Page by page, what was changed last first. May raise any error of `app.github.errors`."""
    owner, name = owner_and_name(repository)
    parts = {"owner": owner, "repo": name, "state": "closed", "sort": "updated", "direction": "desc"}
    return client.pages(_CLOSED, parts, read_closed)


def read_closed(data: Any) -> ClosedPull:
    """Read one of the list."""
    return ClosedPull(
        number=identifier(data, "number"),
        opened=moment(data, "created_at"),
        closed=moment(data, "closed_at"),
        merged=bool(data.get("merged_at")),
        bot=text(within(data, "user"), "type") == "Bot",
        draft=bool(data.get("draft")),
        changed=moment(data, "updated_at"),
    )
