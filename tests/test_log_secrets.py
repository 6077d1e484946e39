"""What is logged when connections and requests really fail: it names the work, and never a secret."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.gather.commits import Commits
from app.github.repository import Repository
from app.model import Done, Kind, Place
from app.pages.measurements import MeasurementsApi
from app.pages.senders import Senders
from app.server import Web
from app.settings import load
from app.storage import Stores, stores
from app.store.address import Address, address, passwords
from tests.engine.stage import Stage, opened
from tests.logged import lines, written
from tests.postgres import Postgres
from tests.storage import laid
from tests.test_intake import signature
from tests.test_settings import PEM
from tests.waiting import until

pytestmark = pytest.mark.slow

PASSWORD = "p@ss:word of/ours"
SECRET = "the secret of this App"


@pytest.fixture
def guarded(postgres: Postgres) -> Iterator[URL]:
    """An address whose server refuses the password in it."""
    rules = Path(postgres.server.pgdata) / "pg_hba.conf"
    before, url = rules.read_text(), postgres.database()
    with postgres.session(url) as session:
        session.execute("CREATE ROLE guarded LOGIN PASSWORD 'another'")
        rules.write_text("local all guarded scram-sha-256\n" + before)
        session.execute("SELECT pg_reload_conf()")
    yield url.set(username="guarded", password=PASSWORD)
    with postgres.session(url) as session:
        rules.write_text(before)
        session.execute("SELECT pg_reload_conf()")
        session.execute("DROP ROLE guarded")
    postgres.drop(url)


def closed() -> URL:
    """An address where nobody listens."""
    return URL.create("postgresql", "maestro", PASSWORD, "127.0.0.1", unused_port(), "maestro")


@pytest.fixture
def talkative() -> Iterator[None]:
    """Let libraries say all that they can."""
    loggers = [logging.getLogger(name) for name in ("sqlalchemy.pool", "sqlalchemy.engine", "psycopg")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def test_a_server_that_refuses_our_password_is_told_without_it(
    guarded: URL, talkative: None, written: io.StringIO
) -> None:
    with pytest.raises(OSError, match="the database cannot be used") as caught:
        async with stores(guarded.render_as_string(hide_password=False)):
            pass
    logging.getLogger("ours").error("start-up failed", exc_info=caught.value)
    assert "password authentication failed" in written.getvalue()
    assert all(form not in written.getvalue() for form in (PASSWORD, "p%40ss", "word of"))


async def test_an_engine_whose_database_goes_away_is_loud_and_says_no_password(
    postgres: Postgres, talkative: None
) -> None:
    url = postgres.database().set(username="postgres", password=PASSWORD)  # which this server does not ask for
    with written() as stream:
        async with opened(Address(url, url)) as stage:
            await stage.engine.start()
            postgres.crash()
            try:
                await asyncio.sleep(2)
            finally:
                postgres.start()
            await until(stage.engine.owns, 20)
    postgres.drop(url)
    loggers = {event.get("logger") for event in lines(stream)}
    assert {"dbos"} <= loggers
    assert any(str(name).startswith("sqlalchemy.pool") for name in loggers)
    assert all(form not in stream.getvalue() for form in (PASSWORD, "p%40ss", "word of"))


@pytest.mark.parametrize("command", ["web", "worker"])
def test_a_process_that_finds_no_database_ends_without_its_secrets(tmp_path: Path, command: str) -> None:
    environment = {
        "MAESTRO_APP_ID": "1",
        "MAESTRO_PRIVATE_KEY": PEM,
        "MAESTRO_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": closed().render_as_string(hide_password=False),
        "PORT": "0",
        "HOME": str(tmp_path),
    }
    words = [sys.executable, "-m", "app.cli", command]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 4
    assert "the database cannot be used" in ended.stderr
    telltales = (PASSWORD, "p%40ss", "word of", SECRET, PEM.splitlines()[1])
    assert all(telltale not in ended.stderr + ended.stdout for telltale in telltales)


async def test_a_request_that_cannot_be_stored_names_its_delivery_and_quotes_nothing(
    tmp_path: Path, written: io.StringIO
) -> None:
    token = "mst_" + "Zm9vYmFyYmF6" * 3
    async with stores(str(laid(tmp_path).main)) as kept, _served(kept) as server:
        for engine, table in ((kept.inbox.engine, "deliveries"), (kept.main, "tokens")):
            async with engine.begin() as connection:
                await connection.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
        body = b'{"comment": {"body": "ghs_16C7e42F292c6912E7710c838347Ae178B4a"}}'
        signed = {"X-Hub-Signature-256": signature(body), "X-GitHub-Event": "ping", "X-GitHub-Delivery": "guid-1"}
        ours = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession() as session:
            assert (await session.post(server.make_url("/webhook"), data=body, headers=signed)).status == 503
            sent = await session.post(server.make_url("/api/measurements"), json={"sha": token}, headers=ours)
            assert sent.status == 503
    webhook, measurement = lines(written)
    assert (webhook["event"], webhook["guid"]) == ("webhook.not_stored", "guid-1")
    assert measurement["event"] == "web.not_stored"
    assert "guid" not in measurement
    assert all(word not in written.getvalue() for word in (token, "ghs_", signed["X-Hub-Signature-256"]))


async def _unasked(_place: Place) -> Repository:
    raise AssertionError("a token of ours needs no GitHub")


def _served(kept: Stores) -> TestServer:
    senders = Senders(kept.tokens, Commits(_unasked))
    measurements = MeasurementsApi(senders, kept.measurements, kept.inbox, lambda: None)
    return TestServer(Web([SECRET.encode()], kept.inbox, lambda: None, measurements.routes()).app())


def test_the_settings_know_each_of_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_APP_ID", "1")
    monkeypatch.setenv("MAESTRO_PRIVATE_KEY", PEM)
    monkeypatch.setenv("MAESTRO_WEBHOOK_SECRET", "the new one,the old one")
    monkeypatch.setenv("MAESTRO_URL", "https://maestro.example")
    monkeypatch.setenv("MAESTRO_CLIENT_ID", "Iv23li")
    monkeypatch.setenv("MAESTRO_CLIENT_SECRET", "of the client")
    monkeypatch.setenv("DATABASE_URL", closed().render_as_string(hide_password=False) + "?sslpassword=of-the-key")
    assert load().secrets == (PEM.strip(), "the new one", "the old one", "of the client", PASSWORD, "of-the-key")
    assert passwords("no address: at all") == passwords("sqlite:///maestro.db") == ()


# --- whose line it is ---------------------------------------------------------------------------------------


async def test_every_line_of_a_run_names_delivery_lane_and_job(tmp_path: Path) -> None:
    async with opened(address(f"sqlite:///{tmp_path / 'maestro.db'}")) as stage:
        with written() as stream:
            await _failing_once(stage)
    said = [event for event in lines(stream) if event.get("lane")]
    assert [event["event"] for event in said] == ["engine.body_failed", "engine.try_failed", "from below"]
    for event in said:
        assert (event["lane"], event["delivery"], event["guid"]) == ("o/r#1", 1, "guid-of-github")
        assert event["job"].startswith("000000000001.0000")


async def _failing_once(stage: Stage) -> None:
    async def below(*_asked: Any) -> Done:
        logging.getLogger("aiohttp.client").warning("from below")  # of a library, in a task of the run
        return Done()

    async def body(trigger: Any, left: int) -> Any:
        answer = await stage.body(trigger, left)
        return await asyncio.create_task(below()) if len(stage.calls) > 1 else answer

    stage.anew(bodies=dict.fromkeys(Kind, body))
    stage.answers = [RuntimeError("a bug")]
    await stage.send({"kind": "evaluate"}, guid="guid-of-github")
    await stage.engine.start()
    await stage.engine.idle()
