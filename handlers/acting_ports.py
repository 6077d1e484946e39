"""What the verbs that have something run need of the outside, as narrow protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import Dispatched, Failed, Opened, Place
from checks.model import Pull
from checks.tested import Escalated
from program.chain import Choice


class Failures(Protocol):
    """Heads and changes, as GitHub has them now."""

    async def of(self, place: Place, pull: Pull, since: float) -> Failed:
        """What failed on the head of `pull` as it was at `since`, epoch seconds."""

    async def stated(self, place: Place, pull: Pull) -> Sequence[str]:
        """The arms that `pull` says it was made by: its author's words."""


class Escalations(Protocol):
    """Heavier tests, as GitHub has them now."""

    async def of(self, place: Place, pull: Pull) -> Sequence[Escalated]:
        """Those that were asked for on the head of `pull`, the oldest first."""


class Choices(Protocol):
    """Which arm tries next at a pull request."""

    async def asked(self, opened: Opened, at: float) -> Choice | str:
        """As things stood `at`, epoch seconds; or why there is none, in our own words."""


class Dispatches(Protocol):
    """The workflows that commands had run."""

    async def keep(self, repository: str, number: int, dispatched: Dispatched, command: str) -> Dispatched:
        """Keep what `command` had run; of one command the first counts, and comes back."""

    async def of_command(self, command: str) -> Dispatched | None:
        """What a command had run."""

    async def of_pull(self, repository: str, number: int) -> Sequence[Dispatched]:
        """The newest of a pull request, the oldest of them first."""

    async def of_head(self, repository: str, head_sha: str) -> Sequence[Dispatched]:
        """The newest that were sent to a head, of whichever pull request, the oldest of them first."""
