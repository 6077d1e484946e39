"""Everything of ours that is open: installations, their repositories, the pull requests there, and whether rules hold.

Read with tokens that can only read. Their clients share each installation's budget with the evaluations, but not the
ETag cache: long lists must not push out what evaluations read again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.gather.rules import reading, rules
from app.gather.unread import or_unread
from app.github import installations as listed
from app.github.client import Client, GitHub
from app.github.repository import Repository
from app.model import Place, Unread
from checks.model import Pull

READ_ONLY = {"contents": "read", "pull_requests": "read"}


@dataclass(frozen=True, slots=True)
class Census:
    """Asks `github`, in the name of the App and of each installation."""

    github: GitHub

    async def installations(self) -> tuple[int, ...] | Unread:
        """Those that may be asked: a suspended one is left alone."""
        found = await or_unread(listed.installations(self.github.app), "installations")
        return found if isinstance(found, Unread) else tuple(one.id for one in found if not one.suspended)

    async def repositories(self, installation: int) -> tuple[str, ...] | Unread:
        """`owner/name` of those that may be written to."""
        found = await or_unread(listed.repositories(self._client(installation)), f"repositories of {installation}")
        return found if isinstance(found, Unread) else tuple(one.full_name for one in found if not one.frozen)

    async def open_pulls(self, installation: int, repository: str) -> tuple[Pull, ...] | Unread:
        """Open pull requests of a repository, the newest first: one call for each hundred."""
        there = Repository(self._client(installation), repository)
        found = await or_unread(there.open_pulls(), f"open pull requests of {repository}")
        return found if isinstance(found, Unread) else tuple(one.facts() for one in found)

    async def ruled(self, installation: int, pull: Pull) -> bool | Unread:
        """Does the base of `pull` have a configuration, its own or its owner's, readable or not?"""
        return await or_unread(self._ruled(installation, pull), f"rules of {pull.repository} at {pull.base_ref}")

    async def _ruled(self, installation: int, pull: Pull) -> bool:
        client = self._client(installation)

        async def connect(place: Place) -> Repository:
            return Repository(client, place.repository)

        return (await rules(reading(connect, Place(pull.repository, installation)), pull)).policy is not None

    def _client(self, installation: int) -> Client:
        return self.github.installation(installation, permissions=READ_ONLY)
