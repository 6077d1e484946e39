"""Counting calls: per evaluation (a context) and for Prometheus (a process)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client import Counter as Total

from app.github.pacing import Standing


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


_BUDGET = {
    "writes_minute": "Content writes in the last minute, of all workers; GitHub allows 80.",
    "writes_hour": "Content writes in the last hour, of all workers; GitHub allows 500.",
    "silent_seconds": "Seconds of silence that GitHub still asks for.",
}


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
            multiprocess_mode="mostrecent",
        )
        self._minute, self._hour, self._silent = (
            Gauge(f"maestro_github_{name}", text, ("installation",), registry=registry, multiprocess_mode="mostrecent")
            for name, text in _BUDGET.items()
        )

    def called(self, method: str, status: int | None) -> None:
        """One exchange ended; `status` None: it was cut."""
        self._calls.labels(method, "network" if status is None else str(status)).inc()

    def remaining(self, installation: str, requests: int) -> None:
        """What GitHub said is left for `installation`."""
        self._remaining.labels(installation).set(requests)

    def stands(self, installation: str, standing: Standing) -> None:
        """How `installation` stands with its write budget."""
        self._minute.labels(installation).set(standing.minute)
        self._hour.labels(installation).set(standing.hour)
        self._silent.labels(installation).set(standing.silent)
