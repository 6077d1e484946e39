"""The API of experiments over a real socket, a real SQLite file, and a local GitHub for commits and rules."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer

from app.gather.canaries import Canaries
from app.gather.commits import Commits
from app.gather.deployments import Deployments
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.sandbox import Repo, Sandbox
from app.pages.experiments import ExperimentsApi
from app.pages.senders import Senders
from app.server import Web
from app.storage import Stores, stores
from tests.road.stories import change, shop
from tests.road.town import github

RULES = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01, watermark_seconds: 0}
"""
START = "/api/experiments"


@dataclass
class Here:
    """The API, and GitHub as it finds it."""

    sandbox: Sandbox
    repo: Repo
    stores: Stores
    server: BaseTestServer
    session: ClientSession
    token: str = ""

    async def post(self, path: str, body: Any, token: str = "") -> ClientResponse:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.session.post(self.server.make_url(path), data=io.BytesIO(sent), headers=headers)

    async def get(self, path: str, token: str = "") -> ClientResponse:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.session.get(self.server.make_url(path), headers=headers)

    async def begun(self) -> str:
        """The path of an experiment on a pull request's head."""
        _, sha = change(self.repo)
        answer = await self.post(START, {"sha": sha, "environment": "canary"})
        assert answer.status == 201, await answer.text()
        return f"{START}/{(await answer.json())['experiment']}"


@asynccontextmanager
async def api(directory: Path) -> AsyncIterator[Here]:
    """Octo/shop under RULES, and the API before an empty database in `directory`."""
    url = f"sqlite:///{directory / 'maestro.db'}"
    async with github() as sandbox, stores(url) as kept, ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        client = GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.2))
        canaries = Canaries(Connector(client))
        senders = Senders(kept.tokens, Commits(Connector(client)))
        tables = (kept.experiments, kept.triples, kept.points, kept.inbox)
        api = ExperimentsApi(senders, canaries, Deployments(Connector(client)), *tables, lambda: None)
        async with TestServer(Web([b"secret"], kept.inbox, lambda: None, api.routes()).app()) as server:
            repo = shop(sandbox, RULES)
            yield Here(sandbox, repo, kept, server, session, await kept.tokens.issue("octo/shop"))


def tick(t: float, bad: int = 10, total: int = 1_000) -> dict[str, Any]:
    return {"t": t, "control": {"good": 990, "total": 1_000}, "canary": {"good": total - bad, "total": total}}
