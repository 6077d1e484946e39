"""A hub, a frozen clock, a real RSA key and clients that talk to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import Client, GitHub
from app.github.repository import Repository

from .hub import Hub, Time

MakeGitHub = Callable[..., GitHub]


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def pem(key: RSAPrivateKey) -> str:
    """PKCS#1, the form in which GitHub hands keys out."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest_asyncio.fixture
async def hub(time: Time, key: RSAPrivateKey) -> AsyncIterator[Hub]:
    hub = Hub(time, key.public_key())
    await hub.server.start_server()
    yield hub
    await hub.server.close()


@pytest_asyncio.fixture
async def elsewhere(time: Time, key: RSAPrivateKey) -> AsyncIterator[Hub]:
    """Another host, as far as origins go."""
    hub = Hub(time, key.public_key())
    await hub.server.start_server()
    yield hub
    await hub.server.close()


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    # force_close: aiohttp repeats a GET on a dead kept-alive connection by itself, and tests count requests
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


@pytest.fixture
def make_github(hub: Hub, session: aiohttp.ClientSession, time: Time, pem: str) -> MakeGitHub:
    def make(api_url: str = "", **tuning: object) -> GitHub:
        tuned = Tuning(clock=time.clock(), **tuning)  # type: ignore[arg-type]
        return GitHub(Identity(7, pem), session, api_url=api_url or hub.url(), tuning=tuned)

    return make


@pytest.fixture
def github(make_github: MakeGitHub) -> GitHub:
    return make_github()


@pytest.fixture
def client(github: GitHub) -> Client:
    return github.installation(42)


@pytest.fixture
def repository(client: Client) -> Repository:
    return Repository(client, "o/r")
