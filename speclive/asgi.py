"""Cards bound to the routes of an ASGI application: Starlette, FastAPI, or any other.

The middleware passes on what it is given as it comes. Of a request it holds back a small JSON body until that is whole,
and of an answer one whose length is told and small, so that an enforced card is judged before anything is sent. What
streams is not touched: cards see its status and its headers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from speclive import exchange, tracing
from speclive.cards import Cards
from speclive.errors import SpecViolation
from speclive.paths import Found, Paths
from speclive.targets import Route, has_routes, listed

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_PARTS = frozenset({"http.response.start", "http.response.body"})


class Guard:
    """An ASGI application that guards another.

    Its cards name endpoints and speak of `method, path, params, query, headers, body` and of `result`, which has
    `status, headers, body`; a card that names a handler as well wants `@speclive.guarded(cards)` over that function.
    `critical`: globs of routes whose calls should all be guarded. CardError where an endpoint is not there.
    """

    def __init__(self, app: App, cards: Cards, critical: Iterable[str] = ()) -> None:
        self._app = app
        routes = _routes(app)
        self._plans = exchange.planned(routes, cards, critical)
        exchange.refuse_unguarded(cards)
        self._paths = Paths.of(routes, self._plans)

    def __getattr__(self, name: str) -> Any:
        """What the application has besides: `state`, `routes`."""
        return getattr(object.__getattribute__(self, "_app"), name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and judge how."""
        found = self._paths.find(scope["method"], _path(scope)) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        plan = self._plans[found.name]
        plan.tick()
        token = tracing.entered(_header(scope["headers"], b"traceparent"))
        try:
            if plan.looks:
                await self._judged(_Call(plan, found, scope), receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            tracing.TRACEPARENT.reset(token)

    async def _judged(self, call: _Call, receive: Receive, send: Send) -> None:
        body = None
        if "body" in call.plan.reads.request:
            body, receive = await _body(call.scope["headers"], receive)
        began = call.begin(body)
        if began is None:
            await self._app(call.scope, receive, send)
            return
        answer = _Answer(began, call.plan, send)

        async def heard() -> Message:
            message = await receive()
            answer.heard(message)
            return message

        try:
            await self._app(call.scope, heard, answer.send)
        except Exception as error:
            answer.raised(error)
            raise
        except BaseException:
            began.left()
            raise
        await answer.ended()


class _Call:
    """A request at a target."""

    __slots__ = ("found", "plan", "scope")

    def __init__(self, plan: exchange.Plan, found: Found, scope: Scope) -> None:
        self.plan, self.found, self.scope = plan, found, scope

    def begin(self, body: bytes | None) -> exchange.Open | None:
        return self.plan.begin(
            {
                "method": lambda: self.scope["method"],
                "path": lambda: _path(self.scope),
                "params": lambda: dict(self.found.params),
                "query": lambda: exchange.queried(self.scope.get("query_string", b"").decode("latin-1")),
                "headers": lambda: _headers(self.scope["headers"]),
                "body": lambda: exchange.json_value(body, _header(self.scope["headers"], b"content-type")),
            }
        )


class _Answer:
    """What the application sends, on its way out."""

    __slots__ = ("_began", "_body", "_broken", "_gone", "_headers", "_held", "_judged", "_reads", "_send", "_status")

    def __init__(self, began: exchange.Open, plan: exchange.Plan, send: Send) -> None:
        self._began, self._reads, self._send = began, plan.reads, send
        self._held: list[Message] | None = None
        self._status: int | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._judged = self._gone = False
        self._broken: SpecViolation | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on, or hold it back until the answer is whole."""
        if self._broken is not None:
            return
        kind = message["type"]
        if kind == "http.response.start":
            self._start(message)
        elif kind == "http.response.body":
            self._add(message)
        if self._held is None:
            await self._pass(message)
            return
        self._held.append(message)
        if self._broken is not None:
            await self._refuse()
        elif self._judged or kind not in _PARTS or len(self._body) > exchange.LARGEST:
            await self._release()

    def heard(self, message: Message) -> None:
        """What the application is told."""
        self._gone = self._gone or message["type"] == "http.disconnect"

    def raised(self, error: Exception) -> None:
        """It ended by an exception: its own, or because the client has gone."""
        if self._gone:
            self._began.left()
        elif not self._judged:
            self._judged = True
            self._began.raised(error)

    async def ended(self) -> None:
        """It ended; an answer that was cut short, or is of a server's own error, is judged by how it began."""
        if not self._judged and self._status is not None and not self._gone:
            self._judge()
        self._began.left()
        if self._broken is not None:
            raise self._broken
        await self._release()

    def _fine(self) -> bool:
        """A server's own error may yet turn out to be an exception that comes after it."""
        return self._status is not None and self._status < 500

    def _start(self, message: Message) -> None:
        self._status = message["status"]
        self._headers = list(message.get("headers", ()))
        self._held = [] if self._fine() and exchange.is_small(_header(self._headers, b"content-length")) else None

    def _add(self, message: Message) -> None:
        if self._held is not None or not self._fine():
            self._body += message.get("body", b"")[: exchange.LARGEST + 1]
        if not message.get("more_body", False) and self._fine():
            self._judge()

    def _judge(self) -> None:
        self._judged = True
        result: dict[str, Any] = {"status": self._status, "headers": None, "body": None}
        if "headers" in self._reads.result:
            result["headers"] = _headers(self._headers)
        if "body" in self._reads.result:
            result["body"] = exchange.json_value(bytes(self._body), _header(self._headers, b"content-type"))
        try:
            self._began.answered(result)
        except SpecViolation as broken:
            self._broken = broken

    async def _release(self) -> None:
        held, self._held = self._held or (), None
        for message in held:
            await self._pass(message)

    async def _refuse(self) -> None:
        """Answer in place of what a card does not let out."""
        self._held, text = None, b"Internal Server Error"
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
        await self._pass({"type": "http.response.start", "status": 500, "headers": headers})
        await self._pass({"type": "http.response.body", "body": text})

    async def _pass(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            self._gone = True
            raise


async def _body(headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> tuple[bytes | None, Receive]:
    """A small JSON body, None where it is none; and what gives the application the same again, message by message."""
    length = _header(headers, b"content-length") or "0"
    is_plain = exchange.is_small(length) and not _header(headers, b"content-encoding")
    if not is_plain or "json" not in _header(headers, b"content-type"):
        return None, receive
    read, body, whole = deque[Message](), bytearray(), False
    while not whole and len(body) <= exchange.LARGEST:
        message = await receive()
        read.append(message)
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        whole = not message.get("more_body", False)

    async def again() -> Message:
        return read.popleft() if read else await receive()

    return (bytes(body) if whole else None), again


def _header(raw: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    for name, value in raw:
        if name.lower() == wanted:
            return value.decode("latin-1")
    return ""


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return exchange.joined((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def _path(scope: Scope) -> str:
    """The path as routes tell it: below where the application is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] or "/" if root and path.startswith(f"{root}/") else path


def _routes(app: Any) -> list[Route] | None:
    """Those of the application, or of what it is wrapped around; None where nobody tells."""
    for _ in range(32):
        if has_routes(app):
            return listed(app)
        if not hasattr(app, "app"):
            return None
        app = app.app
    return None
