"""Every route of the web process on one screen. A webhook is verified, stored, answered; nobody here knows events."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.body import SERVER, unpacked
from app.intake import MAX_BODY, Accepted, Rejected, receive
from app.store import away
from app.store.inbox import Full

_LONGEST_GUID = 100  # characters; GitHub's have 36, and this one is not yet verified

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Receive = Callable[[Mapping[str, str], bytes, Sequence[bytes]], Accepted | Rejected]


class Store(Protocol):
    """Where webhooks are kept."""

    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        """Store one; False when its GUID needs no second handling."""


@dataclass(frozen=True, slots=True)
class Web:
    """The web process: the webhook door, health, metrics, and the routes of the pages."""

    secrets: Sequence[bytes]
    store: Store
    stored: Callable[[], None]  # called after each delivery is safe: the worker may look
    pages: Sequence[web.RouteDef]
    receive: Receive = receive  # judges a webhook, before anything is stored of it

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[_name, _say_plainly], handler_args=SERVER)
        app.add_routes(
            [
                web.post("/webhook", self.webhook),
                web.get("/healthz", self.healthz),
                *self.pages,
            ]
        )
        return app

    async def webhook(self, request: web.Request) -> web.Response:
        """202 once stored; 400 or 401 for what is not a webhook; 413 above 26 MiB; 503 when it cannot be kept."""
        began = time.perf_counter()
        body = unpacked(request, await request.read(), MAX_BODY)
        received = self.receive(request.headers, body, self.secrets)
        if isinstance(received, Rejected):
            metrics.WEBHOOKS.labels(event="", result=str(received.status)).inc()
            return web.json_response({"error": received.reason}, status=received.status)
        try:
            fresh = await self.store.keep(received.guid, received.event, received.body)
        except Full:
            metrics.WEBHOOKS.labels(event=metrics.known_event(received.event), result="shed").inc()
            return _unstored()
        except Exception as error:
            away.say("webhook.not_stored", error, guid=received.guid)
            metrics.WEBHOOKS.labels(event=metrics.known_event(received.event), result="503").inc()
            return _unstored()
        metrics.WEBHOOKS.labels(event=metrics.known_event(received.event), result="stored" if fresh else "known").inc()
        metrics.ACK_SECONDS.observe(time.perf_counter() - began)
        self.stored()
        return web.json_response({"delivery": received.guid, "known": not fresh}, status=202)

    async def healthz(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "ok"})


@web.middleware
async def _name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever is logged of this request, by aiohttp after us too, names its delivery; the next one takes that back."""
    structlog.contextvars.clear_contextvars()
    guid = request.headers.get("X-GitHub-Delivery")
    if guid:
        structlog.contextvars.bind_contextvars(guid=guid[:_LONGEST_GUID])
    return await handler(request)


@web.middleware
async def _say_plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A body that does not decompress is the sender's fault, a database out of reach is ours: neither is a 500."""
    try:
        return await handler(request)
    except web.RequestPayloadError:
        return _unread()
    except ConnectionResetError:
        if request.transport is not None:
            raise
        return _unread()  # to nobody: who sent it has hung up
    except SQLAlchemyError as error:
        away.say("web.not_stored", error, path=request.path)
        return _unstored()


def _unread() -> web.Response:
    return web.json_response({"error": "the body cannot be read"}, status=400)


def _unstored() -> web.Response:
    return web.json_response({"error": "not stored; please send it again"}, status=503)
