from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from app.osv.client import Limits, Memory, Osv
from app.osv.sandbox import OsvSandbox
from app.wire import Tuning, Wire, root


@pytest.fixture
async def service() -> AsyncIterator[OsvSandbox]:
    """A local OSV service that was asked nothing but what OSV understands."""
    async with OsvSandbox() as sandbox:
        yield sandbox
        assert sandbox.violations == []


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


class Naps:
    """Sleeping that takes no time; `taken` keeps the seconds."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)

    def tuning(self, **more: float) -> Tuning:
        return Tuning(sleep=self.sleep, draw=lambda: 0.0, **more)  # type: ignore[arg-type]


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def osv(service: OsvSandbox, session: ClientSession, naps: Naps) -> Osv:
    """A client of that service."""
    return Osv(Wire(session, root(service.url), naps.tuning()), Memory())


def client(service: OsvSandbox, session: ClientSession, naps: Naps, limits: Limits) -> Osv:
    """The same, with limits of its own."""
    return Osv(Wire(session, root(service.url), naps.tuning()), Memory(), limits)
