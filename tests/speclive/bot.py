"""Maestro's end of the wire as a service sees it: a real HTTP server that keeps what it is sent and answers as told."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from speclive import signing
from speclive.export import Source, Window
from speclive.wire import Counted, Exemplar, Remote, Target

TOKEN = "mst_a_token_that_nobody_may_read"
SHA = "c0ffee" + "0" * 34


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. `status` 0: the connection ends without one. `drips`: seconds between two bytes of its body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    drips: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `headers`: names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def report(self) -> dict[str, Any]:
        """The report in it."""
        loaded: dict[str, Any] = json.loads(gzip.decompress(self.body))
        return loaded


@dataclass
class Bot:
    """What it was sent, and what it answers next; where nothing is left to answer, 202, and 404 for settings."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[Said] = field(default_factory=list)
    settings: Said = field(default_factory=lambda: Said(404))

    def posts(self) -> list[Request]:
        """The reports that were sent, in their order."""
        return [request for request in self.requests if request.path.endswith("/reports")]

    def reports(self) -> list[dict[str, Any]]:
        """What they said."""
        return [request.report for request in self.posts()]

    def says(self, remote: dict[str, Any], etag: str = '"1"') -> None:
        """Answer with these settings, signed."""
        body = json.dumps(remote).encode()
        self.settings = Said(200, {"ETag": etag, signing.HEADER: signing.answer(TOKEN, body)}, body)

    def answer(self, request: Request) -> Said:
        self.requests.append(request)
        if request.path.endswith("/reports"):
            return self.answers.pop(0) if self.answers else Said(202)
        if request.headers.get("if-none-match") == self.settings.headers.get("ETag", "-"):
            return Said(304, body=b"")
        return self.settings


@contextmanager
def answering() -> Iterator[Bot]:
    """A server on this machine."""
    bot = Bot()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = bot.answer(Request(self.path, headers, body))
            if said.status:
                self.send_response(said.status)
                for name, value in (said.headers | {"Content-Length": str(len(said.body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                for at in range(len(said.body)) if said.drips else [0]:
                    self.wfile.write(said.body[at : at + 1] if said.drips else said.body)
                    time.sleep(said.drips)

        do_POST = do_GET  # noqa: N815 (the name is the standard library's)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as above)
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        bot.url = f"http://127.0.0.1:{server.server_port}"
        yield bot
        server.shutdown()
        thread.join()


def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that another thread brings about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


def clause(evaluated: int = 1) -> Counted:
    return Counted(
        id="pay#t1", card="pay", part="then", target="POST /pay", digest="0" * 12, text="it pays", path="pay.feature",
        line=3, mode="observe", critical=True, evaluated=evaluated, violated=0, errors=0,
    )  # fmt: skip


def exemplar(number: int = 0) -> Exemplar:
    inputs = {"n": number}
    return Exemplar(clause="pay#t1", at=1.0, traceparent="", code="pay.py#L1", inputs=inputs, result="dict")


class Seen:
    """Guards that somebody else moves."""

    def __init__(self) -> None:
        self.evaluated = 0
        self.exemplars: list[Exemplar] = []
        self.obeyed: list[Remote] = []

    def drain(self) -> Window:
        clauses = [clause(self.evaluated)] if self.evaluated else []
        target = Target(name="POST /pay", handler="pay:pay", critical=True, calls=self.evaluated, guarded=0)
        window = Window([target], clauses, self.exemplars, [])
        self.evaluated, self.exemplars = 0, []
        return window

    def pending(self) -> int:
        return len(self.exemplars)

    @property
    def source(self) -> Source:
        return Source(self.drain, self.pending, self.obeyed.append)
