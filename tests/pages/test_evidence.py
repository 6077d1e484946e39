"""The Repro Pack over a real socket: who may have it, of which decision, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from app.main.center import reading_of
from app.model import Cause
from app.pack.checking import replayed
from app.pack.evidence import Sources
from app.pack.signing import Signer, public_key
from app.pages.door import Door
from app.pages.evidence import MOST, WELL_KNOWN, EvidenceApi
from app.pages.live import Live
from app.pages.pull_page import PullPages
from app.pages.showing import Showing
from app.render.capability import Pages
from app.storage import Stores
from tests.pages.looking import looked_at
from tests.pages.pulled import Clock, PullTrial, Signed

pytestmark = pytest.mark.slow
SIGNER = Signer.of("a private key")


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[PullTrial]:
    clock, people = Clock(), Signed({"alice": "write"})

    def shows(kept: Stores, pages: Pages) -> tuple[Showing, Sequence[web.RouteDef]]:
        door = Door(pages, kept.tokens, people)
        reading = reading_of(kept, pages, lambda: clock.at)
        packs = EvidenceApi(reading, door, Sources.over(kept.main), SIGNER)
        return Showing(PullPages(reading), door, Live(kept.pull_news.of, kept.pulse)), packs.routes()

    async with looked_at(directory, shows) as here:
        yield PullTrial(**vars(here), clock=clock, people=people)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with opened(tmp_path) as trial:
        yield trial


async def test_whoever_may_see_the_page_has_the_pack_and_nobody_else(here: PullTrial) -> None:
    await here.decide()
    answer = await here.opened("/evidence.zip")
    content = await answer.read()
    assert (answer.status, answer.content_type) == (200, "application/zip")
    assert 'filename="acme-shop-7-' in answer.headers["Content-Disposition"]
    outcome = replayed(content, SIGNER.public)
    assert (outcome.flaws, outcome.exact) == ((), True)
    token = await here.stores.tokens.issue("acme/shop")
    for one in (
        await here.get(f"{here.path}/evidence.zip?key={here.key}"),
        await here.get(f"{here.path}/evidence.zip", Authorization=f"Bearer {token}"),
        await here.get(f"{here.path}/evidence.zip", Cookie="as=alice"),
    ):
        assert (one.status, await one.read()) == (200, content)
    for stranger in (
        await here.get(f"{here.path}/evidence.zip"),
        await here.get(f"/pr/acme/shop/8/evidence.zip?key={here.key}"),
        await here.get(f"{here.path}/evidence.zip", Cookie="as=mallory"),
    ):
        assert stranger.status == 404
    assert (await here.opened("/evidence.zip", **{"If-None-Match": answer.headers["ETag"]})).status == 304


async def test_an_earlier_decision_is_had_by_its_id_and_another_pull_requests_is_not(here: PullTrial) -> None:
    first = await here.decide()
    second = await here.decide(p95=300.0)
    packs = [await (await here.opened(f"/evidence.zip?decision={one}")).read() for one in (first, second)]
    verdicts = [outcome.decision.verdict.value for one in packs if (outcome := replayed(one)).decision]
    assert verdicts == ["ship", "block"]
    assert await (await here.opened("/evidence.zip")).read() == packs[1]
    other = await here.stores.decisions.keep("acme/shop", 8, "c" * 40, "ship", b"{}", Cause("tests"))
    for one in (other.cause.decision_id, 999, "x", "-1"):
        assert (await here.opened(f"/evidence.zip?decision={one}")).status == 404


async def test_packs_are_made_so_often_in_a_minute_and_given_away_again_for_nothing(
    here: PullTrial,
) -> None:
    made = [await here.decide(p95=200.0 + number) for number in range(MOST + 1)]
    answers = [await here.opened(f"/evidence.zip?decision={one}") for one in made]
    assert [one.status for one in answers] == [*[200] * MOST, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert (await here.opened(f"/evidence.zip?decision={made[0]}")).status == 200


async def test_anybody_may_have_the_key_that_packs_are_signed_with(here: PullTrial) -> None:
    answer = await here.get(WELL_KNOWN)
    assert answer.status == 200
    assert public_key(await answer.read()).fingerprint == SIGNER.public.fingerprint


async def test_the_page_leads_to_it(here: PullTrial) -> None:
    await here.decide()
    assert f'<a href="{here.path}/evidence.zip">Evidence</a>' in await (await here.opened()).text()
