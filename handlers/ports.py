"""What handlers need of the outside, as narrow protocols. `app.main` brings the real ones, tests bring small ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from app.model import Action, BeginCheckRun, Opened, Place, Trigger
from checks.judge import Case
from checks.model import Decision, Pull
from handlers.commands import Verb


class Reader(Protocol):
    """Reads GitHub (or a checkout); never writes."""

    async def open(self, trigger: Trigger) -> Opened | None:
        """The newest head and its rules; None when there is nothing to judge: no rules, closed, or gone."""

    async def gather(self, opened: Opened, attempts_left: int) -> Case:
        """All facts that the rules ask for."""

    async def pulls_at(self, trigger: Trigger) -> Sequence[int]:
        """Open pull requests whose head is the trigger's."""

    async def open_pulls(self, trigger: Trigger) -> Sequence[int]:
        """Open pull requests against the trigger's base branch (any base when it names none)."""


class Writer(Protocol):
    """Writes to GitHub; drops what speaks of a head that has moved."""

    async def perform(self, place: Place, actions: Iterable[Action]) -> None:
        """Carry out `actions` in order, each at most once."""


class Archive(Protocol):
    """Keeps decisions."""

    async def keep(self, case: Case, decision: Decision, reason: str) -> None:
        """Keep what was decided and all that it was made of."""


class Renderer(Protocol):
    """Turns decisions into the words of each place they are shown."""

    def pending(self, pull: Pull) -> BeginCheckRun:
        """`maestro / decision`, in progress."""

    def actions(self, decision: Decision, card: str) -> tuple[Action, ...]:
        """The check runs and the card that say `decision`."""

    def help(self, verbs: Sequence[Verb]) -> str:
        """The answer to `/maestro help`."""

    def unknown_command(self, verb: str, nearest: str) -> str:
        """The answer to a verb that does not exist."""
