"""The API of the drift watch over a real socket, a real SQLite file, and a local GitHub for the rules."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer

from app.gather.commits import Commits
from app.gather.modules import Modules, RememberedModules
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.sandbox import Repo, Sandbox
from app.pages.drift import DriftApi
from app.pages.senders import Senders
from app.server import Web
from app.storage import Stores, stores
from checks.drift import NameSketch, NumberSketch
from tests.road.stories import shop
from tests.road.town import github
from tests.storage import laid

RULES = """version: 1
drift:
  modules:
    - name: ranking
      paths: [ranking/**]
      features:
        - {name: price, kind: numeric}
        - {name: card, kind: categorical}
        - {name: score, kind: numeric, role: output}
"""
ONE = "/api/drift/ranking"
TODAY = date(2026, 11, 30).toordinal()


@dataclass
class Clock:
    """Noon of a day, until somebody says otherwise."""

    day: int = TODAY
    seconds: float = 12 * 3_600.0

    def __call__(self) -> float:
        return datetime.combine(date.fromordinal(self.day), datetime.min.time(), UTC).timestamp() + self.seconds


@dataclass
class Here:
    """The API, and GitHub as it finds it."""

    sandbox: Sandbox
    repo: Repo
    stores: Stores
    server: BaseTestServer
    session: ClientSession
    token: str
    clock: Clock = field(default_factory=Clock)

    async def post(self, body: Any, path: str = ONE, token: str = "", **headers: str) -> ClientResponse:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token or self.token}", **headers}
        return await self.session.post(self.server.make_url(path), data=io.BytesIO(sent), headers=headers)

    async def get(self, path: str = ONE, token: str = "") -> ClientResponse:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.session.get(self.server.make_url(path), headers=headers)

    async def shown(self) -> Any:
        answer = await self.get()
        assert answer.status == 200, await answer.text()
        return await answer.json()


@asynccontextmanager
async def api(directory: Path, rules: str = RULES) -> AsyncIterator[Here]:
    """Octo/shop under `rules`, and the API before an empty database in `directory`."""
    clock = Clock()
    async with github() as sandbox, stores(str(laid(directory).main)) as kept, ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        connector = Connector(GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.2)))
        senders = Senders(kept.tokens, Commits(connector))
        modules = RememberedModules(Modules(connector))
        api = DriftApi(senders, modules, kept.drifts, kept.inbox, lambda: None, clock)
        async with TestServer(Web([b"secret"], kept.inbox, lambda: None, api.routes()).app()) as server:
            repo = shop(sandbox, rules)
            token = await kept.tokens.issue("octo/shop")
            yield Here(sandbox, repo, kept, server, session, token, clock)


def numbers(*values: float) -> Any:
    """A numeric sketch of these, as JSON."""
    return msgspec.to_builtins(NumberSketch().add_many(np.array(values)), str_keys=True)


def names(*values: str | None) -> Any:
    """A categorical sketch of these, as JSON."""
    return msgspec.to_builtins(NameSketch().add_many(values), str_keys=True)


def batch(prices: Sequence[float] = (1.0, 2.0), **more: Any) -> dict[str, Any]:
    return {"batch": "one", "features": {"price": numbers(*prices)}} | more
