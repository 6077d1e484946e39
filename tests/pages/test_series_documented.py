"""The commands of docs/series.md, as they stand there, run by a shell against the API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from app.gather.commits import Commits
from app.pages.senders import Senders
from app.pages.series import SeriesApi
from app.server import Web
from app.storage import Stores, stores
from app.store.series import Stream
from tests.pages.conftest import unreachable
from tests.storage import laid

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "series.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n\$ (curl .*?[^\\])\n", PAGE, re.DOTALL)
TABLE = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)[0]
LATE = 1e10  # epoch seconds, after whatever this machine's clock and the page say
SHOP = "octo/shop"


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Stores]:
    async with stores(str(laid(tmp_path).main)) as kept:
        yield kept


async def shell(command: str, directory: Path, **environment: str) -> str:
    (directory / "series.csv").write_text(TABLE)
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(
        "bash", "-c", command, cwd=directory, env={"PATH": "/usr/bin:/bin", **environment}, stdout=pipe, stderr=pipe
    )
    out, err = await running.communicate()
    assert running.returncode == 0, err.decode()
    return out.decode()


async def test_each_command_does_what_the_page_says(kept: Stores, tmp_path: Path) -> None:
    api = SeriesApi(Senders(kept.tokens, Commits(unreachable)), kept.series, LATE, lambda: LATE)
    async with TestServer(Web([b"secret"], kept.inbox, lambda: None, api.routes()).app()) as server:
        where = {"MAESTRO_URL": str(server.make_url("")).rstrip("/"), "MAESTRO_TOKEN": await kept.tokens.issue(SHOP)}
        sent, table, read = [await shell(command, tmp_path, **where) for command in COMMANDS]
    assert '"stored": 1, "new": 1' in sent
    assert '"stored": 4, "new": 4' in table
    assert '"p95_ms": [[' in read
    found = await kept.series.of(Stream(SHOP, "canary", "control"), 0, LATE)
    assert [list(one.values()) for one in found.values()] == [[31.0, 28.0], [212.0, None]]
