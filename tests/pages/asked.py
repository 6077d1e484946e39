"""A pull request that people act on: the API on a real socket, a real GitHub beside it, and visitors of the tests."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientResponse, ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer

from app.gather.heads import Heads
from app.gather.roles import Roles
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.model import ASKED, Cause, Delivery, Verb
from app.pages import browser
from app.pages.asking import AskingApi, Kept, Rules
from app.pages.pace import Pace
from app.pages.visitors import Visitor
from app.server import Web
from app.storage import Stores, stores
from handlers.commands.roles import suffices
from tests.deliveries import new
from tests.pages.trial import Clock
from tests.storage import laid

ROLES = {"alice": "write", "mona": "maintain", "carol": "read", "trish": "triage", "root": "admin"}
IDS = {login: number for number, login in enumerate((*ROLES, "eve"), 1)}


def verb(name: str, role: str) -> Verb:
    return Verb(name, f"/maestro {name}", f"/maestro {name}", "Does it.", role)


VERBS = {
    one.name: one
    for one in (
        verb("explain", "read"),
        verb("agree", "triage"),
        verb("retry", "write"),
        verb("escalate", "write"),
        verb("canary stop", "write"),
        verb("rollback", "maintain"),
        verb("override", "admin"),
        verb("override withdraw", "admin"),
    )
}


@dataclass
class Signed:
    """Visitors by a cookie that holds their login, as the tests set it. `readers`: who may read the repository."""

    welcome: bool = True
    readers: set[str] = field(default_factory=lambda: set(ROLES))
    id: int = 77  # GitHub's, of octo/shop

    async def known(self, request: web.Request) -> Visitor | None:
        login = request.cookies.get("who", "")
        return Visitor(IDS[login], login, False, f"csrf of {login}") if login in IDS else None

    async def may_read(self, visitor: Visitor, repository: str, known: int = 0) -> bool:
        return visitor.login in self.readers and repository.lower() == "octo/shop" and known in {0, self.id}

    async def repositories(self, visitor: Visitor) -> dict[str, int]:
        return {"octo/shop": self.id} if visitor.login in self.readers else {}

    async def acting(self, request: web.Request) -> Visitor:
        visitor = await self.known(request)
        if visitor is None:
            raise web.HTTPUnauthorized(text='{"error": "sign in first"}', content_type="application/json")
        ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        if not ours or request.headers.get("X-CSRF") != visitor.csrf:
            raise web.HTTPForbidden(text='{"error": "not from our page"}', content_type="application/json")
        return visitor


@dataclass
class Asked:
    """The server, and what it asks and keeps."""

    session: ClientSession
    stores: Stores
    github: Sandbox
    repo: Repo
    number: int
    head: str
    visitors: Signed
    api: AskingApi
    clock: Clock
    wakes: list[None]
    url: str = ""

    def wanted(self, verb: str = "retry", arguments: str = "", **more: Any) -> dict[str, Any]:
        """A body that asks for it, with a key of its own."""
        return self.on_head(verb=verb, arguments=arguments, **more)

    def on_head(self, **more: Any) -> dict[str, Any]:
        where = {"repository": "octo/shop", "number": self.number, "head_sha": self.head}
        return {**where, "key": str(uuid.uuid4()), **more}

    async def post(self, body: Any, who: str = "alice", path: str = "/api/commands", **headers: str) -> ClientResponse:
        told = {"Cookie": f"who={who}", "X-CSRF": f"csrf of {who}", **headers}
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        if isinstance(body, bytes):
            told.setdefault("Content-Type", "application/json")
        return await self.session.post(self.url + path, headers=told, **sent)

    async def get(self, path: str, who: str = "alice") -> ClientResponse:
        return await self.session.get(self.url + path, headers={"Cookie": f"who={who}"})

    async def decide(self, head: str) -> None:
        """As the worker does: there is a decision on this head."""
        await self.stores.decisions.keep("octo/shop", self.number, head, "hold", b"{}", Cause())


class Beside(Protocol):
    """What a test serves beside the API, and does to what is asked of it."""

    def routes(self) -> Iterable[web.RouteDef]: ...

    async def fault(self, request: web.Request, handler: Any) -> web.StreamResponse: ...


@cache
def _app() -> SandboxApp:
    return Sandbox.generate_app()


@asynccontextmanager
async def asked(
    directory: Path, pace: Pace | None = None, beside: Callable[[Asked], Beside] | None = None
) -> AsyncIterator[Asked]:
    """octo/shop with one pull request, of which there is a decision; `beside`: what is served with the API."""
    laid(directory)
    async with (
        Sandbox(_app(), webhook_secret="a secret of the tests") as sandbox,
        stores(str(laid(directory).main)) as kept,
        ClientSession(cookie_jar=DummyCookieJar()) as session,
    ):
        repo = sandbox.repository("octo/shop", {"a.py": "x = 1\n"}, collaborators=ROLES)
        head = repo.commit("fix", {"a.py": "x = 2\n"}, message="Correct x")
        number = repo.open_pull("Correct x", "fix")
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        connect_to = Connector(GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.2)))
        wakes: list[None] = []
        visitors, clock = Signed(), Clock(1_764_000_000.0)
        stored = Kept(
            kept.commands, kept.reading.commands, kept.reading.decisions, kept.inbox, lambda: wakes.append(None)
        )
        rules = Rules(VERBS, suffices)
        asking = (visitors, rules, Roles(connect_to), Heads(connect_to), stored)
        api = AskingApi(*asking, now=lambda: clock.at, pace=pace or Pace())
        here = Asked(session, kept, sandbox, repo, number, head, visitors, api, clock, wakes)
        more = beside(here) if beside else None
        routes = [*api.routes(), *browser.routes(), *(more.routes() if more else ())]
        app = Web([b"secret"], kept.inbox, lambda: None, routes).app()
        if more:
            app.middlewares.append(more.fault)
        async with TestServer(app) as server:
            here.url = str(server.make_url("")).rstrip("/")
            await here.decide(head)
            yield here
        assert sandbox.violations == []


async def deliveries(here: Asked, event: str = ASKED) -> list[Delivery]:
    """What the worker was told."""
    return [one for one in await new(here.stores.inbox.engine) if one.event == event]
