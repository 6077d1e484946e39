"""The checks that a person said do not count, as a decision holds them: from our own database."""

from __future__ import annotations

from typing import Protocol

from checks.model import Pull
from checks.overridden import Overridden


class Overrides(Protocol):
    """What was overridden."""

    async def of(self, pull: Pull) -> tuple[Overridden, ...]:
        """All that stands for the head of `pull` onto its base; of a merge group nothing does."""


class NoOverrides:
    """For a reader without a database: nobody overrode anything."""

    async def of(self, pull: Pull) -> tuple[Overridden, ...]:
        """None."""
        return ()
