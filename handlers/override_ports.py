"""What overrides need of the outside, as narrow protocols."""

from __future__ import annotations

from typing import Protocol

from checks.model import Pull
from checks.overridden import Overridden


class Overrides(Protocol):
    """The checks that do not count, for a person said so; each of one head onto one base."""

    async def of(self, pull: Pull) -> tuple[Overridden, ...]:
        """Those that stand for the head of `pull` onto its base."""

    async def keep(self, pull: Pull, check: str, who: str, reason: str) -> Overridden:
        """`check` does not count for the head of `pull` onto its base. One that stands already comes back as it is."""

    async def withdraw(self, pull: Pull, check: str, who: str) -> None:
        """It counts again."""

    async def withdrawn_by(self, pull: Pull, check: str) -> str:
        """Whoever withdrew the last one, where none stands since; else ""."""
