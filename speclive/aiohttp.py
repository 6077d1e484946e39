"""Cards bound to the routes of an aiohttp application, in one call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web
from aiohttp.streams import StreamReader
from aiohttp.typedefs import Handler

from speclive import exchange, tracing
from speclive.cards import Card, Cards
from speclive.guards import guard
from speclive.reads import Reads
from speclive.targets import Route, called, listed, plain


def setup(app: web.Application, cards: Cards, critical: Iterable[str] = ()) -> None:
    """Guard the routes of `app` and of what lies below it, before it is started.

    A card that names a handler guards that function and speaks of its parameters; one that names the endpoint alone
    speaks of `method, path, params, query, headers, body` and of `result`, which has `status, headers, body`.
    `critical`: globs of routes whose calls should all be guarded. The start fails with CardError where an endpoint is
    not there.
    """
    guarded = _Guarded(cards, tuple(critical))
    app.middlewares.insert(0, guarded.middleware)
    app.on_startup.append(guarded.start)


class _Guarded:
    def __init__(self, cards: Cards, critical: tuple[str, ...]) -> None:
        self._cards, self._critical = cards, critical
        self._plans: dict[str, exchange.Plan] = {}
        self._found: dict[tuple[web.AbstractRoute, str], exchange.Plan] = {}

    async def start(self, app: web.Application) -> None:
        self._plans = exchange.planned(listed(app), self._cards, self._critical)
        for route in app.router.routes():
            self._guard(route)
        exchange.refuse_unguarded(self._cards)

    def _guard(self, route: web.AbstractRoute) -> None:
        path = route.resource.canonical if route.resource is not None else ""
        if not isinstance(route.handler, type):
            if mine := self._of(Route(route.method, path, route.handler)):
                route._handler = guard(route.handler, mine)  # type: ignore[assignment]  # a coroutine function as before
            return
        for verb in ("get", "post", "put", "patch", "delete"):
            method = getattr(route.handler, verb, None)
            if method is not None and (mine := self._of(Route(verb.upper(), path, method))):
                setattr(route.handler, verb, guard(method, mine))

    def _of(self, route: Route) -> Cards | None:
        mine = tuple(card for card in self._cards if _names(card, route))
        return Cards(mine) if mine else None

    @property
    def middleware(self) -> Any:
        @web.middleware
        async def guarding(request: web.Request, handler: Handler) -> web.StreamResponse:
            plan = self._plan(request)
            if plan is None:
                return await handler(request)
            plan.tick()
            token = tracing.entered(request.headers.get("traceparent"))
            try:
                return await (_judged(plan, request, handler) if plan.looks else handler(request))
            finally:
                tracing.TRACEPARENT.reset(token)

        return guarding

    def _plan(self, request: web.Request) -> exchange.Plan | None:
        route = request.match_info.route
        found = self._found.get((route, request.method))
        if found is None and route.resource is not None:
            found = self._plans.get(f"{request.method} {plain(route.resource.canonical)}")
            if found is not None:
                self._found[route, request.method] = found
        return found


def _names(card: Card, route: Route) -> bool:
    """Whether a card speaks of what answers here: by its whole name, or by the last of it and the endpoint."""
    whole, name = card.binding.handler, called(route.handler)
    return bool(whole) and (whole == name or (card.binding.endpoint == route.name and _last(whole) == _last(name)))


def _last(name: str) -> str:
    return name.rpartition(":")[2].rpartition(".")[2]


async def _judged(plan: exchange.Plan, request: web.Request, handler: Handler) -> web.StreamResponse:
    body = await _body(request) if "body" in plan.reads.request else None
    began = plan.begin(
        {
            "method": lambda: request.method,
            "path": lambda: request.path,
            "params": lambda: dict(request.match_info),
            "query": lambda: exchange.first_of(request.query.items()),
            "headers": lambda: exchange.joined(request.headers.items()),
            "body": lambda: exchange.json_value(body, request.content_type),
        }
    )
    if began is None:
        return await handler(request)
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        began.answered(_result(answer, plan.reads))
        raise
    except Exception as error:
        began.raised(error)
        raise
    except BaseException:
        began.left()
        raise
    began.answered(_result(response, plan.reads))
    return response


async def _body(request: web.Request) -> bytes | None:
    """A small JSON body, and the same left for the handler, however that reads it."""
    length = request.content_length
    packed = "Content-Encoding" in request.headers
    if length is None or length > exchange.LARGEST or packed or "json" not in request.content_type:
        return None
    try:
        body = await request._payload.read()  # `request.content` would be remembered, and is to be another
    except Exception:  # the handler meets the same where it reads
        return None
    again = StreamReader(request.protocol, 2**16)
    again.feed_data(body)
    again.feed_eof()
    request._payload = again
    return body


def _result(response: web.StreamResponse, reads: Reads) -> dict[str, Any]:
    result: dict[str, Any] = {"status": getattr(response, "status", None), "headers": None, "body": None}
    if "headers" in reads.result:
        result["headers"] = exchange.joined(response.headers.items())
    if "body" in reads.result and isinstance(response, web.Response) and isinstance(response.body, bytes):
        result["body"] = exchange.json_value(response.body, response.content_type)
    return result
