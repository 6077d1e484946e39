"""One HTTP exchange with GitHub: a Request goes out, an Answer comes back, or the line was cut."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from gidgethub import sansio
from yarl import URL

from app.github.errors import (
    Conflict,
    Denied,
    GitHubError,
    Invalid,
    Malformed,
    Moved,
    NotFound,
    TooLarge,
    Unavailable,
)

NOT_MODIFIED = 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Request:
    """What we ask. `call`: "METHOD /path" for errors; `operation`: the same by template, for counters.

    `repeatable`: doing it twice leaves GitHub as doing it once. `authorization` is set for each attempt.
    """

    method: str
    url: URL
    call: str
    operation: str
    headers: Mapping[str, str]
    max_bytes: int
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True
    authorization: str = field(default="", repr=False)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def signed(self, authorization: str) -> Request:
        return replace(self, authorization=authorization)

    def moved(self, url: URL) -> Request:
        return replace(self, url=url)

    def unless_still(self, known: Answer) -> Request:
        return replace(self, headers={**self.headers, "if-none-match": known.headers["ETag"]})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `headers` is case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def redirects(self) -> bool:
        return self.status in _REDIRECTS

    @property
    def location(self) -> str:
        """Where a redirect leads, or ""."""
        return self.headers.get("Location", "")

    @property
    def remaining(self) -> int | None:
        """Requests left this hour, when GitHub says."""
        value = self.headers.get("X-RateLimit-Remaining", "")
        return int(value) if value.isascii() and value.isdigit() else None

    @property
    def next_link(self) -> str | None:
        """The next page of a list, as GitHub gives it."""
        return sansio.decipher_response(200, {"link": self.headers.get("Link", "")}, b"")[2]

    @property
    def message(self) -> str:
        """GitHub's own words about a failure, or "" (untrusted text)."""
        said = self._object().get("message")
        return said if isinstance(said, str) else ""

    def json(self, call: str) -> Any:
        """The body as JSON, None when it is empty; Malformed when it is neither."""
        if not self.body:
            return None
        try:
            return _loads(self.body)
        except (ValueError, RecursionError):
            raise Malformed(call, self.status, "the answer is not JSON") from None

    def refusal(self, call: str) -> GitHubError:
        """The error that this answer, none of 2xx, stands for. Limits are the retry policy's to tell."""
        text = self.message or f"HTTP {self.status}"
        if self.redirects:
            return Moved(call, self.status, "redirected to where the client does not follow")
        if self.status >= 500:
            return Unavailable(call, self.status, text)
        if self.status in {400, 422}:
            return Invalid(call, self.status, text, self._errors())
        return _REFUSALS.get(self.status, GitHubError)(call, self.status, text)

    def _errors(self) -> tuple[str, ...]:
        said = self._object().get("errors")
        items = said if isinstance(said, list) else [said] if said else []
        return tuple(_line(item) for item in items[:20])

    def _object(self) -> Mapping[str, Any]:
        try:
            data = _loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}


def _loads(body: bytes) -> Any:
    """`body` as JSON. Half a surrogate pair, which no database or log could write down, becomes "?"."""
    data = json.loads(body)
    if _ESCAPED_SURROGATE.search(body):
        data = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    return data


_REFUSALS: Mapping[int, type[GitHubError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    451: Denied,
}


def _line(error: object) -> str:
    """One entry of GitHub's `errors`: a string, or an object with some of resource, field, code, message."""
    if not isinstance(error, dict):
        return str(error)
    place = ".".join(str(error[key]) for key in ("resource", "field") if error.get(key))
    said = error.get("message") or error.get("code") or ""
    return f"{place}: {said}" if place else str(said)


class Cut(Exception):
    """No answer. `sent`: the request may have reached GitHub; `reason` names the failure, no details."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class Wire:
    """Sends one request over the shared session: no redirects, bounded bytes, bounded time."""

    def __init__(self, session: aiohttp.ClientSession, *, total: float, connect: float) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=total, connect=connect)

    async def send(self, request: Request) -> Answer:
        """Raise Cut when no whole answer came, TooLarge when it exceeds `request.max_bytes`."""
        headers = dict(request.headers)
        if request.authorization:
            headers["Authorization"] = request.authorization
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=headers,
                data=request.body,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                return Answer(response.status, response.headers, await _body(response, request))
        # `from None`: aiohttp's errors can hold the request's headers, and with them the token
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Cut(type(error).__name__, sent=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Cut(type(error).__name__, sent=True) from None


async def _body(response: aiohttp.ClientResponse, request: Request) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        received += chunk
        if len(received) > request.max_bytes:
            raise TooLarge(request.call, response.status, f"more than {request.max_bytes:,} bytes")
    return bytes(received)
