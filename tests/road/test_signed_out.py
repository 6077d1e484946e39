"""Somebody takes back on GitHub what lets us act as them: the event comes, and all of theirs is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.signed import guest
from tests.road.town import Town, town

pytestmark = pytest.mark.slow


async def test_whoever_takes_back_what_they_allowed_is_signed_out_everywhere_and_forgotten(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        alice = await signed_in(here, "alice")
        bob = await signed_in(here, "bob")
        here.sandbox.revoke("alice")
        await here.rest()
        kept = here.maestro.stores
        assert await kept.people.get(alice) is None
        assert await kept.sessions.of(alice) == []
        assert await kept.people.get(bob) is not None
        assert len(await kept.sessions.of(bob)) == 1
        assert {one.status for one in here.sandbox.deliveries} == {"OK"}


async def signed_in(here: Town, login: str) -> int:
    """Somebody signs in on a browser; their id."""
    async with guest(here.url, here.sandbox) as browser:
        await browser.sign_in(login)
        return await browser.id()
