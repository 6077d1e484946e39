"""The whole of Maestro, web and worker, beside a local GitHub where people sign in: what they do there is real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, BrowserContext
from pydantic import SecretStr

from app.commands.demo import settings_for
from app.commands.running import attending, reserved, working
from app.engine.engine import Pace
from app.github.sandbox import Repo, Sandbox
from app.main import System, system
from app.model import KeptCommand
from app.pages.signing_in import BACK
from tests.browser import Tab, hearing
from tests.road.town import SECRET, github
from tests.storage import laid
from tests.waiting import until

PEOPLE: Mapping[str, str] = {"alice": "write", "mona": "maintain", "carol": "read", "root": "admin"}
PATH = ".github/maestro.yml"
OPEN = "document.querySelector('#actions .offers') && document.getElementById('live').textContent.startsWith('Live')"

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@dataclass
class Whole:
    """octo/shop with one pull request. `faults`: what happens to a request of "METHOD /path" in place of its answer."""

    sandbox: Sandbox
    maestro: System
    url: str
    repo: Repo
    number: int = 0
    head: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/pr/octo/shop/{self.number}"

    async def change(self, branch: str = "fix", title: str = "Correct x", failing: Sequence[str] = ()) -> None:
        """A pull request of one commit, and the decision on it; `failing`: a workflow that fails there, then checks."""
        self.head = self.repo.commit(branch, {"a.py": "x = 2\n"}, message="Correct x")
        for name in failing[:1]:
            self.repo.workflow_run(self.head, name, "failure")
        for name in failing[1:]:
            self.repo.report_check(self.head, name, conclusion="failure")
        self.number = self.repo.open_pull(title, branch)
        await self.judged(self.head)

    async def push(self) -> str:
        """Another head of it; nobody is told."""
        hooks, self.sandbox.webhook_url = self.sandbox.webhook_url, None
        moved = self.repo.commit("fix", {"a.py": "x = 3\n"}, message="More")
        self.sandbox.webhook_url = hooks
        return moved

    async def judged(self, head: str) -> None:
        """Wait until there is a decision on this head."""

        async def decided() -> bool:
            return await self.maestro.stores.decisions.head("octo/shop", self.number) == head

        await until(decided, 20)

    async def kept(self) -> list[KeptCommand]:
        return list(await self.maestro.stores.commands.of_pull("octo/shop", self.number))

    def calls(self, part: str) -> list[str]:
        """What was asked of GitHub at a path that holds `part`, but for what was only read."""
        return [one.path for one in self.sandbox.requests if part in one.path and one.method != "GET"]

    @asynccontextmanager
    async def opened(self, browser: Browser, who: str = "alice", **profile: Any) -> AsyncIterator[Tab]:
        """A tab on the page of the pull request, of somebody who signed in with a click, or of nobody."""
        context = await browser.new_context(**profile)
        context.set_default_timeout(10_000)
        try:
            if who:
                await self.sign_in(context, who)
            async with self.beside(context) as tab:
                yield tab
        finally:
            await context.close()

    async def sign_in(self, context: BrowserContext, who: str) -> None:
        """As a person does: by the link, and a click on GitHub's page."""
        page = await context.new_page()
        await page.goto(f"{self.url}/login?next={self.path}")
        await page.click(f"text={who}")
        await page.wait_for_url(f"{self.url}{self.path}")
        await page.close()

    @asynccontextmanager
    async def beside(self, context: BrowserContext) -> AsyncIterator[Tab]:
        """One more tab of the same person; whatever the browser complains of fails the test."""
        tab = hearing(await context.new_page())
        await tab.page.goto(f"{self.url}{self.path}")
        await tab.until(OPEN)
        yield tab
        assert tab.complaints == []

    @web.middleware
    async def fault(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What is to go wrong, goes wrong."""
        broken = self.faults.get(f"{request.method} {request.path}")
        answer: web.StreamResponse = (await broken(request) if broken else None) or await handler(request)
        return answer


@asynccontextmanager
async def whole(directory: Path, rules: str, files: Mapping[str, str] | None = None) -> AsyncIterator[Whole]:
    """Both processes in this one, over real HTTP; GitHub must be left without one violation of its contract."""
    laid(directory)
    async with github() as sandbox:
        place, url = reserved("127.0.0.1")
        sandbox.sign_in.callbacks = (f"{url}{BACK}",)
        secret = SecretStr(sandbox.app.client_secret)
        told = {"url": url, "ci_grace": 0.0, "client_id": sandbox.app.client_id, "client_secret": secret}
        settings = settings_for(sandbox, directory, SECRET).model_copy(update=told)
        async with system(settings, Pace(hand_over=0.1, lanes=0.06)) as maestro:
            repo = sandbox.repository(
                "octo/shop", {"a.py": "x = 1\n", PATH: rules, **(files or {})}, collaborators=PEOPLE
            )
            here = Whole(sandbox, maestro, url, repo)
            maestro.web.middlewares.append(here.fault)
            async with attending(maestro.web, place, 1.0), working(maestro.engine, maestro.stores.address, 1.0):
                sandbox.webhook_url = f"{url}/webhook"
                yield here
