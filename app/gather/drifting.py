"""How the watched modules of a repository stand, as the check reads them: from our own database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import KeptModule, KeptReference
from checks.drift.told import written
from checks.drifting import Drifting


class Watches(Protocol):
    """The modules that are watched."""

    async def of(self, repository: str) -> Sequence[KeptModule]:
        """All of a repository."""

    async def reference(self, module: KeptModule) -> KeptReference | None:
        """What its days are compared with."""


class NoWatches:
    """For a reader without a database: nobody watched."""

    async def of(self, repository: str) -> Sequence[KeptModule]:
        """None."""
        return ()

    async def reference(self, module: KeptModule) -> KeptReference | None:
        """None."""
        return None


async def drifting(watches: Watches, repository: str) -> tuple[Drifting, ...]:
    """One a module, by name."""
    return tuple([await _drifting(watches, module) for module in await watches.of(repository)])


async def _drifting(watches: Watches, module: KeptModule) -> Drifting:
    reference = await watches.reference(module)
    days = None if reference is None else (written(reference.first) or "", written(reference.last) or "")
    return Drifting(module.name, module.course, days)
