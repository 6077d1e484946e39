"""From the card's link to the page, over real HTTP, and how the page of what was merged or closed speaks."""

from __future__ import annotations

import re

import aiohttp
import pytest

from app.github.sandbox import Repo
from tests.pages.looking import words
from tests.road.stories import change, shop
from tests.road.town import Town

pytestmark = pytest.mark.slow

RISKY = "version: 1\nrisk: {limit: 0.0}\n"


@pytest.fixture
async def blocked(here: Town) -> tuple[Repo, int]:
    """A pull request that a check stands in the way of."""
    repo = shop(here.sandbox, RISKY)
    number, _ = change(repo)
    await here.rest()
    return repo, number


async def followed(here: Town, repo: Repo, number: int, below: str = "") -> str:
    """What a reader of the card gets who clicks its link, without having signed in."""
    (card,) = here.cards(repo, number)
    found = re.search(rf"{re.escape(here.url)}/pr/octo/shop/{number}\?key=[\w.-]+", card)
    assert found, card
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(found[0]) as page:
            assert (page.status, page.url.query_string) == (200, "")
            told = await page.text()
        if not below:
            return told
        async with session.get(f"{here.url}/pr/octo/shop/{number}{below}") as page:
            assert page.status == 200
            return await page.text()


async def test_the_link_of_a_card_opens_the_page_that_says_the_same_and_lets_nobody_act(
    here: Town, blocked: tuple[Repo, int]
) -> None:
    page = await followed(here, *blocked)
    text = words(page)
    assert '<h1><span class="word">BLOCK</span> <bdi class="subject">Correct x</bdi></h1>' in page
    assert "decided BLOCK · alice opened it" in text
    assert "Nothing here yet: arm, eval, cost, rationale, findings" in text
    assert "<button" not in page


async def test_the_page_of_what_is_merged_says_so_and_asks_for_nothing(here: Town, blocked: tuple[Repo, int]) -> None:
    repo, number = blocked
    repo.merge(number)
    await here.rest()
    text = words(await followed(here, repo, number))
    assert "BLOCK merged Correct x" in text
    assert "Next: Nothing to do: it is merged." in text
    assert "Bring" not in text.partition("Checks")[0]


async def test_the_page_of_what_is_closed_says_so_until_it_is_opened_again(
    here: Town, blocked: tuple[Repo, int]
) -> None:
    repo, number = blocked
    repo.close(number)
    await here.rest()
    text = words(await followed(here, repo, number))
    assert "BLOCK closed Correct x" in text
    assert "Next: Nothing to do: it is closed." in text
    assert "Nothing was asked of it any more" in words(await followed(here, repo, number, "/history"))
    repo.reopen(number)
    await here.rest()
    text = words(await followed(here, repo, number))
    assert "BLOCK Correct x" in text
    assert "it is closed" not in text


async def test_history_tells_who_asked_by_what_and_what_that_changed(here: Town, blocked: tuple[Repo, int]) -> None:
    repo, number = blocked
    sha = repo.pull(number).head_sha
    repo.comment(number, "root", f"/maestro override risk {sha[:7]} we looked at it together")
    await here.rest()
    text = words(await followed(here, repo, number, "/history"))
    assert "root, by a comment: override risk: overridden by root (block), was block" in text
    assert "alice opened it" in text
    page = words(await followed(here, repo, number))
    assert "root overrode risk · by a comment" in page
