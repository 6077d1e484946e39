"""What commands need of the outside, as narrow protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import Beside, Cause, KeptCommand, Verb
from checks.model import Decision, Measurement, Missing, Pull, Snapshot
from program.arms import Ladder

Measurements = tuple[Measurement, ...] | Missing | None
"""What was read of a head, as a Snapshot holds it."""


class KeptCommands(Protocol):
    """What people asked for, kept."""

    async def ask(self, command: KeptCommand) -> KeptCommand:
        """Keep it. One that is known by its key, or its id, comes back as it stands."""

    async def take_up(self, key: str) -> None:
        """The command of this id is acknowledged, unless it has ended."""

    async def end(self, command: KeptCommand, cause: Cause) -> KeptCommand:
        """It has its answer: kept and logged together, once. The first answer stands."""

    async def get(self, key: str) -> KeptCommand | None:
        """The command of this id."""

    async def refused_before(self, command: KeptCommand) -> bool:
        """Did the same person lack the role for something on the same pull request before?"""

    async def answered(self, command: KeptCommand, since: float) -> int:
        """How many others of the same person merely had an answer on the same pull request since then."""


class Besides(Protocol):
    """What is known of a pull request beside what is decided of it, for whoever shows it."""

    async def note(self, snapshot: Snapshot) -> None:
        """Remember what the facts of this head say of its cost, which is summed up over all heads."""

    async def of(self, pull: Pull, ladder: Ladder | None, measured: Measurements = None) -> Beside:
        """What people asked for, what is done about failures, what it cost. `ladder`: of the rules, with the budget;
        `measured`: what was read of the head.
        """


class NothingBeside:
    """Where nothing is known but the decision."""

    async def note(self, snapshot: Snapshot) -> None:
        """Nothing."""
        del snapshot

    async def of(self, pull: Pull, ladder: Ladder | None, measured: Measurements = None) -> Beside:
        """Nothing."""
        del pull, ladder, measured
        return Beside()


class Spendings(Protocol):
    """What pull requests have cost so far."""

    async def spent(self, repository: str, number: int) -> float:
        """Over all heads, in US dollars, as reported by whomever."""


class NothingSpent:
    """Where nobody reports anything."""

    async def spent(self, repository: str, number: int) -> float:
        """Nothing."""
        del repository, number
        return 0.0


class Explainer(Protocol):
    """Turns a decision into answers. `head_sha`: where the change is now."""

    def explained(self, decision: Decision, names: Sequence[str], head_sha: str) -> str:
        """Why it is what it is: of the checks of these `names`, else of those that stand in the way."""

    def planned(self, decision: Decision, verbs: Sequence[Verb], head_sha: str) -> str:
        """What is left to do until the change may ship; which of the `verbs` would help."""


class Heads(Protocol):
    """The heads that were judged."""

    async def pulls_at(self, repository: str, head_sha: str) -> Sequence[int]:
        """Pull requests that were judged at this head."""
