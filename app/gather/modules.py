"""The modules that a repository has watched for drift, by the rules of its default branch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.gather.rules import Connect, reading, rules
from app.github.errors import NotFound
from app.model import Place, Refusal
from checks.decide import Policy
from checks.drift.block import NAME, Config
from checks.judge import Unreadable
from checks.model import Mode, Pull

FRESH = 60.0  # seconds for which what was read is believed: batches come often


@dataclass(frozen=True, slots=True)
class Modules:
    """Reads GitHub through `connect`, and raises what that raises."""

    connect: Connect

    async def of(self, place: Place) -> Config | Refusal | None:
        """The block `drift`. None: there is none, or it is off; a Refusal: nobody can read it, or the repository."""
        try:
            base = await (await self.connect(place)).default_branch()
        except NotFound:
            return Refusal(f"{place.repository} is none that Maestro may see")
        upon = Pull(place.repository, None, "", "", "", "", "", base)
        asked = await rules(reading(self.connect, place), upon)
        if isinstance(asked.policy, Unreadable):
            return Refusal(f"the configuration on {base} cannot be read")
        config = asked.policy.checks.get(NAME) if isinstance(asked.policy, Policy) else None
        return config if isinstance(config, Config) and config.mode is not Mode.OFF else None


@dataclass(frozen=True, slots=True)
class RememberedModules:
    """The same, asked of GitHub once a minute at most for each repository."""

    modules: Modules
    now: Callable[[], float] = time.monotonic
    read: TTLCache[str, Config | Refusal | None] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", TTLCache(1_000, FRESH, self.now))

    async def of(self, place: Place) -> Config | Refusal | None:
        """As above."""
        key = place.repository.lower()
        if key not in self.read:
            self.read[key] = await self.modules.of(place)
        return self.read.get(key)
