"""What a rollback by hand needs of the outside, as narrow protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import Cause, KeptExperiment, Place, Refusal, Serving


class Trials(Protocol):
    """The experiments that are kept."""

    async def of(self, repository: str, sha: str) -> Sequence[KeptExperiment]:
        """All of a commit."""

    async def take_back(self, key: int, cause: Cause) -> KeptExperiment:
        """Somebody rolls it back: from here on nothing is promoted, and what follows is theirs to carry out."""

    async def acted(self, key: int, outcome: str, course: str) -> None:
        """The consequences of `course` are had, or are given up."""


class Served(Protocol):
    """Deployments, as GitHub has them now."""

    async def of(self, place: Place, shas: Sequence[str]) -> Sequence[Serving] | Refusal:
        """The newest one of any of `shas` to each environment, but for those that are over; or why nobody can tell."""
