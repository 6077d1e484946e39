"""What Spec Cards saw, as a source of experiments: everybody has it, and no operator enters it.

The counts are in our own storage, so whoever reads them is elsewhere (`app.gather.guard_counts`); here is what can be
said before anything is read.
"""

from __future__ import annotations

from typing import Literal

import aiohttp

from app.sources.counters import Reading, Window
from app.sources.entry import Entry
from app.sources.errors import BadSelector
from app.sources.ticks import Source
from checks.experiment import Side
from checks.experiment.design import Design

LAG = 12.0  # seconds: a service tells every ten
_WRONG = "`speclive` counts `speclive:<control or canary>:<evaluated or violated>`, and nothing else"


class Nothing:
    """Counts nothing: all that can be asked of `speclive` is answered from our storage."""

    def check(self, side: Side, seconds: float) -> None:
        """Raises BadSelector."""
        raise BadSelector(_WRONG)

    async def count(self, design: Design, side: Side, window: Window) -> Reading:
        """Raises BadSelector."""
        raise BadSelector(_WRONG)


class GuardEntry(Entry):
    """The source `speclive`."""

    kind: Literal["speclive"] = "speclive"

    @property
    def secrets(self) -> tuple[str, ...]:
        """There are none."""
        return ()

    def check(self, side: Side, seconds: float, repository: str) -> None:
        """Raises BadSelector."""
        Nothing().check(side, seconds)

    def opened(self, session: aiohttp.ClientSession, repository: str) -> Source:
        """What counts whatever is not of guards: nothing."""
        return Nothing()


GUARDS = GuardEntry(repositories=("*/*",), lag_seconds=LAG)
