"""A running sandbox, a client that speaks to it, and an ear for its webhooks."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.github.sandbox import Repo, Sandbox, SandboxApp

SECRET = "a secret of the tests"


@dataclass(frozen=True)
class Reply:
    """What the sandbox answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> str:
        message: str = self.body["message"]
        return message


@dataclass
class Client:
    """Speaks to a sandbox as whoever owns `credential`."""

    session: aiohttp.ClientSession
    url: str
    credential: str | None = None

    def of(self, credential: str | None) -> Client:
        return Client(self.session, self.url, credential)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        if self.credential:
            headers["Authorization"] = f"Bearer {self.credential}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else self.url + path
        async with self.session.request(method, url, json=body, headers=named, allow_redirects=False) as response:
            text = await response.read()
            is_json = response.content_type == "application/json" and text
            return Reply(response.status, json.loads(text) if is_json else text, response.headers)

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: Any = None) -> Reply:
        return await self.ask("POST", path, body)

    async def patch(self, path: str, body: Any) -> Reply:
        return await self.ask("PATCH", path, body)


@dataclass
class Ear:
    """A webhook endpoint that remembers. `answers` are the statuses it gives, then 202 for ever."""

    url: str = ""
    heard: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def listen(self, request: web.Request) -> web.Response:
        self.heard.append((request.headers.copy(), await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 202)

    @property
    def events(self) -> list[str]:
        """`event` or `event.action`, in order of arrival."""
        names = ((headers["X-GitHub-Event"], json.loads(body).get("action")) for headers, body in self.heard)
        return [f"{event}.{action}" if action else event for event, action in names]

    def payloads(self, name: str) -> list[dict[str, Any]]:
        """The payloads of one `event.action`."""
        pairs = zip(self.events, self.heard, strict=True)
        return [json.loads(body) for heard, (_, body) in pairs if heard == name]


def app_jwt(app: SandboxApp, *, issued: float | None = None, lasts: float = 540, **claims: Any) -> str:
    now = time.time() if issued is None else issued
    content = {"iat": int(now) - 60, "exp": int(now + lasts), "iss": str(app.app_id), **claims}
    return jwt.encode(content, _key(app.private_key), algorithm="RS256")


@cache
def _key(pem: str) -> Any:
    """Read once: validating a private key is slow."""
    return load_pem_private_key(pem.encode(), password=None)


@pytest.fixture(scope="session")
def app() -> SandboxApp:
    return Sandbox.generate_app()


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear, application = Ear(), web.Application(client_max_size=30 * 1024 * 1024)
    application.router.add_post("/webhook", ear.listen)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    yield ear
    await runner.cleanup()


@pytest.fixture
async def sandbox(app: SandboxApp, ear: Ear) -> AsyncIterator[Sandbox]:
    async with Sandbox(app, ear.url, SECRET) as sandbox:
        yield sandbox


@pytest.fixture
async def lenient(app: SandboxApp, ear: Ear) -> AsyncIterator[Sandbox]:
    """Without the contract: GitHub's own refusals of what the contract would have stopped."""
    async with Sandbox(app, ear.url, SECRET, contract=None) as sandbox:
        yield sandbox


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def shop(sandbox: Sandbox) -> Repo:
    """A public repository of an organisation with people in every role."""
    return open_shop(sandbox)


def open_shop(sandbox: Sandbox, name: str = "octo/shop", *, private: bool = False) -> Repo:
    people = {"alice": "admin", "mia": "maintain", "bob": "write", "tom": "triage", "carol": "read"}
    files = {"README.md": "# shop\n", "src/cart.py": "total = 0\n", "src/pay.py": "paid = False\n"}
    return sandbox.repository(name, files, private=private, collaborators=people)


@pytest.fixture
async def bot(sandbox: Sandbox, shop: Repo, app: SandboxApp, session: aiohttp.ClientSession) -> Client:
    """Our App with an installation token for everything."""
    return await as_bot(sandbox, session, app)


async def as_bot(sandbox: Sandbox, session: aiohttp.ClientSession, app: SandboxApp, **wish: Any) -> Client:
    client = Client(session, sandbox.url, app_jwt(app))
    number = sandbox.installation("octo").id
    reply = await client.post(f"/app/installations/{number}/access_tokens", wish or None)
    assert reply.status == 201, reply
    return client.of(reply.body["token"])
