"""A local GitHub and the whole of Maestro, joined by real HTTP: what the road's tests live in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import yaml

from app.commands.demo import beside, rest
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.main import System
from app.model import CARD_MARKER
from app.osv.sandbox import OsvSandbox
from app.sources import Sources
from tests.storage import laid

SECRET = "a secret of the tests"
DECISION = "maestro / decision"
GREEN = "version: 1\n"


@dataclass(frozen=True, slots=True)
class Town:
    """The sandbox, the running system, the address of its web process, and who knows of advisories."""

    sandbox: Sandbox
    maestro: System
    url: str
    osv: OsvSandbox

    async def rest(self, seconds: float = 20.0) -> None:
        """Wait until every webhook was delivered and handled, and what followed from it too."""
        await rest(self.sandbox, self.maestro, seconds)

    async def until_called(self, part: str, seconds: float = 10.0) -> None:
        """Wait until a call whose path holds `part` has reached the sandbox."""
        async with asyncio.timeout(seconds):
            while not any(part in request.path for request in self.sandbox.requests):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def page(self, path: str, token: str) -> str:
        """The page at `path`, as whoever has `token` sees it."""
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}{path}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    def conclusions(self, repo: Repo, sha: str) -> dict[str, str | None]:
        """What our check runs say on `sha`: name → conclusion, None while in progress."""
        runs = (run for run in repo.check_runs(sha) if run.suite.app.id == self.sandbox.app.app_id)
        return {run.name: run.conclusion for run in runs}

    def cards(self, repo: Repo, number: int) -> list[str]:
        """The bodies of our cards on a pull request."""
        return [comment.body for comment in repo.comments(number) if comment.body.startswith(CARD_MARKER)]

    def calls(self, since: int = 0) -> list[str]:
        """The operations that were called."""
        return [f"{request.method} {request.path}" for request in self.sandbox.requests[since:]]


@asynccontextmanager
async def town(directory: Path) -> AsyncIterator[Town]:
    """Open a town; it must be left without one violation of GitHub's contract, nor of OSV's."""
    async with github() as sandbox, maestro_in(sandbox, directory) as opened:
        yield opened


@asynccontextmanager
async def github() -> AsyncIterator[Sandbox]:
    """A local GitHub that insists on the contract."""
    async with Sandbox(_APP, webhook_secret=SECRET) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@asynccontextmanager
async def maestro_in(sandbox: Sandbox, directory: Path, sources: Sources | None = None) -> AsyncIterator[Town]:
    """Maestro, running against `sandbox` with its database in `directory`, and with the operator's `sources`."""
    laid(directory)
    async with OsvSandbox() as osv:
        async with beside(sandbox, directory, SECRET, osv_url=osv.url, sources=sources) as (maestro, url):
            yield Town(sandbox, maestro, url, osv)
        assert osv.violations == []


def _as_registered() -> SandboxApp:
    """The App exactly as app.yml registers it: a permission or event that it lacks shows here."""
    manifest = yaml.safe_load((Path(__file__).parents[2] / "app.yml").read_text())
    return replace(
        Sandbox.generate_app(),
        permissions=manifest["default_permissions"],
        events=tuple(manifest["default_events"]),
    )


_APP = _as_registered()
