"""The list of open pull requests: whose it shows, in which order, and what is found in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.model import Cause
from app.render.pull_list import age
from tests.pages.looking import words
from tests.pages.pulled import NEXT, PULL, PullTrial, case, pull_trial

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def listed(here: PullTrial, query: str = "", login: str = "carol") -> str:
    """What `login` sees."""
    answer = await here.get(f"/{query}", Cookie=f"as={login}")
    assert answer.status == 200
    return await answer.text()


def numbers(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'<a href="/pr/acme/shop/(\d+)"', page)]


async def decide(here: PullTrial, number: int, *, p95: float = 240.0, days: float = 0.0, **facts: str) -> None:
    """A decision on pull request `number`, so many days ago."""
    changes: dict[str, object] = {"number": number, **facts}
    key = await here.decide(case(replace(PULL, **changes), p95))  # type: ignore[arg-type]
    async with here.stores.main.begin() as connection:
        await connection.execute(
            text("UPDATE decisions SET decided_at = decided_at - :by WHERE id = :key"),
            {"by": int(days * 86_400e6), "key": key},
        )


async def test_whoever_is_not_signed_in_is_told_what_this_is_and_how_to_sign_in(here: PullTrial) -> None:
    await here.decide()
    answer = await here.get("/")
    page = await answer.text()
    assert answer.status == 200
    assert '<a class="button" href="/login?next=/">Sign in with GitHub</a>' in page
    assert "Faster checkout" not in page
    here.people.welcome = False
    assert "Nobody can sign in here yet. Open a page from GitHub" in await (await here.get("/")).text()


async def test_each_sees_the_open_ones_of_what_they_can_read_the_worst_and_oldest_first(here: PullTrial) -> None:
    await decide(here, 1, days=5)
    await decide(here, 2, p95=261.0, days=1)
    await decide(here, 3, p95=261.0, days=3)
    await decide(here, 4)
    await here.stores.decisions.void("acme/shop", 4, Cause("pull_request.closed"))
    await here.decide(case(replace(PULL, repository="acme/secret", number=9)))
    page = await listed(here)
    assert numbers(page) == [3, 2, 1]
    assert "BLOCK 2" in words(page)
    assert "3 open" in words(page)
    assert "acme/shop #3 · octocat · for 3 d · AGPL-3.0-only arrives with @acme/report 2.1.0" in words(page)
    assert "secret" not in page
    assert numbers(await listed(here, "?sort=age")) == [1, 3, 2]
    assert "There is nothing to decide" in await listed(here, login="mallory")


async def test_how_long_counts_from_the_first_of_the_decisions_that_say_the_same(here: PullTrial) -> None:
    await decide(here, 1, p95=261.0, days=9)
    await decide(here, 1, days=4)
    await decide(here, 1, days=2)
    assert "for 4 d" in words(await listed(here))


async def test_it_is_filtered_by_text_verdict_and_repository_without_a_script(here: PullTrial) -> None:
    await decide(here, 1, title="Round totals")
    await decide(here, 2, p95=261.0, title="Render invoices")
    await decide(here, 3, title="Cache", author="mona")
    assert numbers(await listed(here, "?q=INVOICES+render")) == [2]
    assert numbers(await listed(here, "?q=mona")) == [3]
    assert numbers(await listed(here, "?verdict=ship")) == [1, 3]
    assert numbers(await listed(here, "?repository=acme/other")) == []
    found = await listed(here, '?q="><script>&verdict=block')
    assert "None of them fits" in found
    assert 'value="&#34;&gt;&lt;script&gt;"' in found
    for senseless in ("?page=99999999", "?page=-1", "?page=%D9%A3", "?sort=nonsense", "?verdict=nonsense"):
        assert (await here.get(f"/{senseless}", Cookie="as=carol")).status == 200


async def test_above_a_hundred_they_come_in_pages(here: PullTrial) -> None:
    for number in range(1, 104):
        await here.decide(case(replace(PULL, number=number)))
    first, last = await listed(here), await listed(here, "?page=2")
    assert (len(numbers(first)), len(numbers(last))) == (100, 3)
    assert not set(numbers(first)) & set(numbers(last))
    assert '<a rel="next" href="/?page=2">' in first
    assert '<a rel="prev" href="/">' in last
    assert "103 open, page 2 of 2" in words(last)


async def test_a_newer_decision_shows_at_once(here: PullTrial) -> None:
    await decide(here, 7)
    assert "SHIP 1" in words(await listed(here))
    await here.push(NEXT)
    await here.decide(p95=261.0)
    assert "BLOCK 1" in words(await listed(here))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (59, "just now"),
        (3_599, "for 59 min"),
        (47 * 3_600, "for 47 h"),
        (172_800, "for 2 d"),
    ],
)
def test_how_long_is_said_as_people_do(seconds: float, said: str) -> None:
    assert age(seconds) == said
