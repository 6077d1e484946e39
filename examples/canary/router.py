"""A small router that gives a canary its share of the requests, and takes it back at once when it is told to.

    python router.py --port 8000 --stable http://127.0.0.1:8080 --canary http://127.0.0.1:8081

| request | answer |
|---|---|
| `GET /-/share` | the canary's share, and who served: `{"share": 0.1, "served": {"stable": 912, "canary": 88}}` |
| `PUT /-/share` with a number from 0 to 1 | the same, from now on |
| any other `GET` | what the version that the coin fell on answers, with the header `X-Served-By`; 502 if it is gone |

It begins with `--share 0`. Each request is a toss of its own, which is what the check of the split takes for granted.
It listens on 127.0.0.1 alone; port 0 is any free one, and the address is printed once it listens. It needs nothing but
the standard library.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PATIENCE = 10.0  # seconds for an answer


@dataclass
class Router:
    """`backends`: host:port by name, `stable` and `canary`."""

    backends: dict[str, str]
    share: float
    draws: random.Random
    served: dict[str, int] = field(default_factory=lambda: {"stable": 0, "canary": 0})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def toss(self) -> str:
        """Who serves the next request."""
        with self.lock:
            name = "canary" if self.draws.random() < self.share else "stable"
            self.served[name] += 1
        return name

    def standing(self) -> str:
        """The share, and who served how many, in JSON."""
        with self.lock:
            return json.dumps({"share": self.share, "served": self.served}) + "\n"


class Handler(BaseHTTPRequestHandler):
    """HTTP over the router of its server; each connection from a client has its own to either version."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        """Connections are opened when they are needed."""
        super().setup()
        self.onward = {name: HTTPConnection(at, timeout=PATIENCE) for name, at in self.server.router.backends.items()}

    def finish(self) -> None:
        """Close what was opened."""
        for connection in self.onward.values():
            connection.close()
        super().finish()

    def do_GET(self) -> None:
        """Any path is the service, but for `/-/share`."""
        if self.path == "/-/share":
            return self._answer(200, self.server.router.standing().encode())
        name = self.server.router.toss()
        return self._answer(*self._asked(self.onward[name]), served_by=name)

    def do_PUT(self) -> None:
        """Set the canary's share."""
        try:
            share = float(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            share = -1.0
        if self.path != "/-/share" or not 0 <= share <= 1:
            return self._answer(400, b"PUT /-/share takes a number from 0 to 1\n")
        self.server.router.share = share
        return self._answer(200, self.server.router.standing().encode())

    def _asked(self, onward: HTTPConnection) -> tuple[int, bytes]:
        try:
            onward.request("GET", self.path)
            answer = onward.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            onward.close()  # the next request opens it anew
            return 502, f"{error}\n".encode()

    def _answer(self, status: int, body: bytes, served_by: str = "router") -> None:
        self.send_response(status)
        self.send_header("X-Served-By", served_by)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `/-/share` tells."""


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, router: Router, port: int = 0) -> None:
        self.router = router
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


def main() -> None:
    """Route until killed."""
    words = argparse.ArgumentParser(description="Gives a canary its share of the requests.")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--stable", required=True, help="the address of the version in service")
    words.add_argument("--canary", required=True, help="the address of the canary")
    words.add_argument("--share", type=float, default=0.0, help="the canary's share of the requests")
    words.add_argument("--seed", type=int, default=None)
    asked = words.parse_args()
    backends = {"stable": urlsplit(asked.stable).netloc, "canary": urlsplit(asked.canary).netloc}
    server = Server(Router(backends, asked.share, random.Random(asked.seed)), asked.port)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
