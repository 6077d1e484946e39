"""A script of misfortunes: which request meets which of GitHub's ways to fail, and which webhook goes astray.

Each fault answers as GitHub does, and names where that is known from; what nobody recorded says `assumed`.
A 304 is no fault: it follows from the ETag of a real answer.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Generic, Protocol, TypeVar

from aiohttp import web

from app.github import limits

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DOCS = "https://docs.github.com/rest"
RATE_DOCS = f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api"


class Fault(Protocol):
    """What happens to one request: it may answer itself, let `handler` answer, or do both."""

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer that the client gets, if it gets one."""


@dataclass(frozen=True, slots=True)
class TooManyRequests:
    """429 with `retry-after` in seconds and budget left (docs rate-limits page; words: as SecondaryLimit)."""

    retry_after: int = 1

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied."""
        return _refusal(429, _SECONDARY, _budget(left=4_000) | {"retry-after": str(self.retry_after)}, RATE_DOCS)


@dataclass(frozen=True, slots=True)
class SecondaryLimit:
    """403 with budget left and perhaps no `retry-after` (docs rate-limits page; words assumed)."""

    retry_after: int | None = None

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied."""
        wait = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return _refusal(403, _SECONDARY, _budget(left=4_000) | wait, RATE_DOCS)


@dataclass(frozen=True, slots=True)
class PrimaryExhausted:
    """403 with nothing left until `reset_in` seconds from now.

    Docs rate-limits page; the words: fountainhead/action-wait-for-check#29.
    """

    reset_in: int = 60

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied."""
        message = "API rate limit exceeded for installation ID 1."
        return _refusal(403, message, _budget(left=0, reset_in=self.reset_in), RATE_DOCS)


@dataclass(frozen=True, slots=True)
class ServerError:
    """500, 502 or 503 before the request is applied.

    The words of 502: gitcoinco/web#2824; those of 500 and 503 are assumed.
    """

    status: int = 502

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied."""
        return web.json_response({"message": "Server Error"}, status=self.status)


@dataclass(frozen=True, slots=True)
class TokenExpired:
    """401 for a token past its hour (spec access_tokens; the words: actions/create-github-app-token#72)."""

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied."""
        return _refusal(401, "Bad credentials", {}, DOCS)


@dataclass(frozen=True, slots=True)
class Moved:
    """A renamed repository: 301 to a read, 307 to a write (octokit/fixtures, rename-repository).

    `to` replaces `/repos/{owner}/{repo}` in the path; GitHub's own answer names `/repositories/{id}`.
    """

    to: str

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied, with the new address."""
        rest = request.rel_url.raw_path_qs.split("/", 4)[4:]
        url = "/".join([f"{request.url.origin()}{self.to}", *rest])
        status = 301 if request.method in {"GET", "HEAD"} else 307
        body = {"message": "Moved Permanently", "url": url, "documentation_url": f"{DOCS}#http-redirects"}
        return web.json_response(body, status=status, headers={"location": url})


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The connection is cut before anything is applied (no GitHub behaviour: any network)."""

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """No answer at all."""
        return _cut(request)


@dataclass(frozen=True, slots=True)
class AppliedThenCut:
    """The request takes effect, its answer never arrives: repeating it blindly would do the deed twice."""

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer is thrown away, be it a refusal."""
        with suppress(web.HTTPException):
            await handler(request)
        return _cut(request)


@dataclass(frozen=True, slots=True)
class Slow:
    """The request takes effect at once, its answer comes `seconds` late: who gave up waiting cannot know."""

    seconds: float

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer."""
        answer = await handler(request)
        await asyncio.sleep(self.seconds)
        return answer


_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def _budget(left: int, reset_in: int = 3_600) -> dict[str, str]:
    """GitHub's rate headers; the reset is in epoch seconds (docs rate-limits page)."""
    total = limits.REQUESTS_PER_HOUR
    return {
        "x-ratelimit-limit": str(total),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-used": str(total - left),
        "x-ratelimit-reset": str(int(time.time()) + reset_in),
        "x-ratelimit-resource": "core",
    }


def _refusal(status: int, message: str, headers: Mapping[str, str], docs: str) -> web.Response:
    body = {"message": message, "documentation_url": docs, "status": str(status)}
    return web.json_response(body, status=status, headers=headers)


def _cut(request: web.Request) -> web.Response:
    """Abort the connection; aiohttp drops the answer that its interface still wants."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@dataclass(slots=True)
class Planned:
    """A fault on its way: it strikes `times` matching requests (None: every one) once `after` have passed."""

    fault: Fault
    method: str
    path: str
    times: int | None
    after: int

    def matches(self, request: web.Request) -> bool:
        """Whether it is meant for this request at all, now or later."""
        return self.method in {"*", request.method} and self.times != 0 and fnmatchcase(request.path, self.path)

    def is_due(self) -> bool:
        """Count one matching request; True when it must be struck."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Struck:
    """What happened to one request, for a test to look at."""

    method: str
    path: str
    fault: Fault


@dataclass(slots=True)
class Faults:
    """The script of one sandbox: a request meets the first fault that was added for it and is due.

    >>> faults = Faults()
    >>> faults.add(SecondaryLimit(retry_after=1), method="POST", path="/repos/*/check-runs", after=1)
    >>> len(faults.pending)
    1
    """

    planned: list[Planned] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)

    def add(self, fault: Fault, *, method: str = "*", path: str = "*", times: int | None = 1, after: int = 0) -> None:
        """Plan `fault` for requests of `method` whose decoded path fits the glob `path` (`*` spans `/`)."""
        self.planned.append(Planned(fault, method.upper(), path, times, after))

    @property
    def pending(self) -> tuple[Planned, ...]:
        """Faults that still wait for a request; a test that ends with some tested less than it says."""
        return tuple(planned for planned in self.planned if planned.times)

    def clear(self) -> None:
        """Fair weather from now on; what struck stays on record."""
        self.planned.clear()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """An aiohttp middleware: `web.Application(middlewares=[faults.middleware, ...])`, outermost."""
        fault = self._due(request)
        if fault is None:
            return await handler(request)
        self.struck.append(Struck(request.method, request.path, fault))
        return await fault.strike(request, handler)

    def _due(self, request: web.Request) -> Fault | None:
        for planned in self.planned:
            if planned.matches(request) and planned.is_due():
                return planned.fault
        return None


# --- webhooks on their way out ------------------------------------------------------------------------------

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent(Generic[T]):
    """One sending of a delivery, `late` seconds after its moment."""

    delivery: T
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule(Generic[T]):
    """What becomes of a list of deliveries: `sent` in this order, `lost` never: GitHub does not retry."""

    sent: tuple[Sent[T], ...]
    lost: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class DeliveryFaults:
    """How unkind the way to our webhook is.

    Sources, docs content/webhooks: late and out of order, troubleshooting-webhooks.md; lost without a retry,
    handling-failed-webhook-deliveries.md; one GUID twice, best-practices-for-using-webhooks.md.

    `drop`, `duplicate` and `delay` are probabilities of one delivery, `copies` is how often a duplicated one is sent,
    `seconds` the longest delay, and `reorder` how many places a delivery may fall behind. The same seed and
    deliveries give the same schedule.
    """

    seed: int = 0
    drop: float = 0.0
    duplicate: float = 0.0
    copies: int = 2
    delay: float = 0.0
    seconds: float = 1.0
    reorder: int = 0

    def schedule(self, deliveries: Iterable[T]) -> Schedule[T]:
        """Decide for each delivery; pure."""
        dice = random.Random(self.seed)  # noqa: S311 - dice of a test, no secret
        sent: list[tuple[float, Sent[T]]] = []
        lost: list[T] = []
        for position, delivery in enumerate(deliveries):
            if dice.random() < self.drop:
                lost.append(delivery)
                continue
            for _ in range(self.copies if dice.random() < self.duplicate else 1):
                late = dice.uniform(0, self.seconds) if dice.random() < self.delay else 0.0
                sent.append((position + dice.uniform(0, self.reorder), Sent(delivery, late)))
        return Schedule(tuple(one for _, one in sorted(sent, key=lambda item: item[0])), tuple(lost))
