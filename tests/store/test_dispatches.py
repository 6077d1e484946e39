"""Workflows that commands had run: each command one, found by pull request and by command."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import ARM, TESTS, Dispatched
from app.store.dispatches import MOST, Dispatches

HEAD = "a" * 40
SMALL = Dispatched(ARM, "impl@small", "agent.yml", HEAD, 0.0, 41)


def dispatches(database: AsyncEngine) -> Dispatches:
    return Dispatches(database, lambda: 1_764_000_000_000_000)


async def test_of_one_command_the_first_counts(database: AsyncEngine) -> None:
    kept = dispatches(database)
    first = await kept.keep("Octo/shop", 7, SMALL, "comment 1")
    assert first == replace(SMALL, at=1_764_000_000.0)
    assert await kept.keep("octo/shop", 7, replace(SMALL, name="impl@large"), "comment 1") == first
    assert await kept.of_command("comment 1") == first
    assert await kept.of_command("comment 2") is None


async def test_a_pull_request_has_its_own_in_the_order_they_came(database: AsyncEngine) -> None:
    kept = dispatches(database)
    await kept.keep("octo/shop", 7, SMALL, "comment 1")
    await kept.keep("octo/shop", 8, SMALL, "comment 2")
    await kept.keep("octo/shop", 7, Dispatched(TESTS, "tests", "high.yml", HEAD, 0.0), "comment 3")
    assert [(one.kind, one.run) for one in await kept.of_pull("OCTO/shop", 7)] == [(ARM, 41), (TESTS, None)]


async def test_of_very_many_the_newest_are_known(database: AsyncEngine) -> None:
    kept = dispatches(database)
    for number in range(MOST + 2):
        await kept.keep("octo/shop", 7, replace(SMALL, run=number), f"comment {number}")
    assert [one.run for one in await kept.of_pull("octo/shop", 7)] == list(range(2, MOST + 2))
