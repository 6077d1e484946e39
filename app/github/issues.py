"""Issues of one repository: the only calls that we make on them, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.address import Part
from app.github.client import Client
from app.github.fields import identifier, text, within

_ISSUES = "/repos/{owner}/{repo}/issues"
_ISSUE = _ISSUES + "/{issue_number}"


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it is now. `app_id`: None where GitHub names no App; `author`: a login."""

    number: int
    open: bool
    title: str
    body: str
    author: str
    app_id: int | None
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issues:
    """`parts`: owner and name of the repository. Every call may raise any error of `app.github.errors`."""

    client: Client
    parts: Mapping[str, Part]

    async def by(self, login: str) -> tuple[Issue, ...]:
        """All that `login` opened, pull requests among them, newest first, all pages."""
        template = _ISSUES + "{?state,creator,per_page}"
        return await self.client.get_list(template, {**self.parts, "state": "all", "creator": login}, read_issue)

    async def get(self, number: int) -> Issue:
        """Issue `number`; NotFound when it was deleted, or issues are switched off."""
        return await self.client.get(_ISSUE, {**self.parts, "issue_number": number}, read_issue)

    async def create(self, title: str, body: str) -> int:
        """Open an issue; its number."""
        return (await self.client.post(_ISSUES, self.parts, {"title": title, "body": body}, read_issue)).number

    async def assign(self, title: str, body: str, login: str) -> Issue:
        """Open an issue that is assigned to `login`; GitHub drops in silence whom it will not assign."""
        fields = {"title": title, "body": body, "assignees": [login]}
        return await self.client.post(_ISSUES, self.parts, fields, read_issue)

    async def update(self, number: int, fields: Mapping[str, str]) -> None:
        """Change an issue, in GitHub's words (title, body, state, state_reason)."""
        await self.client.patch(_ISSUE, {**self.parts, "issue_number": number}, fields, read_issue)


def read_issue(data: Any) -> Issue:
    """Read one issue."""
    return Issue(
        number=identifier(data, "number"),
        open=text(data, "state") == "open",
        title=text(data, "title"),
        body=text(data, "body"),
        author=text(within(data, "user"), "login"),
        app_id=within(data, "performed_via_github_app").get("id"),
        assignees=tuple(text(one, "login") for one in data.get("assignees") or ()),
    )
