"""What people may do in a repository, asked of GitHub at the moment they act."""

from __future__ import annotations

from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import GitHubError
from app.model import Place


@dataclass(frozen=True, slots=True)
class Roles:
    """Asks through `connect`, anew each time: a role that was taken away a minute ago is none."""

    connect: Connect

    async def of(self, place: Place, login: str) -> str:
        """GitHub's `role_name` of `login`, `none` for strangers; "" where it does not say: that is no role."""
        try:
            return await (await self.connect(place)).role(login)
        except GitHubError:
            return ""
