"""Somebody took back, on GitHub, what lets us act as them: nothing of theirs is kept, and nothing is open."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Done, Trigger
from app.store.people import People


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Forgets them."""

    people: People

    async def __call__(self, trigger: Trigger) -> Done:
        """Done however often it is told."""
        if trigger.person is not None:
            await self.people.forget(trigger.person)
        return Done()
