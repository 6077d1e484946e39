"""What is refused while nothing can be stored is one line a webhook, whatever is wrong: no traceback floods the log."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import event
from sqlalchemy.engine import URL

from app.store import away
from app.store.address import address
from app.store.database import connect, migrate
from app.store.inbox import Inbox
from tests import logged
from tests.postgres import Postgres
from tests.test_server import Door, served


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with logged.written() as stream:
        yield stream


@asynccontextmanager
async def door(url: str) -> AsyncIterator[Door]:
    engine = connect(address(url).intake)
    await migrate(engine)
    inbox = Inbox(engine)
    async with served(inbox) as server, ClientSession() as session:
        yield Door(str(server.make_url("")).rstrip("/"), session, inbox)
    await inbox.close()
    await engine.dispose()


async def refused(here: Door, count: int) -> None:
    """So many webhooks come, at once and one by one, and none is stored."""
    bodies = [b'{"noise": "%s"}' % token_hex(40_000).encode() for _ in range(count)]  # more than any page has room for
    at_once = await asyncio.gather(*(here.knock(body) for body in bodies[2:]))
    assert {status for status, _ in [*at_once, *[await here.knock(body) for body in bodies[:2]]]} == {503}


def told(written: io.StringIO, count: int) -> str:
    """What is said of each of them."""
    lines = logged.lines(written)
    assert [line["event"] for line in lines] == ["webhook.not_stored"] * count
    assert len({line["guid"] for line in lines}) == count
    assert all("exception" not in line and len(line["error"]) < 300 for line in lines)
    return str(lines[-1]["error"])


async def test_on_a_full_disk_each_is_one_line(tmp_path: Path, written: io.StringIO) -> None:
    async with door(f"sqlite:///{tmp_path / 'maestro.db'}") as here:
        assert (await here.knock())[0] == 202

        @event.listens_for(here.inbox._database, "begin")
        def no_page(connection: Any) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")

        await refused(here, 12)
    assert "database or disk is full" in told(written, 12)


@pytest.mark.slow
async def test_while_postgresql_is_away_each_is_one_line(postgres: Postgres, written: io.StringIO) -> None:
    url: URL = postgres.database()
    async with door(url.render_as_string(hide_password=False)) as here:
        assert (await here.knock())[0] == 202
        postgres.crash()
        try:
            await refused(here, 12)
        finally:
            postgres.start()
    postgres.drop(url)
    assert "connection" in told(written, 12)


def test_a_mistake_of_ours_keeps_its_traceback(written: io.StringIO) -> None:
    try:
        raise KeyError("guid")
    except KeyError as error:
        away.say("webhook.not_stored", error, guid="1")
    (line,) = logged.lines(written)
    assert line["exception"].startswith("Traceback")


def test_an_error_without_words_is_told_by_its_name(written: io.StringIO) -> None:
    away.say("webhook.not_stored", TimeoutError(), guid="1")
    (line,) = logged.lines(written)
    assert line["error"] == "TimeoutError"
