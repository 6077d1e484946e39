"""A local GitHub, the web process as the operator runs it, and browsers that sign in there: over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientResponse, ClientSession, CookieJar
from pydantic import SecretStr
from sqlalchemy import update
from yarl import URL

from app.commands.demo import settings_for
from app.commands.running import attending, reserved
from app.github.sandbox import Repo, Sandbox
from app.main import web_process
from app.pages.signing_in import BACK
from app.settings import Settings
from app.storage import Stores, stores
from app.store.asked_tables import pairings, people, sessions
from tests.road.town import SECRET, github
from tests.storage import laid

REDIRECTS = {302, 303}


@dataclass
class Guest:
    """One browser, with its cookies, that follows no redirect unless told to."""

    url: str
    sandbox: Sandbox
    session: ClientSession

    def at(self, address: str) -> URL:
        return URL(address if address.startswith("http") else f"{self.url}{address}", encoded=True)

    async def get(self, address: str, **headers: str) -> ClientResponse:
        """GET a path of ours, or a whole address."""
        return await self.session.get(self.at(address), allow_redirects=False, headers=headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> ClientResponse:
        """POST JSON as a page of ours does, but for what `headers` says otherwise; "" leaves one out."""
        said = {"Content-Type": "application/json", "Origin": self.url, "X-CSRF": await self.csrf(), **headers}
        sent = {name: value for name, value in said.items() if value}
        text = body if isinstance(body, str) else json.dumps({} if body is None else body)
        return await self.session.post(self.at(path), data=text, headers=sent, allow_redirects=False)

    async def begin(self, after: str = "/pair") -> str:
        """Where GitHub's sign-in is, for a browser that wants `after`."""
        answer = await self.get(f"/login?next={after}")
        assert answer.status == 303
        return answer.headers["Location"]

    async def agree(self, address: str, login: str) -> str:
        """Somebody agrees on GitHub's page; where it sends them back to."""
        answer = await self.session.get(URL(f"{address}&as={login}", encoded=True), allow_redirects=False)
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]

    async def sign_in(self, login: str, after: str = "/pair") -> ClientResponse:
        """The whole of it; our answer to their coming back."""
        return await self.get(await self.agree(await self.begin(after), login))

    async def csrf(self) -> str:
        """What their own pages hold; "" for who is not signed in."""
        answer = await self.get("/pair")
        text = await answer.text()
        return text.partition('data-csrf="')[2].partition('"')[0]

    async def who(self) -> str:
        """Who they are to us; "" for nobody."""
        answer = await self.get("/pair")
        return (await answer.text()).partition("Signed in as <bdi>")[2].partition("<")[0]

    async def id(self) -> int:
        """GitHub's id of whoever is signed in."""
        return self.sandbox.world.account(await self.who()).id

    def cookies(self) -> dict[str, str]:
        """What it shows us."""
        return {name: one.value for name, one in self.session.cookie_jar.filter_cookies(URL(self.url)).items()}


@dataclass
class Site:
    """The web process at `url`, beside a local GitHub that has octo/shop, private, and octo/open."""

    url: str
    sandbox: Sandbox
    settings: Settings
    stores: Stores
    shop: Repo
    open: Repo

    async def later(self, seconds: float) -> None:
        """Let time pass: at GitHub, and for all that we keep of people."""
        self.sandbox.advance(seconds)
        async with self.stores.main.begin() as connection:
            for table in (people, sessions, pairings):
                times = [one for one in table.columns if one.name.endswith(("_at", "until"))]
                await connection.execute(update(table).values({one: one - int(seconds * 1e6) for one in times}))

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Guest]:
        """One without any cookie yet."""
        async with guest(self.url, self.sandbox) as made:
            yield made


@asynccontextmanager
async def guest(url: str, sandbox: Sandbox) -> AsyncIterator[Guest]:
    """A browser without any cookie yet, for Maestro at `url`, where people sign in at `sandbox`."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield Guest(url, sandbox, session)


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Site]:
    """Open it; GitHub must be left without one violation of its contract."""
    laid(directory)
    async with github() as sandbox:
        place, url = reserved("127.0.0.1")
        sandbox.sign_in.callbacks = (f"{url}{BACK}",)
        people = {"alice": "admin", "bob": "write", "carol": "read"}
        shop = sandbox.repository("octo/shop", private=True, collaborators=people)
        opened = sandbox.repository("octo/open")
        sandbox.world.account("mallory")
        told = {
            "url": url,
            "client_id": sandbox.app.client_id,
            "client_secret": SecretStr(sandbox.app.client_secret),
        }
        settings = settings_for(sandbox, directory, SECRET).model_copy(update=told)
        async with (
            stores(settings.database_url) as kept,
            web_process(settings) as application,
            attending(application, place, 1.0),
        ):
            sandbox.webhook_url = f"{url}/webhook"
            yield Site(url, sandbox, settings, kept, shop, opened)
