"""What somebody who signed in is asked for on GitHub in their name, where the rules of a repository name them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from app.github.client import Client
from app.github.errors import Denied, GitHubError, Unavailable
from app.github.repository import Repository
from app.github.user import whoami
from app.pages.acquainted import Acquaintances, Gone
from app.pages.believing import NoAnswer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InTheirName:
    """Asks GitHub as whoever has a login, of one repository."""

    acquaintances: Acquaintances

    async def __call__(
        self, login: str, repository: str, question: Callable[[Repository], Awaitable[T]]
    ) -> T | GitHubError | str:
        """What GitHub answers them, or its error; or why nobody can ask so, in our own words."""
        person = await self.acquaintances.people.called_now(login)
        if person is None:
            return f"`{login}` has not signed in on the Decision Center"

        async def asked(client: Client) -> T | GitHubError | str:
            if (await whoami(client)).login.lower() != login.lower():
                return f"who signed in as `{login}` has another login now"
            return await _answered(question(Repository(client, repository)))

        try:
            return await self.acquaintances.ask(person, asked)
        except Gone:
            return f"GitHub lets nobody ask in the name of `{login}` any longer: they sign in again first"
        except NoAnswer as none:  # it was asked who they are, and no more
            return Unavailable("GET /user", 0, str(none))


async def _answered(answer: Awaitable[T]) -> T | GitHubError:
    try:
        return await answer
    except Denied as denied:
        if denied.status == 401:  # their token is good for nothing: they are signed out by it
            raise
        return denied
    except GitHubError as error:
        return error
