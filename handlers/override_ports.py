"""What overrides need of the outside, as narrow protocols."""

from __future__ import annotations

from typing import Protocol

from checks.model import Pull
from checks.overridden import Overridden


class Overrides(Protocol):
    """The checks that do not count, for a person said so; each of one head onto one base."""

    async def of(self, pull: Pull) -> tuple[Overridden, ...]:
        """Those that stand for the head of `pull` onto its base."""

    async def keep(self, pull: Pull, check: str, who: str, reason: str, command: str) -> Overridden:
        """`check` does not count for the head of `pull` onto its base, for `command` said so. One that stands already
        comes back as it is.
        """

    async def withdraw(self, pull: Pull, check: str, who: str, command: str) -> None:
        """It counts again, for `command` said so."""

    async def had(self, pull: Pull, check: str, command: str) -> bool:
        """Did `command` say it, or withdraw it, before: in a run that was killed?"""
