import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer, unused_port
from playwright.async_api import Browser
from yarl import URL

from app.archive import Archive
from app.gather.commits import Commits
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.id_token import IdTokens
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.github.signing_keys import SigningKeys
from app.model import Place
from app.pages import configuration
from app.pages.bills import SbomApi
from app.pages.measurements import MeasurementsApi
from app.pages.senders import Senders
from app.pages.series import SeriesApi
from app.pages.simulation import SimulationApi
from app.pages.speclive import SpecLiveApi
from app.pages.studies import StudiesApi
from app.pages.usage import UsageApi
from app.server import Web
from app.storage import Stores, stores
from tests.actions import Actions, actions
from tests.browser import chromium
from tests.pages.guarded import NoGuards, NothingWatched
from tests.pages.overlaid import Overlaid, Setting, fresh, set_up
from tests.pages.signed import Guest, Site, opened
from tests.storage import laid

NOW = 1_700_000_000.0  # epoch seconds, for whoever believes no point of a series that is ahead or old
KEPT = 14 * 86_400.0  # seconds for which points of series are kept


@dataclass
class Pages:
    """The API on a real socket over a real SQLite file. Nothing stands behind it: GitHub must not be reached."""

    server: BaseTestServer
    session: ClientSession
    stores: Stores
    wakes: list[None]

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def post(self, path: str, body: Any = None, token: str = "", **headers: str) -> ClientResponse:
        """POST `body`, bytes as they are and anything else as JSON, to `path` exactly as it is spelt."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = URL(self.url + path, encoded=True)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.session.post(url, data=io.BytesIO(sent), headers=headers)

    async def get(self, path: str, token: str = "") -> ClientResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.session.get(URL(self.url + path, encoded=True), headers=headers)


@dataclass
class Hosted(Pages):
    """The same beside a local GitHub, which has acme/shop, and the issuer of its id-tokens."""

    github: Sandbox
    repo: Repo
    issuer: Actions

    @property
    def sha(self) -> str:
        """The tip of acme/shop."""
        return self.repo.tip()


async def unreachable(_place: Place) -> Repository:
    raise AssertionError("this request must not reach GitHub")


def _unreachable(_token: str, _text: bytes | None) -> Any:
    raise AssertionError("a refused request must not reach GitHub")


@asynccontextmanager
async def _serving(
    kept: Stores, commits: Commits, id_tokens: IdTokens | None = None, port: int | None = None
) -> AsyncIterator[tuple[BaseTestServer, list[None]]]:
    wakes: list[None] = []
    senders = Senders(kept.tokens, commits, id_tokens)
    measurements = MeasurementsApi(senders, kept.measurements, kept.inbox, lambda: wakes.append(None))
    bills = SbomApi(senders, kept.bills, kept.inbox, lambda: wakes.append(None))
    series = SeriesApi(senders, kept.series, KEPT, lambda: NOW)
    studies = StudiesApi(senders, kept.studies, kept.opinions)
    judged = Archive(kept.decisions)
    usage = UsageApi(senders, kept.usage, kept.remediations, judged, kept.inbox, lambda: wakes.append(None))
    spec = (kept.speclive, judged, NothingWatched(), NoGuards(), kept.inbox, lambda: wakes.append(None), lambda: NOW)
    apis = (SpecLiveApi(senders, *spec), measurements, usage, bills, series, studies, SimulationApi(_unreachable))
    routes = [*configuration.routes(), *(route for api in apis for route in api.routes())]
    async with TestServer(Web([b"secret"], kept.inbox, lambda: None, routes).app(), port=port) as server:
        yield server, wakes


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    async with (
        stores(str(laid(tmp_path).main)) as kept,
        ClientSession() as session,
        _serving(kept, Commits(unreachable)) as (server, wakes),
    ):
        yield Pages(server, session, kept, wakes)


@cache
def _app() -> SandboxApp:
    return Sandbox.generate_app()


@pytest.fixture
async def github() -> AsyncIterator[Sandbox]:
    async with Sandbox(_app(), webhook_secret="a secret of the tests") as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
async def hosted(tmp_path: Path, github: Sandbox) -> AsyncIterator[Hosted]:
    repo, port = github.repository("acme/shop", {"a.py": "x = 1\n"}), unused_port()
    async with stores(str(laid(tmp_path).main)) as kept, ClientSession() as session, actions() as issuer:
        identity = Identity(github.app.app_id, github.app.private_key)
        client = GitHub(identity, session, api_url=github.url, tuning=Tuning(patience=0.2))
        id_tokens = IdTokens(SigningKeys(session, issuer.url), issuer.url, f"http://127.0.0.1:{port}")
        async with _serving(kept, Commits(Connector(client)), id_tokens, port) as (server, wakes):
            yield Hosted(server, session, kept, wakes, github, repo, issuer)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, one for the module: its tests want `loop_scope="module"` too."""
    async with chromium() as opened:
        yield opened


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with opened(tmp_path) as made:
        yield made


@pytest.fixture
async def alice(site: Site) -> AsyncIterator[Guest]:
    """A browser on which alice signed in."""
    async with site.browser() as made:
        await made.sign_in("alice")
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def overlay(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Setting]:
    """Chromium with our extension, one for the module, and a Maestro that says what it is told to."""
    async with set_up(tmp_path_factory.mktemp("overlay")) as setting:
        yield setting


@pytest_asyncio.fixture(loop_scope="module")
async def on_github(overlay: Setting) -> AsyncIterator[Overlaid]:
    """A tab of it on a pull request, as if for the first time."""
    async with fresh(overlay) as shown:
        yield shown
