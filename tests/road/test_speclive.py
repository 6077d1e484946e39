"""Spec Cards over the whole road: what a canary violates takes it back, and what a service watches is watched."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from app.model import Cause, SpecSwitch
from benchmarks.speclive_lag import SOON, measure
from speclive.maestro import Maestro
from tests.pages.guarded import clause, exemplar, report, sent
from tests.road.stories import change, shop
from tests.road.test_experiments import WORKFLOW, ci, experiment_of, runs
from tests.road.town import Town
from tests.waiting import until

pytestmark = pytest.mark.slow

CANARY = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01, tick_seconds: 5, watermark_seconds: 14, max_missing_ticks: 60, metrics: [{name: violations}]}
  source: speclive
  rollback: {workflow: back.yml}
"""
WATCHED = """version: 1
drift:
  modules: [{name: shop, paths: [a.py], features: [{name: pay.balance.amount, kind: numeric}]}]
"""
SKETCH = {"type": "numeric", "version": 1, "rows": 3, "min": 9.0, "max": 80.0, "positive": {"110": 2, "220": 1}}


class Service:
    """Processes that tell what their guards saw."""

    def __init__(self, here: Town, token: str) -> None:
        self.here, self.token, self.told = here, token, 0

    async def tell(self, sha: str, **other: Any) -> int:
        self.told += 1
        body = report(sha, time.time()) | {"id": f"service-{self.told:05}"} | other
        packed, headers = sent(body, self.token, time.time())
        address = URL(f"{self.here.url}/api/speclive/reports")
        bearer = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=packed, headers=headers | bearer) as answer,
        ):
            assert answer.status == 202, await answer.text()
            return answer.status


async def test_a_canary_that_violates_its_cards_is_taken_back_by_the_gate(here: Town) -> None:
    repo = shop(here.sandbox, CANARY, **{".github/workflows/back.yml": WORKFLOW})
    sender = await ci(here)
    service, stable = Service(here, sender.token), repo.tip()
    number, sha = change(repo)
    repo.report_deployment(repo.deploy(sha, "canary").id, "success")

    async def begun() -> bool:
        return bool(await here.maestro.stores.experiments.of("octo/shop", sha))

    await until(begun, 20)
    sender.experiment = (await experiment_of(here, sha)).id

    async def serve() -> None:
        while True:
            await service.tell(stable, clauses=[clause(evaluated=10_000, violated=100)])
            bad = {"clauses": [clause(evaluated=10_000, violated=400)], "exemplars": [exemplar(at=time.time())]}
            await service.tell(sha, side="canary", **bad)
            await asyncio.sleep(2)

    serving = asyncio.create_task(serve())
    try:
        assert (await sender.ended(60)).status == "rollback"
    finally:
        serving.cancel()
    await here.rest()
    assert runs(repo) == ["back.yml"]
    (card,) = here.cards(repo, number)
    assert "violations is proven worse than tolerated" in card
    page = await here.page(f"/pr/octo/shop/{number}", sender.token)
    assert "production, canary" in page


async def test_a_violation_is_on_an_open_page_within_fifteen_seconds_by_the_real_parts(tmp_path: Path) -> None:
    """Service, `maestro web` and `maestro worker` are processes; the reader is told by the stream of the page."""
    (wait,) = await measure(tmp_path, 1)
    print(f"from a violation to its reader: {wait:.1f} s")
    assert wait < SOON


GUARDS = """version: 1
speclive:
  guards: [{cards: "pay.*", mode: enforce}, {cards: "*", sample: 0.5}]
"""


async def test_a_service_hears_what_the_default_branch_says_of_its_guards_and_of_the_switch(
    here: Town,
) -> None:
    shop(here.sandbox, GUARDS)
    client = Maestro(here.url, (await ci(here)).token)
    said = [{"cards": "pay.*", "mode": "enforce"}, {"cards": "*", "sample": 0.5}]
    first = await asyncio.to_thread(client.config, "")
    assert json.loads(first.body) == {"version": 1, "off": False, "settings": said}
    assert (await asyncio.to_thread(client.config, first.headers["etag"])).status == 304
    await here.maestro.stores.speclive.turn("octo/shop", SpecSwitch(True, "too slow"), Cause())
    off = await asyncio.to_thread(client.config, first.headers["etag"])
    assert json.loads(off.body) == {"version": 1, "off": True, "settings": []}


async def test_what_a_card_watches_is_a_batch_of_the_module_called_as_the_service(here: Town) -> None:
    repo = shop(here.sandbox, WATCHED)
    sender = await ci(here)
    service = Service(here, sender.token)
    watched = [{"card": "pay.balance", "name": "amount", "role": "input", "sketch": SKETCH}]
    body = {"watched": watched, "id": "watched-0001"}
    stamp = time.time()
    for _ in range(2):
        await service.tell(repo.tip(), **body, start=stamp - 10, end=stamp)
    await service.tell(repo.tip(), service="another", watched=watched)
    module = await here.maestro.stores.drifts.get("octo/shop", "shop")
    assert module is not None
    (day,) = (await here.maestro.stores.drifts.days(module.id)).values()
    assert (day.rows, day.batches, list(day.features)) == (3, 1, ["pay.balance.amount"])
