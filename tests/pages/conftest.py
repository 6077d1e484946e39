import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from yarl import URL

from app.pages import configuration
from app.pages.bills import SbomApi
from app.pages.measurements import MeasurementsApi
from app.pages.simulation import SimulationApi
from app.server import Web
from app.storage import Stores, stores


@dataclass
class Pages:
    """The API on a real socket over a real SQLite file. Nothing stands behind simulation: it must not be reached."""

    server: BaseTestServer
    session: ClientSession
    stores: Stores
    wakes: list[None]

    async def post(self, path: str, body: Any = None, token: str = "", **headers: str) -> ClientResponse:
        """POST `body`, bytes as they are and anything else as JSON, to `path` exactly as it is spelt."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = URL(str(self.server.make_url("")).rstrip("/") + path, encoded=True)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.session.post(url, data=io.BytesIO(sent), headers=headers)

    async def get(self, path: str) -> ClientResponse:
        return await self.session.get(self.server.make_url(path))


def _unreachable(_token: str, _text: bytes | None) -> Any:
    raise AssertionError("a refused request must not reach GitHub")


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    async with stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        wakes: list[None] = []
        measurements = MeasurementsApi(kept.tokens, kept.measurements, kept.inbox, lambda: wakes.append(None))
        bills = SbomApi(kept.tokens, kept.bills, kept.inbox, lambda: wakes.append(None))
        routes = [
            *measurements.routes(),
            *bills.routes(),
            *configuration.routes(),
            *SimulationApi(_unreachable).routes(),
        ]
        served = TestServer(Web([b"secret"], kept.inbox, lambda: None, routes).app())
        async with served as server, ClientSession() as session:
            yield Pages(server, session, kept, wakes)
