"""Answers that are believed for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from app.pages.believing import FAILED, KEPT, Belief, NoAnswer


@dataclass
class Oracle:
    """Whoever is asked, and the clock of whoever believes it."""

    told: bool | None = True
    at: float = 0.0
    asked: list[str] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, key: str) -> bool:
        self.asked.append(key)
        await self.open.wait()
        if self.told is None:
            raise NoAnswer(key)
        return self.told


@pytest.fixture
def oracle() -> Oracle:
    made = Oracle()
    made.open.set()
    return made


@pytest.fixture
def belief(oracle: Oracle) -> Belief[str, bool]:
    return Belief(oracle, lambda: oracle.at)


async def test_an_answer_is_believed_for_a_minute_and_no_longer(oracle: Oracle, belief: Belief[str, bool]) -> None:
    assert await belief.of("alice")
    oracle.told, oracle.at = False, KEPT - 0.1
    assert await belief.of("alice")
    oracle.at = KEPT
    assert not await belief.of("alice")
    assert oracle.asked == ["alice", "alice"]


async def test_no_answer_is_neither_yes_nor_no_and_not_for_long(oracle: Oracle, belief: Belief[str, bool]) -> None:
    oracle.told = None
    with pytest.raises(NoAnswer):
        await belief.of("alice")
    oracle.told, oracle.at = True, FAILED - 0.1
    with pytest.raises(NoAnswer):
        await belief.of("alice")
    assert oracle.asked == ["alice"], "GitHub is left alone meanwhile"
    oracle.at = FAILED
    assert await belief.of("alice")
    assert (KEPT, FAILED) == (60.0, 10.0)


async def test_however_many_wait_it_is_asked_once_and_of_each_by_themselves(
    oracle: Oracle, belief: Belief[str, bool]
) -> None:
    oracle.open.clear()
    waiting = [asyncio.ensure_future(belief.of(key)) for key in ("alice", "alice", "bob", "alice")]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    oracle.open.set()
    assert await asyncio.gather(*waiting[1:]) == [True, True, True]
    assert sorted(oracle.asked) == ["alice", "bob"]
