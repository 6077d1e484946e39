"""Our App as GitHub names it where it writes: the login of its bot."""

from __future__ import annotations

from typing import Any

from app.github.client import GitHub


class Myself:
    """Asks GitHub once a process: an App that is renamed is started anew."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._login = ""

    async def __call__(self) -> str:
        """The login, `<slug>[bot]`; any error of `app.github.errors`."""
        if not self._login:
            self._login = await self._github.app.get("/app", {}, _read_login)
        return self._login


def _read_login(data: Any) -> str:
    """GitHub names an App's bot after its slug (docs "Verifying that a commit was made by a GitHub App")."""
    return f"{data['slug']}[bot]"
