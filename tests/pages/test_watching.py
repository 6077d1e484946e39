import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import text
from structlog.testing import capture_logs

from app.main import Stores, stores
from app.model import Cause
from app.pages.watching import STALE, Watching
from app.server import Web


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Stores]:
    async with stores(f"sqlite:///{tmp_path / 'maestro.db'}") as opened:
        yield opened


@pytest.fixture
async def server(kept: Stores) -> AsyncIterator[BaseTestServer]:
    watching = Watching(kept.inbox, kept.deliveries, kept.decisions)
    async with TestServer(Web([b"secret"], kept.inbox, lambda: None, watching.routes()).app()) as opened:
        yield opened


async def asked(server: BaseTestServer, path: str = "/readyz") -> tuple[int, str]:
    async with ClientSession() as session, session.get(server.make_url(path)) as answer:
        return answer.status, await answer.text()


async def test_where_webhooks_can_be_stored_and_none_waits_we_are_ready(server: BaseTestServer, kept: Stores) -> None:
    await kept.decisions.keep("o/r", 1, "a" * 40, "ship", b"{}", Cause())
    status, told = await asked(server)
    assert status == 200
    assert '"status": "ready"' in told
    assert '"last_decision_seconds_ago": null' not in told


async def test_where_nothing_can_be_stored_we_are_not(server: BaseTestServer, kept: Stores) -> None:
    async with kept.inbox.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO gone"))
    with capture_logs():
        status, told = await asked(server)
    assert status == 503
    assert "webhooks cannot be stored" in told


async def test_a_webhook_that_nobody_takes_tells_that_the_worker_is_gone(server: BaseTestServer, kept: Stores) -> None:
    await kept.inbox.keep("guid", "ping", b"{}")
    assert (await asked(server))[0] == 200
    async with kept.inbox.engine.begin() as connection:
        await connection.execute(text(f"UPDATE deliveries SET received_at = received_at - {int(STALE * 1e6) + 1}"))
    status, told = await asked(server)
    assert status == 503
    assert "nobody takes webhooks" in told


async def test_the_queue_is_counted_where_prometheus_looks(server: BaseTestServer, kept: Stores) -> None:
    await asyncio.gather(*(kept.inbox.keep(f"g{n}", "ping", b"{}") for n in range(3)))
    status, told = await asked(server, "/metrics")
    assert status == 200
    assert "maestro_queue_depth 3.0" in told
    assert 'maestro_deliveries{standing="failed"} 0.0' in told


async def test_what_several_processes_counted_is_told_together(
    server: BaseTestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_has_counted = tmp_path / "yet"
    nobody_has_counted.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(nobody_has_counted))
    status, told = await asked(server, "/metrics")
    assert (status, told.strip()) == (200, "")
