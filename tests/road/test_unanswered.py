"""Commands that nobody was left to answer, over the real engine and the real store: they are taken up, or given up."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.model import KeptCommand, Progress, Surface
from handlers.unanswered import LOST, UNTOLD, LeftOver
from tests.road.stories import change, shop
from tests.road.town import GREEN, Town

pytestmark = pytest.mark.slow


def healing(here: Town, seconds: float) -> LeftOver:
    """A run of it in so many seconds."""
    kept = here.maestro.stores
    return LeftOver(
        kept.commands, kept.deliveries, kept.inbox, kept.lanes_of_commands, now=lambda: time.time() + seconds
    )


async def asked(here: Town, **changes: Any) -> KeptCommand:
    """What the web process kept before it died: the worker was not told."""
    number, sha = change(shop(here.sandbox, GREEN))
    await here.rest()
    where = {"repository": "octo/shop", "number": number, "head_sha": sha, "verb": "explain", "arguments": ""}
    who = {"who": "alice", "surface": Surface.CENTER, "asked": time.time()}
    facts: dict[str, Any] = {"id": "c" * 32, "key": "center 1 k"} | where | who | changes
    return await here.maestro.stores.commands.ask(KeptCommand(**facts))


async def now(here: Town) -> KeptCommand:
    await here.rest()
    kept = await here.maestro.stores.commands.get("c" * 32)
    assert kept is not None
    return kept


async def test_what_was_kept_and_never_told_is_answered_once(here: Town) -> None:
    await asked(here)
    await healing(here, 0)()
    assert (await now(here)).state is Progress.PENDING
    for _ in range(2):
        await healing(here, UNTOLD + 1)()
        ended = await now(here)
        assert (ended.state, ended.role) == (Progress.DONE, "write")
    listed = await here.maestro.stores.deliveries.listed(None, 1000)
    assert [one.guid for one in listed].count("c" * 32) == 1


async def test_what_a_job_left_behind_is_given_up_and_the_log_says_who_asked(here: Town) -> None:
    await asked(here, surface=Surface.COMMENT)
    await here.maestro.stores.commands.take_up("c" * 32)
    await healing(here, LOST - 60)()
    assert (await now(here)).state is Progress.RUNNING
    await healing(here, LOST + 1)()
    ended = await now(here)
    assert (ended.state, "may be asked for again" in ended.said) == (Progress.FAILED, True)
    lines = [line async for batch in here.maestro.stores.provenance.rows() for line in batch]
    (line,) = (one[1] for one in lines if b'"what":"explain"' in one[1])
    assert b'"who":"alice"' in line
    assert b"failed: it was lost" in line
