"""A page that acts, made of the scripts, the API and a stream of news alone: a worker is played by the test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page

from app.model import Cause, KeptCommand, Progress
from app.pages.asking import told
from app.pages.browser import ACTING, HEADERS, html
from app.render.assets import address
from handlers.commands.roles import suffices
from tests.browser import Tab, hearing
from tests.pages.asked import ROLES, VERBS, Asked, asked
from tests.waiting import until

READY = "document.querySelector('#actions .offers li, #actions .offers p')"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A pull request</title>
<link rel="icon" href="{icon}"><link rel="stylesheet" href="{style}">
<script src="{trust}" defer></script><script src="{jquery}" defer></script>
<script src="{live}" defer></script><script src="{page}" type="module"></script></head>
<body><main id="page" data-stream="{path}/stream"><h1>A pull request</h1>
<section id="actions" data-api="/api{path}" aria-label="Actions"><p>Sign in to act.</p></section>
<footer><p id="live"></p></footer></main></body></html>"""


@dataclass
class Stage:
    """The API with a page before it. `broken`: what happens to a request of this method, in place of its answer."""

    here: Asked
    edition: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    offers: list[dict[str, Any]] = field(default_factory=list)
    broken: dict[str, Callable[[], Awaitable[web.StreamResponse]]] = field(default_factory=dict)
    title: str = "Correct x"
    path: str = ""

    @property
    def url(self) -> str:
        return self.here.url + self.path

    def offer(self, verb: str, label: str, **more: Any) -> None:
        """One more thing to ask for."""
        plain = {"arguments": "", "target": "", "destructive": False, "reason": 0, "undoes": False}
        told = {"verb": verb, "label": label, "description": f"Does {verb}.", "role": VERBS[verb].role}
        self.offers.append({**plain, **told, **more})

    def news(self) -> None:
        """What the page shows has changed."""
        self.edition += 1
        self.changed.set()
        self.changed.clear()

    async def kept(self) -> list[KeptCommand]:
        return list(await self.here.stores.commands.of_pull("octo/shop", self.here.number))

    async def answer(self, state: Progress = Progress.DONE, said: str = "it was done") -> KeptCommand:
        """The worker takes up the one that waits, and ends it."""

        async def waits() -> bool:
            return any(one.state is Progress.PENDING for one in await self.kept())

        await until(waits)
        (one,) = [one for one in await self.kept() if one.state is Progress.PENDING]
        ended = await self.here.stores.commands.end(replace(one, state=state, said=said), Cause("asked", one.who))
        self.news()
        return ended

    async def moved(self) -> str:
        """Somebody pushes; its new head, which nobody has judged."""
        return self.here.repo.commit("fix", {"a.py": f"x = {self.edition + 3}\n"}, message="More")

    async def judged(self, head: str) -> None:
        """There is a decision on this head, and the page shows it."""
        await self.here.decide(head)
        self.news()

    # --- what is served ---

    def routes(self) -> list[web.RouteDef]:
        where = "/pr/octo/shop/{number}"
        return [
            web.get(where, self._page),
            web.get(f"{where}/stream", self._stream),
            web.get(f"/api{where}", self._model),
        ]

    @web.middleware
    async def fault(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What is to go wrong, goes wrong."""
        broken = self.broken.get(f"{request.method} {request.path}")
        answer: web.StreamResponse = await (broken() if broken else handler(request))
        return answer

    async def _page(self, _request: web.Request) -> web.Response:
        files = {"icon": "mark.svg", "style": "page.css", "trust": "center/trust.js", "jquery": "jquery.js"}
        files |= {"live": "live.js", "page": "center/page.js"}
        text = _PAGE.format(path=self.path, **{name: address(file) for name, file in files.items()})
        return html(text, 200, **ACTING)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        try:
            while True:
                await answer.write(f"event: news\ndata: {self.edition}\n\n".encode())
                await self.changed.wait()
        except ConnectionError:
            return answer

    async def _model(self, request: web.Request) -> web.Response:
        visitor = await self.here.visitors.known(request)
        role = ROLES.get(visitor.login, "none") if visitor else ""
        head = await self.here.stores.decisions.head("octo/shop", self.here.number)
        commands = [{**told(one), "id": one.id, "surface": one.surface.value} for one in await self.kept()]
        allowed = [{**one, "allowed": suffices(role, one["role"]) if visitor else None} for one in self.offers]
        where = {"repository": "octo/shop", "number": self.here.number, "title": self.title, "head_sha": head}
        viewer = {"login": visitor.login, "role": role} if visitor else None
        model = {"pull": where, "commands": commands, "actions": allowed, "viewer": viewer, "page": self.url}
        return web.json_response({**model, "csrf": visitor.csrf if visitor else None})

    # --- who looks ---

    @asynccontextmanager
    async def opened(self, browser: Browser, who: str = "alice", **profile: Any) -> AsyncIterator[Tab]:
        """A tab on the page, drawn, in a profile of its own; whatever the browser complains of fails the test."""
        context = await browser.new_context(**profile)
        context.set_default_timeout(10_000)
        if who:
            await context.add_cookies([{"name": "who", "value": who, "url": self.here.url, "sameSite": "Lax"}])
        try:
            async with self.beside(context) as tab:
                yield tab
        finally:
            await context.close()

    @asynccontextmanager
    async def beside(self, context: BrowserContext) -> AsyncIterator[Tab]:
        """One more tab of the same person."""
        tab = hearing(await context.new_page())
        await tab.page.goto(self.url)
        await tab.until(READY)
        yield tab
        assert tab.complaints == []


@asynccontextmanager
async def stage(directory: Path) -> AsyncIterator[Stage]:
    """A page with four things to ask for."""
    made: list[Stage] = []

    def beside(here: Asked) -> Stage:
        made.append(Stage(here))
        return made[0]

    async with asked(directory, beside=beside) as here:
        (opened,) = made
        here.clock.at = time.time()
        opened.path = f"/pr/octo/shop/{here.number}"
        opened.offer("retry", "Retry")
        opened.offer("escalate", "Escalate tests", arguments="tests")
        sha = here.head[:7]
        opened.offer("rollback", "Roll back", arguments=sha, target="canary of octo/shop", destructive=True)
        opened.offer("override", "Override risk", arguments=f"risk {sha}", destructive=True, reason=10)
        opened.offer("override withdraw", "Withdraw override", arguments="risk", undoes=True)
        yield opened


async def choose(page: Page, label: str) -> None:
    """Press the button of an offer."""
    await page.click(f"#actions .offers button:text-is('{label}')")


async def press(page: Page, label: str) -> None:
    """Press the button of an offer, and mean it."""
    await choose(page, label)
    await page.click("dialog.confirm button.yes")


async def says(tab: Tab, words: str, where: str = "#actions [role=status]") -> None:
    """Wait until the page says it."""
    await tab.page.wait_for_function(
        "([where, words]) => document.querySelector(where)?.textContent.includes(words)", arg=[where, words]
    )


ALERT = "#actions [role=alert]"


ATTACK = """async ([root, body]) => {
    const said = [];
    const url = `${root}/api/commands`;
    for (const [mode, type] of [['no-cors', 'text/plain'], ['cors', 'application/json'], ['cors', 'text/plain']]) {
        const sent = {method: 'POST', mode, credentials: 'include', headers: {'Content-Type': type}, body};
        said.push(await fetch(url, sent).then(answer => answer.type, error => error.name));
    }
    said.push(await fetch(`${root}/api/pr/octo/shop/1`, {credentials: 'include'}).then(() => 'read', () => 'blind'));
    navigator.sendBeacon(url, new Blob([body], {type: 'text/plain'}));
    for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const frame = Object.assign(document.createElement('iframe'), {name: enctype});
        const form = document.createElement('form');
        Object.assign(form, {method: 'POST', action: url, enctype, target: enctype});
        form.append(Object.assign(document.createElement('input'), {name: body, value: ''}));
        document.body.append(frame, form);
        const loaded = new Promise(done => { frame.onload = done; });
        form.submit();
        await loaded;
    }
    return said;
}"""
"""All that a page of another origin can try with a browser that holds our cookie; what each of it came to."""
BLIND = ["opaque", "TypeError", "TypeError", "blind"]


@asynccontextmanager
async def elsewhere(host: str) -> AsyncIterator[str]:
    """A page of somebody else's, on another port of `host`."""

    async def lure(_request: web.Request) -> web.Response:
        return web.Response(
            text="<!doctype html><title>Win</title><link rel=icon href=data:>", content_type="text/html"
        )

    app = web.Application()
    app.router.add_get("/", lure)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://{host}:{server.port}/"
