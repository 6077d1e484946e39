"""The composition root: the one place where rooms meet, and the only one of `app` that knows the handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from app import __version__
from app.gather.nothing import NothingKept
from app.gather.reader import GitHubReader
from app.github.client import GitHub
from app.main.reached import reaching, with_token
from app.main.serving import web_application
from app.main.worker import end_process, engine_of
from app.model import Delivery, Trigger
from app.osv.client import Memory, Osv
from app.settings import Settings
from app.storage import Stores
from app.wire import Wire, root
from handlers.understand import Understanding

if TYPE_CHECKING:
    from app.engine.engine import Engine, Pace

NO_APP = 0  # GitHub gives no App this id


@dataclass(frozen=True, slots=True)
class System:
    """Maestro, wired: the web application and the worker's engine over one storage."""

    web: web.Application
    engine: Engine
    stores: Stores


@asynccontextmanager
async def system(settings: Settings, pace: Pace | None = None) -> AsyncIterator[System]:
    """Web and worker in one process, not yet started. Raises BadKey for a key that is none."""
    async with reaching(settings) as reached:
        engine = engine_of(settings, reached, end_process, pace)
        yield System(web_application(settings, reached, engine.wake), engine, reached.kept)


@asynccontextmanager
async def web_process(settings: Settings) -> AsyncIterator[web.Application]:
    """What `maestro web` runs: it verifies webhooks and stores them, and shows what is stored."""
    async with reaching(settings) as reached:
        yield web_application(settings, reached, lambda: None)


@asynccontextmanager
async def worker_process(settings: Settings, on_lost: Callable[[], None]) -> AsyncIterator[tuple[Engine, Stores]]:
    """What `maestro worker` runs, not yet started. `on_lost`: others may have been given its work, it must end."""
    async with reaching(settings) as reached:
        yield engine_of(settings, reached, on_lost), reached.kept


@asynccontextmanager
async def reader_with_token(token: str, api_url: str, osv_url: str) -> AsyncIterator[GitHubReader]:
    """A reader with a person's token and no database, for a replay on their own machine."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        github, nothing = GitHub(None, session, api_url=api_url), NothingKept()
        osv = Osv(Wire(session, root(osv_url)), Memory()) if osv_url else None
        yield GitHubReader(with_token(github, token), NO_APP, nothing, nothing, __version__, osv=osv)


def understanding(delivery: Delivery) -> tuple[Trigger, ...]:
    """What a recorded webhook means to an App that nobody is."""
    return Understanding(NO_APP)(delivery)
