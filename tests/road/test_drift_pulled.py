"""Modules of which nobody sends anything: their days are counted from a source, and all that follows is as ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from aiohttp import web

from app.gather.pulled import PulledDays
from app.model import Done, Later
from app.sources import Sources
from checks.drift.told import written
from tests.road.stories import PATH, shop
from tests.road.town import GREEN, github, maestro_in
from tests.road.ward import Ward, ward
from tests.sources.prometheus import StandIn, standing_in
from tests.waiting import until

pytestmark = pytest.mark.slow

RULES = """version: 1
drift:
  modules:
    - name: ranking
      paths: [ranking/**]
      source: production
      reference: {days: 3}
      features:
        - {name: card, kind: categorical, counts: orders_total, by: card}
        - {name: took, kind: categorical, role: output, counts: took_bucket, by: le}
"""
ORDERS = 'sum by (card) (increase(orders_total{repository="shop"}[86400s]))'
BUCKETS = 'sum by (le) (increase(took_bucket{repository="shop"}[86400s]))'
ROWS = 2_000


def operator(url: str) -> Sources:
    told = {"kind": "prometheus", "url": url, "repositories": ["octo/*"], "demand": {"repository": "{repository}"}}
    return Sources.model_validate_json(json.dumps({"sources": {"production": told}}))


@dataclass
class Pulled:
    """A ward, and a Prometheus that knows all its days; `moves`: the first day on which another card is preferred."""

    here: Ward
    source: StandIn
    moves: int = 1_000

    def orders(self, at: float) -> Mapping[str, object]:
        """By card, on the day that ends at `at`."""
        day = round((at - self.here.start) / 86_400) - 1
        share = 0.55 if day >= self.moves else 0.7
        visa = int(np.random.default_rng(1_000 + day).binomial(ROWS, share))
        return {"visa": visa, "amex": ROWS - visa}

    async def morning(self, day: int) -> None:
        """The hourly round, at three."""
        self.here.day = day
        assert isinstance(await self.here.look(), Done)

    async def reference(self) -> tuple[int, int] | None:
        """Its days."""
        found = await self.here.drifts.reference(await self.here.kept())
        return None if found is None else (found.first, found.last)


@pytest.fixture
async def pulled(tmp_path: Path) -> AsyncIterator[Pulled]:
    async with standing_in(StandIn()) as source, ward(tmp_path, RULES) as here:
        here.sources = operator(source.url)
        opened = Pulled(here, source)
        source.told = {ORDERS: opened.orders, BUCKETS: lambda _: {"0.1": 1_000, "+Inf": ROWS}}
        yield opened


async def test_a_drift_in_a_module_that_is_pulled_reaches_the_issue(pulled: Pulled) -> None:
    here, pulled.moves = pulled.here, 1
    await pulled.morning(0)
    assert await pulled.reference() == (here.ordinal(-3), here.ordinal(-1)), "of the days before, at once"
    await pulled.morning(1)
    assert ((await here.course()).state, here.issues()) == ("ok", [])
    await pulled.morning(2)
    await pulled.morning(3)
    (issue,) = here.issues()
    assert issue.title == f"ranking drifts since {written(here.ordinal(1))}"
    assert "#### input card: drift since" in issue.body
    days = await here.drifts.traffic((await here.kept()).id, 0)
    assert [(one.day, one.rows, one.batches) for one in days] == [(here.ordinal(day), ROWS, 1) for day in range(-3, 3)]


async def test_a_day_is_asked_about_once(pulled: Pulled) -> None:
    await pulled.morning(0)
    asked = len(pulled.source.asked)
    await pulled.morning(0)
    assert (asked, len(pulled.source.asked)) == (3 * 2, asked)


async def test_days_that_were_missed_are_caught_up_with(pulled: Pulled) -> None:
    await pulled.morning(0)
    await pulled.morning(50)
    here = pulled.here
    days = await here.drifts.traffic((await here.kept()).id, here.ordinal(0))
    assert [one.day for one in days] == list(range(here.ordinal(10), here.ordinal(50)))
    assert (await here.course()).state == "ok"


async def test_a_source_in_trouble_is_named_by_the_reason_and_asked_again(pulled: Pulled) -> None:
    here = pulled.here
    pulled.source.wrong = lambda _: web.json_response({"error": "shard 3 is away"}, status=422)
    await pulled.morning(0)
    course = await here.course()
    assert course.reason == (
        "the reference is being gathered: 0 of 3 days; the source production: HTTP 422: shard 3 is away"
    )
    pulled.source.wrong = None
    await pulled.morning(0)
    pulled.source.wrong = lambda _: web.json_response({"error": "shard 3 is away"}, status=422)
    await pulled.morning(3)
    (issue,) = here.issues()
    assert issue.title == f"Nobody sees ranking since {written(here.ordinal(0))}"
    assert "no batch came for 72 hours; the source production: HTTP 422: shard 3 is away" in issue.body
    pulled.source.wrong = None
    await pulled.morning(3)
    assert ((await here.course()).state, issue.state) == ("ok", "closed")


async def test_a_slow_source_holds_no_look_up_and_is_taken_once_it_has_answered(pulled: Pulled) -> None:
    here = pulled.here
    here.pulled = PulledDays(here.sources, here.session, here.now, glance=0.0)
    assert isinstance(await here.look(), Later)
    assert await pulled.reference() is None
    await asyncio.gather(*here.pulled.begun.values())
    assert isinstance(await here.look(), Done)
    assert await pulled.reference() is not None
    assert len(pulled.source.asked) == 3 * 2, "it was read once"


async def test_hostile_words_of_a_source_do_nothing_in_the_issue(pulled: Pulled) -> None:
    pulled.source.wrong = lambda _: web.json_response({"error": "@octo/team <img src=x>"}, status=422)
    await pulled.morning(3)
    (issue,) = pulled.here.issues()
    assert "@octo" not in issue.body
    assert "<img" not in issue.body


async def test_the_whole_of_maestro_counts_a_module_as_soon_as_its_rules_are_there(tmp_path: Path) -> None:
    async with standing_in(StandIn()) as source, github() as sandbox:
        source.told = {ORDERS: lambda _: {"visa": 70, "amex": 30}}
        async with maestro_in(sandbox, tmp_path, sources=operator(source.url)) as here:
            repo, token = shop(here.sandbox, GREEN), await here.maestro.stores.tokens.issue("octo/shop")
            repo.commit("main", {PATH: RULES})

            async def frozen() -> bool:
                module = await here.maestro.stores.drifts.get("octo/shop", "ranking")
                return module is not None and module.version == 1

            await until(frozen, 20)
            headers = {"Authorization": f"Bearer {token}"}
            async with aiohttp.ClientSession() as session:
                sent = session.post(f"{here.url}/api/drift/ranking", json={"rows": [{"card": "visa"}]}, headers=headers)
                async with sent as answer:
                    assert answer.status == 409
                    assert "is counted from the source production" in await answer.text()
