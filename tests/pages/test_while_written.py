"""Pages beside whoever writes the same file: neither waits for the other, also where a browser goes away half-way."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from app import record
from app.model import Canary, Cause, Intervention
from app.store.studies import Studies
from checks.drift.block import Module
from checks.experiment import Config, GateConfig
from tests.pages.pulled import HEAD, PULL, PullTrial, case, decided, pull_trial
from tests.pages.signed import Guest, Site
from tests.pages.studied import rules

pytestmark = pytest.mark.slow

CAUSE = Cause("tests")
PAGES = (
    "/",
    "/pr/octo/shop/7",
    "/pr/octo/shop/7/history",
    "/pr/octo/shop/7/history/1",
    "/api/pr/octo/shop/7",
    "/experiments/1",
    "/studies/1",
    "/api/studies/1",
    "/drift/octo/shop/ranking",
)


@contextmanager
def writing(file: Path, seconds: float = 0.0) -> Iterator[sqlite3.Connection]:
    """Another process that holds the lock of all that write; it waits `seconds` for it."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=seconds)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
    finally:
        connection.close()


@pytest.fixture
async def filled(site: Site) -> Site:
    """Something of each kind is stored."""
    kept, pull = site.stores, replace(PULL, repository="octo/shop")
    made, now = case(pull), time.time()
    decision = decided(made)
    told = ("octo/shop", 7, HEAD, decision.verdict.value, record.write(made, decision), CAUSE)
    await kept.decisions.keep(*told)
    gate = Config(environments=("canary",), gate=GateConfig(baseline=0.01, watermark_seconds=15))
    await kept.experiments.begin(Canary("octo/shop", HEAD, "canary", "main", 7), gate, CAUSE)
    one = Intervention("octo/shop", "production", 31, HEAD, now, (7,))
    await Studies(kept.main).begin(one, rules().model_dump_json(), now + 100, now + 300, CAUSE)
    await kept.drifts.note("octo/shop", "ranking", Module(name="ranking").model_dump_json())
    return site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path / "shown") as opened:
        await opened.decide()
        yield opened


async def test_every_page_is_shown_while_another_process_writes(filled: Site, alice: Guest, tmp_path: Path) -> None:
    with writing(tmp_path / "maestro.db"):
        answers = await asyncio.gather(*(alice.get(page) for page in PAGES))
        assert [(answer.status, answer.url.path) for answer in answers] == [(200, page) for page in PAGES]
        stream = await alice.get("/pr/octo/shop/7/stream")
        while not (line := await stream.content.readline()).startswith(b"data:"):
            assert line
        stream.close()


async def test_whoever_writes_never_meets_a_page_that_reads(filled: Site, alice: Guest, tmp_path: Path) -> None:
    asking = asyncio.gather(*(alice.get(page) for page in PAGES * 4))
    turns = 0
    while not asking.done():
        with writing(tmp_path / "maestro.db") as connection:  # which waits not a moment
            connection.execute("INSERT INTO tokens (repository, digest, created_at) VALUES ('o/r', ?, 0)", (turns,))
            connection.execute("COMMIT")
        turns += 1
        await asyncio.sleep(0.002)
    assert {answer.status for answer in await asking} == {200}
    assert turns > 1


async def test_a_browser_that_goes_away_half_way_leaves_nothing_locked(here: PullTrial, tmp_path: Path) -> None:
    headers = {"Cookie": f"maestro-page={here.key}; as=alice"}
    async with ClientSession(headers=headers) as session:
        for at in range(150):
            path = ("/", here.path, here.api, f"{here.path}/history")[at % 4]
            with suppress(TimeoutError):
                await session.get(f"{here.root}{path}", timeout=ClientTimeout(total=0.001 + at % 30 / 1_000))
            with writing(tmp_path / "shown" / "maestro.db", 1.0):
                pass
    assert (await here.opened()).status == 200
