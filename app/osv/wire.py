"""One exchange with OSV: to the configured address and nowhere else, bounded in bytes and time, repeated with care."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from app.github.address import plain_loopback
from app.osv.errors import OsvError, Refused, TooLarge, Unavailable, Unreadable

OSV_URL = "https://api.osv.dev"
USER_AGENT = "maestro-conductor"
_CHUNK = 64 * 1024
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_MESSAGE = 200  # characters of the service's own words that an error keeps


@dataclass(frozen=True, slots=True)
class Tuning:
    """Seconds and counts. `total` lies above the 35 seconds after which the service itself cuts a page short."""

    attempts: int = 4
    total: float = 45.0
    connect: float = 10.0
    longest_wait: float = 20.0  # between two attempts, whatever the service asks for
    first_wait: float = 0.5
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random  # uniform in 0..1, for jitter


def root(address: str) -> URL:
    """The service at `address`: https, or plain http on this machine. Raises ValueError, without the address in it."""
    try:
        url = URL(address.rstrip("/"))
    except ValueError:
        raise ValueError("needs to be an https address") from None
    if not url.host or (url.scheme != "https" and not plain_loopback(url)):
        raise ValueError("needs to be an https address; plain http is for this machine alone")
    if url.user or url.password or url.query_string or url.fragment:
        raise ValueError("needs to be an address without user, query or fragment")
    return url


class Wire:
    """Asks the service at `address`. The session stays the caller's."""

    def __init__(self, session: aiohttp.ClientSession, address: str, tuning: Tuning | None = None) -> None:
        self.root = root(address)
        self._session = session
        self._tuning = tuning or Tuning()
        self._timeout = aiohttp.ClientTimeout(total=self._tuning.total, connect=self._tuning.connect)

    async def post(self, path: str, body: Any, most: int) -> Any:
        """What comes back for `body`, parsed; asking changes nothing there, so it may be repeated."""
        return await self._ask("POST", path, most, json.dumps(body).encode())

    async def get(self, path: str, most: int) -> Any:
        """What is at `path`, whose parts are encoded already, parsed."""
        return await self._ask("GET", path, most, None)

    async def _ask(self, method: str, path: str, most: int, body: bytes | None) -> Any:
        attempt = 1
        while True:
            try:
                return await self._once(method, path, most, body)
            except _Again as again:
                if attempt >= self._tuning.attempts:
                    raise again.error from None
                await self._tuning.sleep(self._wait(attempt, again.asked))
            attempt += 1

    def _wait(self, attempt: int, asked: float) -> float:
        own = self._tuning.first_wait * 2.0 ** (attempt - 1) * (1.0 + self._tuning.draw())
        return min(max(own, asked), self._tuning.longest_wait)

    async def _once(self, method: str, path: str, most: int, body: bytes | None) -> Any:
        call = f"{method} {path}"
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = URL(f"{self.root}{path}", encoded=True)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                return _judged(call, response, await _body(call, response, most))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _Again(Unavailable(call, 0, type(error).__name__)) from None


class _Again(Exception):
    """A failure that a second attempt may mend; `asked`: seconds the service wants us to wait."""

    def __init__(self, error: OsvError, asked: float = 0.0) -> None:
        super().__init__(str(error))
        self.error, self.asked = error, asked


async def _body(call: str, response: aiohttp.ClientResponse, most: int) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        received += chunk
        if len(received) > most:
            raise TooLarge(call, response.status, f"more than {most:,} bytes")
    return bytes(received)


def _judged(call: str, response: aiohttp.ClientResponse, body: bytes) -> Any:
    """The answer, parsed, or the error that it stands for."""
    status = response.status
    if status in _AGAIN:
        raise _Again(Unavailable(call, status, f"HTTP {status}"), _seconds(response.headers.get("Retry-After", "")))
    if 300 <= status < 400:
        raise Unavailable(call, status, "redirected to elsewhere, which is not followed")
    if status >= 400:
        raise Refused(call, status, _said(body) or f"HTTP {status}")
    try:
        return json.loads(body)
    except RecursionError:  # whoever wrote it writes it again
        raise Unreadable(call, status, "the answer is nested too deep") from None
    except ValueError:
        raise _Again(Unreadable(call, status, "the answer is not JSON")) from None


def _said(body: bytes) -> str:
    try:
        said = json.loads(body)["message"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return said[:_MESSAGE] if isinstance(said, str) else ""


def _seconds(text: str) -> float:
    return float(text[:6]) if text.isascii() and text.isdigit() else 0.0
