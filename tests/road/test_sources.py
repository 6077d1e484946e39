"""Experiments whose figures the worker reads by itself, from a canary that serves to what follows from the answer."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from app.github.sandbox import Repo
from app.model import KeptExperiment
from app.sources import Sources
from tests.road.stories import change, shop
from tests.road.test_experiments import WORKFLOW, Ci, ci, experiment_of, runs
from tests.road.town import Town, github, maestro_in
from tests.sources.prometheus import StandIn, standing_in
from tests.waiting import until

pytestmark = pytest.mark.slow

TOKEN = "a-token-that-only-prometheus-may-see"
RULES = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01, tick_seconds: 1, watermark_seconds: 2, max_missing_ticks: 60, expected_share: null}
  source: production
  queries:
    errors:
      control: {total: 'requests_total{version="stable"}', bad: 'errors_total{version="stable"}'}
      canary: {total: 'requests_total{version="{short_sha}"}', bad: 'errors_total{version="{short_sha}"}'}
  rollback: {workflow: back.yml}
"""


@dataclass(frozen=True)
class Scene:
    """A town whose operator has one source."""

    here: Town
    source: StandIn

    async def deployed(self, rules: str = RULES) -> tuple[Repo, Ci, int, str]:
        """A canary of octo/shop that serves: the repository, who asks about it, its pull request and its head."""
        repo = shop(self.here.sandbox, rules, **{".github/workflows/back.yml": WORKFLOW})
        sender = await ci(self.here)
        number, sha = change(repo)
        repo.report_deployment(repo.deploy(sha, "canary").id, "success")

        async def begun() -> bool:
            return bool(await self.here.maestro.stores.experiments.of("octo/shop", sha))

        await until(begun, 20)
        sender.experiment = (await experiment_of(self.here, sha)).id
        return repo, sender, number, sha

    def counts(self, sha: str, bad: float) -> None:
        """Both versions serve 10,000 requests a second, of which 1 % fail, and of the canary's `bad` times as many."""
        self.source.counters = {
            'requests_total{version="stable"': lambda at: 10_000 * (at - 1_700_000_000),
            'errors_total{version="stable"': lambda at: 100 * (at - 1_700_000_000),
            f'requests_total{{version="{sha[:7]}"': lambda at: 10_000 * (at - 1_700_000_000),
            f'errors_total{{version="{sha[:7]}"': lambda at: 100 * bad * (at - 1_700_000_000),
        }

    async def troubled(self, sender: Ci, said: str) -> KeptExperiment:
        """Wait until the experiment says why it reads nothing."""

        async def says() -> bool:
            feed = (await sender.kept()).feed
            return feed is not None and said in feed.trouble

        await until(says, 15)
        return await sender.kept()


@asynccontextmanager
async def scene(directory: Path, **entry: object) -> AsyncIterator[Scene]:
    """`entry`: what the operator says of the source besides where it is."""
    os.environ["SHOP_TOKEN"] = TOKEN
    async with standing_in(StandIn()) as source, github() as sandbox:
        told = {"kind": "prometheus", "url": source.url, "token_env": "SHOP_TOKEN", "lag_seconds": 0.3}
        said = {"sources": {"production": told | {"repositories": ["octo/*"], "demand": {"owner": "{owner}"}} | entry}}
        operator = Sources.model_validate_json(json.dumps(said))
        async with maestro_in(sandbox, directory, sources=operator) as here:
            yield Scene(here, source)


async def test_a_bad_canary_is_rolled_back_on_figures_that_the_worker_read(tmp_path: Path) -> None:
    async with scene(tmp_path) as now:
        repo, sender, number, sha = await now.deployed()
        now.counts(sha, bad=4)
        kept = await sender.ended(30)
        assert kept.status == "rollback"
        await now.here.rest()
        assert runs(repo) == ["back.yml"]
        (card,) = now.here.cards(repo, number)
        assert "errors is proven worse than tolerated" in card
        assert TOKEN not in card
        assert await now.here.maestro.stores.experiments.replayed(kept.id) == kept.state
        told = [entry async for batch in now.here.maestro.stores.provenance.rows() for _, entry, _ in batch]
        assert told
        assert TOKEN not in "".join(map(str, told)) + kept.rules + kept.state
        assert {token for _, token in now.source.asked} == {f"Bearer {TOKEN}"}
        assert all('owner="octo"' in query for query, _ in now.source.asked)


async def test_while_its_source_is_away_the_card_says_so_and_nothing_is_decided(tmp_path: Path) -> None:
    async with scene(tmp_path) as now:
        now.source.wrong = lambda _request: web.Response(status=500)
        repo, sender, number, sha = await now.deployed()
        kept = await now.troubled(sender, "HTTP 500")
        assert kept.status == "waiting_data"

        async def on_the_card() -> bool:
            cards = now.here.cards(repo, number)
            return bool(cards) and "source `production` gives no figures" in cards[0] and "HTTP 500, since" in cards[0]

        await until(on_the_card, 20)
        now.source.wrong = None
        now.counts(sha, bad=4)
        assert (await sender.ended(30)).status == "rollback"
        await now.here.rest()
        assert "HTTP 500" not in now.here.cards(repo, number)[0]
