"""How a service speaks to Maestro: by HTTP with the standard library, with bounds, and to nobody else.

The token goes to the one address that was configured: no redirect is followed, and plain HTTP is for this machine
alone unless told otherwise. Nothing here raises for what a server or a network does: an answer tells.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 (sockets look for it late: an interpreter that ends loads no module)
import ipaddress
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from speclive import __version__, signing

REPORTS, CONFIG = "/api/speclive/reports", "/api/speclive/config"
LARGEST_ANSWER = 1 << 20  # bytes
TIMEOUT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status`: 0 where nothing did, with the `reason`. `headers`: names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""

    def wait(self, now: float) -> float | None:
        """The seconds that `Retry-After` asks for, at most an hour, or None. `now`: epoch seconds."""
        given = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(given) if given.isdecimal() else parsedate_to_datetime(given).timestamp() - now
        except (ValueError, OverflowError):
            return None
        return min(max(seconds, 0.0), 3600.0)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Answers of another address are not asked for: the token would go there as well."""


class Maestro:
    """The address of a Maestro and the token of one repository.

    `allow`: hosts that may be spoken to without TLS. ValueError where the address is not one, or would send the token
    in plain text over a network.
    """

    def __init__(
        self, url: str, token: str, allow: tuple[str, ...] = (), clock: Callable[[], float] = time.time
    ) -> None:
        self.url = address(url, allow)
        self._token = token
        self._clock = clock
        self._opener = urllib.request.build_opener(_Stay, *_proxies(self.url))

    def __repr__(self) -> str:
        return f"Maestro({self.url!r})"

    def report(self, ident: str, packed: bytes) -> Answer:
        """Send a report, gzipped JSON, under its id: however often, it counts once."""
        timestamp = int(self._clock())
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            signing.KEY: ident,
            signing.TIMESTAMP: str(timestamp),
            signing.HEADER: signing.report(self._token, timestamp, ident, packed),
        }
        return self._ask(REPORTS, headers, packed)

    def config(self, etag: str) -> Answer:
        """What holds now, or 304 where it is what the answer with that `etag` said; one that is not signed is none."""
        answer = self._ask(CONFIG, {"If-None-Match": etag} if etag else {}, None)
        if answer.status == 200 and not signing.same(
            signing.answer(self._token, answer.body), answer.headers.get(signing.HEADER.lower())
        ):
            return Answer(0, reason="its signature is not ours")
        return answer

    def _ask(self, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        sent = {"Authorization": f"Bearer {self._token}", "User-Agent": f"speclive/{__version__}"} | headers
        request = urllib.request.Request(self.url + path, body, sent)  # noqa: S310 (address() saw its scheme)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return _read(response.status, response)
        except urllib.error.HTTPError as refused:
            with refused:
                return _read(refused.code, refused)
        except (OSError, HTTPException, ValueError) as error:
            return Answer(0, reason=type(error).__name__)


def address(url: str, allow: tuple[str, ...] = ()) -> str:
    """The address as it is used, or ValueError: https, or http to this machine or to a host that is allowed."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("the address of Maestro is like https://maestro.example.com")
    if parts.scheme == "http" and not _here(parts.hostname) and parts.hostname not in allow:
        raise ValueError(f"http to {parts.hostname} would tell the token to the network: use https")
    return url.rstrip("/")


def _proxies(url: str) -> tuple[urllib.request.ProxyHandler, ...]:
    """Without TLS a proxy would be told the token: none is asked. With TLS it only passes on what it cannot read."""
    return (urllib.request.ProxyHandler({}),) if url.startswith("http:") else ()


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(status: int, response: Any) -> Answer:
    """An answer whole, as long as it does not come too slowly or too large: nobody may hold the one thread up."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, until = bytearray(), time.monotonic() + TIMEOUT
    while part := response.read1(LARGEST_ANSWER):
        body += part
        if len(body) > LARGEST_ANSWER:
            return Answer(0, reason="too large an answer")
        if time.monotonic() > until:
            return Answer(0, reason="too slow an answer")
    return Answer(status, headers, bytes(body))


def said(answer: Answer) -> str:
    """An answer in a few words, for a log: what a server wrote in it is not repeated."""
    return f"HTTP {answer.status}" if answer.status else answer.reason


def json_of(answer: Answer) -> Any:
    """The value in an answer, None where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
