"""A small service to try canaries on: it fails and dawdles as often as it is told, and Prometheus may scrape it.

    python service.py --port 8080 --version stable
    python service.py --port 8081 --version canary --fault-rate 0.15

| request | answer |
|---|---|
| `GET /` and any other path | 200 with the version; 500 with probability `--fault-rate` |
| `GET /metrics` | the counters below, in the text format of Prometheus |
| `PUT /-/fault-rate` with a number from 0 to 1 | 204; from now on so many requests fail |

`http_requests_total`, `http_errors_total`, `http_request_duration_seconds` (a histogram), `cost_dollars_total` and
`carbon_grams_total`, all from 0 when it starts. Latencies are lognormal (sigma 0.7) with the 95th percentile
`--p95-ms`, and are really waited for. `--seed` makes the draws the same each time. It listens on 127.0.0.1 alone; port
0 is any free one, and the address is printed once it listens. It needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from math import log

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)  # seconds, of the histogram's buckets
SIGMA, P95 = 0.7, 1.645  # of the logarithm of latencies; standard deviations from the median to the 95th percentile
DOLLARS, GRAMS = 0.0002, 0.05  # one request costs so much, and emits so much carbon


@dataclass
class Counters:
    """What was counted since the start. `buckets`: requests by the first bound that they did not exceed."""

    requests: int = 0
    errors: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float, failed: bool) -> None:
        """Count one request."""
        with self.lock:
            self.requests += 1
            self.errors += failed
            self.seconds += seconds
            self.buckets[bisect_left(BOUNDS, seconds)] += 1

    def text(self) -> str:
        """All of them, as Prometheus reads them."""
        with self.lock:
            return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"# TYPE http_requests_total counter\nhttp_requests_total {self.requests}"
        yield f"# TYPE http_errors_total counter\nhttp_errors_total {self.errors}"
        yield "# TYPE http_request_duration_seconds histogram"
        for bound, count in zip((*BOUNDS, "+Inf"), accumulate(self.buckets), strict=True):
            yield f'http_request_duration_seconds_bucket{{le="{bound}"}} {count}'
        yield f"http_request_duration_seconds_sum {self.seconds:.6f}"
        yield f"http_request_duration_seconds_count {self.requests}"
        yield f"# TYPE cost_dollars_total counter\ncost_dollars_total {DOLLARS * self.requests:.6f}"
        yield f"# TYPE carbon_grams_total counter\ncarbon_grams_total {GRAMS * self.requests:.6f}"


@dataclass
class Service:
    """One version. `fault_rate`: the share of requests that fail; `p95`: seconds."""

    version: str
    fault_rate: float
    p95: float
    draws: random.Random
    counters: Counters = field(default_factory=Counters)

    def serve(self) -> tuple[int, str]:
        """Take one request: its status and its text, after the time it takes."""
        started = time.monotonic()
        time.sleep(self.draws.lognormvariate(log(self.p95) - SIGMA * P95, SIGMA) if self.p95 else 0)
        failed = self.draws.random() < self.fault_rate
        self.counters.add(time.monotonic() - started, failed)
        return (500, f"{self.version} failed\n") if failed else (200, f"served by {self.version}\n")


class Handler(BaseHTTPRequestHandler):
    """HTTP over the service of its server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Any path is the service, but for `/metrics`."""
        self._answer(*((200, self.server.service.counters.text()) if self.path == "/metrics" else self._served()))

    def do_PUT(self) -> None:
        """Set the share of requests that fail."""
        try:
            rate = float(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            rate = -1.0
        if self.path != "/-/fault-rate" or not 0 <= rate <= 1:
            return self._answer(400, "PUT /-/fault-rate takes a number from 0 to 1\n")
        self.server.service.fault_rate = rate
        return self._answer(204, "")

    def _served(self) -> tuple[int, str]:
        return self.server.service.serve()

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the counters tell."""


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service, port: int = 0) -> None:
        self.service = service
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


def main() -> None:
    """Serve until killed."""
    words = argparse.ArgumentParser(description="A service to try canaries on.")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--version", choices=("stable", "canary"), default="stable")
    words.add_argument("--fault-rate", type=float, default=0.05, help="the share of requests that fail")
    words.add_argument("--p95-ms", type=float, default=250.0, help="the 95th percentile of latency; 0: no wait at all")
    words.add_argument("--seed", type=int, default=None)
    asked = words.parse_args()
    draws = random.Random(asked.seed)
    server = Server(Service(asked.version, asked.fault_rate, asked.p95_ms / 1000, draws), asked.port)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
