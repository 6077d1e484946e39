"""Counting calls: per evaluation (a context) and for Prometheus (a process)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client import Counter as Total


@dataclass(slots=True)
class Calls:
    """HTTP requests made inside one `counting()` block, retries, redirects and token requests included."""

    by_operation: Counter[str] = field(default_factory=Counter)  # "GET /repos/{owner}/{repo}/pulls/{pull_number}" → n

    @property
    def total(self) -> int:
        return self.by_operation.total()


_open: ContextVar[tuple[Calls, ...]] = ContextVar("maestro_github_calls", default=())


@contextmanager
def counting() -> Iterator[Calls]:
    """Count the calls of this block, across awaits and the tasks it starts; blocks may nest."""
    calls = Calls()
    token = _open.set((*_open.get(), calls))
    try:
        yield calls
    finally:
        _open.reset(token)


def count(operation: str) -> None:
    """One exchange ended, with an answer or without: every open block counts it."""
    for calls in _open.get():
        calls.by_operation[operation] += 1


class Metrics:
    """The client's Prometheus series; without a registry they are exported nowhere."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._calls = Total(
            "maestro_github_calls", "HTTP requests made to GitHub.", ("method", "status"), registry=registry
        )
        self._remaining = Gauge(
            "maestro_github_remaining",
            "Requests left this hour, as GitHub last said.",
            ("installation",),
            registry=registry,
        )

    def called(self, method: str, status: int | None) -> None:
        """One exchange ended; `status` None: it was cut."""
        self._calls.labels(method, "network" if status is None else str(status)).inc()

    def remaining(self, installation: str, requests: int) -> None:
        """What GitHub said is left for `installation`."""
        self._remaining.labels(installation).set(requests)
