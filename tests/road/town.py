"""A local GitHub and the whole of Maestro, joined by real HTTP: what the road's tests live in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from aiohttp import web

from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.main import System, system
from app.settings import Settings

SECRET = "a secret of the tests"
DECISION = "maestro / decision"
GREEN = "version: 1\n"


@dataclass(frozen=True, slots=True)
class Town:
    """The sandbox, the running system, and the address of its web process."""

    sandbox: Sandbox
    maestro: System
    url: str

    async def rest(self, seconds: float = 20.0) -> None:
        """Wait until every webhook was delivered and handled, and what followed from it too."""
        async with asyncio.timeout(seconds):
            while True:
                await self.sandbox.settle()
                await self.maestro.engine.idle(seconds)
                before = len(self.sandbox.deliveries)
                await self.sandbox.settle()
                if len(self.sandbox.deliveries) == before and not self.maestro.engine.depth():
                    return

    async def until_called(self, part: str, seconds: float = 10.0) -> None:
        """Wait until a call whose path holds `part` has reached the sandbox."""
        async with asyncio.timeout(seconds):
            while not any(part in request.path for request in self.sandbox.requests):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def conclusions(self, repo: Repo, sha: str) -> dict[str, str | None]:
        """What our check runs say on `sha`: name → conclusion, None while in progress."""
        runs = (run for run in repo.check_runs(sha) if run.suite.app.id == self.sandbox.app.app_id)
        return {run.name: run.conclusion for run in runs}

    def cards(self, repo: Repo, number: int) -> list[str]:
        """The bodies of our cards on a pull request."""
        return [comment.body for comment in repo.comments(number) if comment.body.startswith("<!-- maestro:card")]

    def calls(self, since: int = 0) -> list[str]:
        """The operations that were called."""
        return [f"{request.method} {request.path}" for request in self.sandbox.requests[since:]]


@asynccontextmanager
async def town(directory: Path) -> AsyncIterator[Town]:
    """Open a town; it must be left without one violation of GitHub's contract."""
    async with github() as sandbox, maestro_in(sandbox, directory) as opened:
        yield opened


@asynccontextmanager
async def github() -> AsyncIterator[Sandbox]:
    """A local GitHub that insists on the contract."""
    async with Sandbox(_APP, webhook_secret=SECRET) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@asynccontextmanager
async def maestro_in(sandbox: Sandbox, directory: Path) -> AsyncIterator[Town]:
    """Maestro, running against `sandbox` with its database in `directory`."""
    async with system(settings(sandbox, directory)) as maestro:
        runner = web.AppRunner(maestro.web, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        sandbox.webhook_url = f"{url}/webhook"
        await maestro.engine.start()
        try:
            yield Town(sandbox, maestro, url)
        finally:
            await maestro.engine.stop(1)
            await runner.cleanup()


def _as_registered() -> SandboxApp:
    """The App exactly as app.yml registers it: a permission or event that it lacks shows here."""
    manifest = yaml.safe_load((Path(__file__).parents[2] / "app.yml").read_text())
    return replace(
        Sandbox.generate_app(),
        permissions=manifest["default_permissions"],
        events=tuple(manifest["default_events"]),
    )


_APP = _as_registered()


def settings(sandbox: Sandbox, directory: Path) -> Settings:
    """What the environment would say."""
    return Settings.model_validate(
        {
            "MAESTRO_APP_ID": str(sandbox.app.app_id),
            "MAESTRO_PRIVATE_KEY": sandbox.app.private_key,
            "MAESTRO_WEBHOOK_SECRET": SECRET,
            "MAESTRO_GITHUB_API": sandbox.url,
            "DATABASE_URL": f"sqlite:///{directory / 'maestro.db'}",
        }
    )
