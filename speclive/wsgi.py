"""Cards bound to the routes of a WSGI application: Flask, Django, Bottle, or any other.

A small JSON request is read and given to the application again; a small answer whose length is told is judged before
it is sent. Of what streams, cards see the status and the headers.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from speclive import exchange, tracing
from speclive.cards import Cards
from speclive.paths import Found, Paths
from speclive.targets import has_routes, listed

Environ: TypeAlias = dict[str, Any]
Start: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[Environ, Start], Iterable[bytes]]


class Guard:
    """A WSGI application that guards another: `app.wsgi_app = Guard(app.wsgi_app, cards)`.

    Cards as those of `speclive.asgi.Guard`. Where nobody tells the routes, those that cards name are all that is known.
    """

    def __init__(self, app: App, cards: Cards, critical: Iterable[str] = ()) -> None:
        self._app = app
        whole = app if has_routes(app) else getattr(app, "__self__", app)
        routes = listed(whole) if has_routes(whole) else None
        self._plans = exchange.planned(routes, cards, critical)
        exchange.refuse_unguarded(cards)
        self._paths = Paths.of(routes, self._plans)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer, and judge how."""
        tracing.entered(environ.get("HTTP_TRACEPARENT"))  # of each request: the thread answers the next one as well
        found = self._paths.find(environ["REQUEST_METHOD"], _path(environ))
        if found is None:
            return self._app(environ, start)
        plan = self._plans[found.name]
        plan.tick()
        if not plan.looks:
            return self._app(environ, start)
        body = _body(environ) if "body" in plan.reads.request else None
        began = _begin(plan, found, environ, body)
        return self._app(environ, start) if began is None else _Answer(began, plan, start).of(self._app, environ)


class _Answer:
    def __init__(self, began: exchange.Open, plan: exchange.Plan, start: Start) -> None:
        self._began, self._reads, self._start = began, plan.reads, start
        self._told: tuple[Any, ...] = ("", [])
        self._write: Callable[[bytes], Any] | None = None

    def of(self, app: App, environ: Environ) -> Iterable[bytes]:
        """What the application answers, judged as soon as it is known."""
        chunks: Iterable[bytes] = ()
        try:
            chunks = app(environ, self.start)
            if not self._small():
                return _Streaming(self, chunks)
            try:
                parts = list(chunks)
            finally:
                _close(chunks)
        except Exception as error:
            self._began.raised(error)
            raise
        self.judge(b"".join(parts))
        self._begin()
        return parts

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
        """What the application calls with its status and headers; what is written by hand streams."""
        self._told = (status, headers, exc_info) if exc_info else (status, headers)
        return self._written

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass chunks on."""
        try:
            for chunk in chunks:
                self._begin()
                yield chunk
            self._begin()
        except Exception as error:
            self._began.raised(error)
            raise
        self.judge(None)

    def left(self, chunks: Iterable[bytes]) -> None:
        """The server is done with it."""
        self._began.left()
        _close(chunks)

    def judge(self, body: bytes | None) -> None:
        """Judge the answer. SpecViolation where an enforced card is not kept."""
        headers = exchange.joined(self._told[1])
        self._began.answered(
            {
                "status": int(self._told[0][:3] or 0),
                "headers": headers,
                "body": exchange.json_value(body, headers.get("content-type", "")),
            }
        )

    def _written(self, chunk: bytes) -> Any:
        return self._begin()(chunk)

    def _small(self) -> bool:
        length = exchange.joined(self._told[1]).get("content-length", "")
        return self._write is None and exchange.is_small(length)

    def _begin(self) -> Callable[[bytes], Any]:
        """Tell the server status and headers, once."""
        if self._write is None:
            self._write = self._start(*self._told)
        return self._write


class _Streaming:
    """Chunks on their way; closed by the server, whether or not it took them all."""

    def __init__(self, answer: _Answer, chunks: Iterable[bytes]) -> None:
        self._answer, self._chunks = answer, chunks
        self._stream = answer.stream(chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self._stream

    def close(self) -> None:
        self._answer.left(self._chunks)


def _begin(plan: exchange.Plan, found: Found, environ: Environ, body: bytes | None) -> exchange.Open | None:
    return plan.begin(
        {
            "method": lambda: environ["REQUEST_METHOD"],
            "path": lambda: _path(environ),
            "params": lambda: dict(found.params),
            "query": lambda: exchange.queried(environ.get("QUERY_STRING", "")),
            "headers": lambda: _headers(environ),
            "body": lambda: exchange.json_value(body, environ.get("CONTENT_TYPE", "")),
        }
    )


def _body(environ: Environ) -> bytes | None:
    length = environ.get("CONTENT_LENGTH") or ""
    small = exchange.is_small(length) and "HTTP_CONTENT_ENCODING" not in environ
    if not small or "json" not in environ.get("CONTENT_TYPE", ""):
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _headers(environ: Environ) -> dict[str, str]:
    sent = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    sent |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return {name.lower().replace("_", "-"): value for name, value in sent.items()}


def _path(environ: Environ) -> str:
    return str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace") or "/"


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
