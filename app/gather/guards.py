"""What a repository's rules say of the guards in its services, by the rules of its default branch."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache, TTLCache

from app.gather.rules import Connect, reading, rules
from app.github.errors import GitHubError, NotFound
from app.model import Place
from checks.decide import Policy
from checks.model import Mode, Pull
from checks.speclive.block import NAME, Config

FRESH = 30.0  # seconds for which what was read is believed: every instance of every service asks

Remote = dict[str, Any]
"""`Remote` of `speclive/wire.py`: whether all guards are off, and what holds for those of which cards."""
NOTHING: Remote = {"version": 1, "off": False, "settings": []}


@dataclass(frozen=True, slots=True)
class SpecGuards:
    """Reads GitHub through `connect`, and raises what that raises."""

    connect: Connect

    async def of(self, repository: str) -> Remote:
        """`speclive.guards`, in the order of the file; NOTHING where there are no rules, or none that can be read."""
        place = Place(repository)
        try:
            base = await (await self.connect(place)).default_branch()
        except NotFound:
            return NOTHING
        asked = await rules(reading(self.connect, place), Pull(repository, None, "", "", "", "", "", base))
        config = asked.policy.checks.get(NAME) if isinstance(asked.policy, Policy) else None
        if not isinstance(config, Config) or config.mode is Mode.OFF:
            return NOTHING
        return NOTHING | {"settings": [one.model_dump(mode="json", exclude_none=True) for one in config.guards]}


@dataclass(frozen=True, slots=True)
class RememberedGuards:
    """The same, asked of GitHub twice a minute at most for each repository; while it is away the last answer holds."""

    guards: SpecGuards
    now: Callable[[], float] = time.monotonic
    read: TTLCache[str, Remote] = field(init=False)
    last: MutableMapping[str, Remote] = field(default_factory=lambda: LRUCache(1_000))

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", TTLCache(1_000, FRESH, self.now))

    async def of(self, repository: str) -> Remote:
        """As above. Raises what GitHub's absence raises only where it was never asked with success."""
        key = repository.lower()
        known = self.read.get(key)
        if known is not None:
            return known
        try:
            self.last[key] = await self.guards.of(repository)
        except GitHubError:
            if key not in self.last:
                raise
        self.read[key] = self.last[key]
        return self.last[key]
