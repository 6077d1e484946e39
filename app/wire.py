"""One exchange with a service that is not GitHub: to its address and nowhere else, bounded in bytes and time, repeated
with care.

What it can raise, drawn once:

WireError
├── Unavailable   5xx, 429, network, time-out, an answer that is none: ask again later
├── Refused       400 and its like: the service will not have this question, today or tomorrow
├── TooLarge      the answer is longer than its reader allowed
└── Unreadable    an answer that is no JSON, however often it is asked for
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from app.github.address import plain_loopback

USER_AGENT = "maestro-conductor"
_CHUNK = 64 * 1024
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_MESSAGE = 200  # characters of the service's own words that an error keeps
_SECRET = 8  # characters: what is shorter would be found in every word
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})  # what AWS says with a 400


class WireError(Exception):
    """A question that brought no answer. `status` is the HTTP status, 0 when there was none."""

    def __init__(self, call: str, status: int, reason: str) -> None:
        self.call, self.status, self.reason = call, status, reason
        super().__init__(f"{call}: {status or 'no answer'}: {reason}")

    @property
    def said(self) -> str:
        """What went wrong, without what was asked."""
        known = not self.status or self.reason.startswith("HTTP ")
        return self.reason if known else f"HTTP {self.status}: {self.reason}"


class Unavailable(WireError):
    """Nobody answered, or what came was no answer."""


class Refused(WireError):
    """The service understood, and says no."""


class TooLarge(WireError):
    """The answer exceeds the bytes that its reader allowed."""


class Unreadable(WireError):
    """The answer came whole, and cannot be read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be sent; `headers` are those of its content."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes


Sign = Callable[[Request], Awaitable[Mapping[str, str]]]
"""The headers by which a request says who asks, made anew for each attempt."""


async def unsigned(_request: Request) -> Mapping[str, str]:
    """Says nothing."""
    return {}


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
    url = own(address)
    if url.scheme != "https" and not plain_loopback(url):
        raise ValueError("needs to be an https address; plain http is for this machine alone")
    return url


def own(address: str) -> URL:
    """A service of the operator's own network at `address`, https or plain http. Raises ValueError as `root` does."""
    try:
        url = URL(address.rstrip("/"))
    except ValueError:
        raise ValueError("cannot be read as an address: a port is 65535 at most") from None
    if not url.host or url.scheme not in {"http", "https"}:
        raise ValueError("needs to be an https address, or an http one")
    if url.user or url.password or url.query_string or url.fragment:
        raise ValueError("needs to be an address without user, query or fragment")
    return url


class Wire:
    """Asks the service at `address`, as `root` or `own` has it. The session stays the caller's.

    `token`: a bearer token for each request; "" for none. `sign`: what else says who asks. What it adds is in no error,
    even where the service hands it back.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: URL,
        tuning: Tuning | None = None,
        token: str = "",
        sign: Sign = unsigned,
    ) -> None:
        self.root = address
        self._session = session
        self._sign = sign
        self._tuning = tuning or Tuning()
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout = aiohttp.ClientTimeout(total=self._tuning.total, connect=self._tuning.connect)

    async def post(self, path: str, body: Any, most: int, headers: Mapping[str, str] | None = None) -> Any:
        """What comes back for `body`, parsed; asking changes nothing there, so it may be repeated."""
        content = {"Content-Type": "application/json", **(headers or {})}
        return await self._ask(Request("POST", self._at(path), content, json.dumps(body).encode()), path, most)

    async def get(self, path: str, most: int) -> Any:
        """What is at `path`, whose parts are encoded already, parsed."""
        return await self._ask(Request("GET", self._at(path), {}, b""), path, most)

    def _at(self, path: str) -> URL:
        return URL(f"{self.root}{path}", encoded=True)

    async def _ask(self, request: Request, path: str, most: int) -> Any:
        attempt = 1
        while True:
            try:
                return await self._once(request, f"{request.method} {path}", most)
            except _Again as again:
                if attempt >= self._tuning.attempts:
                    raise again.error from None
                await self._tuning.sleep(self._wait(attempt, again.asked))
            attempt += 1

    def _wait(self, attempt: int, asked: float) -> float:
        own = self._tuning.first_wait * 2.0 ** (attempt - 1) * (1.0 + self._tuning.draw())
        return min(max(own, asked), self._tuning.longest_wait)

    async def _once(self, request: Request, call: str, most: int) -> Any:
        signed = await self._sign(request)
        headers = {**self._headers, **request.headers, **signed}
        try:
            async with self._session.request(
                request.method,
                request.url,
                data=request.body or None,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return _judged(call, response, await _body(call, response, most), signed.values())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _Again(Unavailable(call, 0, _failed(error))) from None


class _Again(Exception):
    """A failure that a second attempt may mend; `asked`: seconds the service wants us to wait."""

    def __init__(self, error: WireError, asked: float = 0.0) -> None:
        super().__init__(str(error))
        self.error, self.asked = error, asked


def _failed(error: Exception) -> str:
    """In words; of what has none, its type alone: its own words would hold the address."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "its certificate is not accepted"
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return "connection refused"
        case aiohttp.ServerDisconnectedError():
            return "hung up without an answer"
        case TimeoutError():
            return "no answer in time"
        case _:
            return type(error).__name__


async def _body(call: str, response: aiohttp.ClientResponse, most: int) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        received += chunk
        if len(received) > most:
            raise TooLarge(call, response.status, f"more than {most:,} bytes")
    return bytes(received)


def _judged(call: str, response: aiohttp.ClientResponse, body: bytes, unsaid: Collection[str]) -> Any:
    """The answer, parsed, or the error that it stands for, which names nothing of `unsaid`."""
    status = response.status
    if status in _AGAIN or (status == 400 and _throttled(body)):
        raise _Again(Unavailable(call, status, f"HTTP {status}"), _asked(response.headers))
    if 300 <= status < 400:
        raise Unavailable(call, status, "redirected to elsewhere, which is not followed")
    if status >= 400:
        raise Refused(call, status, _said(body, unsaid) or f"HTTP {status}")
    try:
        return json.loads(body)
    except RecursionError:  # whoever wrote it writes it again
        raise Unreadable(call, status, "the answer is nested too deep") from None
    except ValueError:
        raise _Again(Unreadable(call, status, "the answer is not JSON")) from None


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _throttled(body: bytes) -> bool:
    return str(_told(body).get("__type", "")).rpartition("#")[2] in _THROTTLED


def _said(body: bytes, unsaid: Collection[str]) -> str:
    """The service's own words, under whichever of the names that they go by."""
    told = _told(body)
    words = [told.get(name) for name in ("message", "Message", "error")]
    errors = told.get("errors")
    said = next((one for one in words + (errors if isinstance(errors, list) else []) if isinstance(one, str)), "")
    for secret in unsaid:
        if len(secret) >= _SECRET:
            said = said.replace(secret, "[redacted]")
    return said[:_MESSAGE]


def _asked(headers: Mapping[str, str]) -> float:
    """Seconds that the service wants us to wait, under either of the names that they go by."""
    return _seconds(headers.get("Retry-After") or headers.get("X-RateLimit-Reset") or "")


def _seconds(text: str) -> float:
    return float(text[:6]) if text.isascii() and text.isdigit() else 0.0
