"""`/readyz` and `/metrics`: for whoever keeps Maestro running."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.github.pacing import LedgerAway
from app.model import FixState, Tally
from app.pages import kpi_gauges
from app.store.decisions import Decisions
from app.store.deliveries import Deliveries, Queue, Standing
from app.store.fixes import Fixes
from app.store.inbox import Inbox
from app.store.opinions import Opinions
from program.kpi import Figure

log = structlog.get_logger(__name__)

PATIENCE = 5.0  # seconds that the database may take to answer
STALE = 120.0  # seconds that a webhook may wait for a worker, or a job for its turn, before we say that nobody works
LONGEST = 1_800.0  # seconds that a job may run; what was begun before that is a dead worker's, which nobody freed
UNKNOWN = float("nan")  # neither the last figure, which may be of yesterday, nor a 0 that nobody measured
T = TypeVar("T")


class Backlog(Protocol):
    """What is on the engine's lanes."""

    @property
    def waiting(self) -> int: ...

    @property
    def resting(self) -> int: ...

    @property
    def running(self) -> int: ...

    @property
    def oldest(self) -> float | None:
        """Since when the oldest waits for its turn (epoch seconds; None: none does)."""

    @property
    def begun(self) -> float | None:
        """When the last of those that run was begun (epoch seconds; None: none runs)."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Says whether webhooks can be stored and are being worked on, and counts."""

    inbox: Inbox
    deliveries: Deliveries
    decisions: Decisions
    fixes: Fixes
    opinions: Opinions
    backlog: Callable[[], Awaitable[Backlog]]
    budgets: Callable[[], Awaitable[object]]  # asked, the write budgets show themselves
    outcomes: Callable[[], Awaitable[Mapping[str, Figure]]]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get("/readyz", self.readyz), web.get("/metrics", self.metrics)]

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 when a webhook would be stored and worked on, else 503 with what is wrong."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.inbox.probe()
                queue, decided = await self.deliveries.queue(), await self.decisions.last_at()
                jobs = await self.backlog()
        except (SQLAlchemyError, OSError) as error:  # TimeoutError is one
            log.warning("readyz.database", error=repr(error))
            return web.json_response({"status": "unready", "database": "webhooks cannot be stored"}, status=503)
        told = _told(queue, jobs, decided)
        if _age(queue.oldest) > STALE:
            return web.json_response({"status": "unready", "worker": "nobody takes webhooks"} | told, status=503)
        if _age(jobs.oldest) > STALE and not _works(jobs):
            return web.json_response({"status": "unready", "worker": "nobody runs jobs"} | told, status=503)
        return web.json_response({"status": "ready"} | told)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus text format, of all processes that share PROMETHEUS_MULTIPROC_DIR.

        It answers whatever the database does: what this process counts is most wanted when something is wrong.
        """
        asked = asyncio.gather(
            _or_none(self.deliveries.queue()),
            _or_none(self.deliveries.counts()),
            _or_none(self.backlog()),
            _or_none(self.fixes.counts()),
            _or_none(self.opinions.counts()),
            _or_none(self.budgets()),
        )
        (queue, counts, jobs, fixes, opinions, budgets), outcomes = await asyncio.gather(
            asked, _or_none(self.outcomes())
        )
        _show_queue(queue, counts)
        _show_jobs(jobs)
        _show_fixes(fixes)
        _show_opinions(opinions)
        kpi_gauges.show(outcomes)
        metrics.DATABASE_UP.set(None not in (queue, counts, jobs, fixes, opinions, budgets, outcomes))
        return web.Response(body=generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _or_none(asked: Awaitable[T]) -> T | None:
    """What is known, or None where the database does not say it."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asked
    except (SQLAlchemyError, OSError, LedgerAway) as error:
        log.warning("metrics.database", error=repr(error))
        return None


def _show_queue(queue: Queue | None, counts: Mapping[str, int] | None) -> None:
    metrics.QUEUE_DEPTH.set(UNKNOWN if queue is None else queue.depth)
    metrics.QUEUE_SECONDS.set(UNKNOWN if queue is None else _age(queue.oldest))
    for standing in Standing:
        metrics.DELIVERIES.labels(standing=standing).set(UNKNOWN if counts is None else counts.get(standing, 0))


def _show_jobs(jobs: Backlog | None) -> None:
    for state in ("waiting", "resting", "running"):
        metrics.JOBS.labels(state=state).set(UNKNOWN if jobs is None else getattr(jobs, state))
    metrics.JOBS_SECONDS.set(UNKNOWN if jobs is None else _age(jobs.oldest))


def _show_fixes(counts: Mapping[str, int] | None) -> None:
    for fate in FixState:
        metrics.FIXES.labels(fate=fate).set(UNKNOWN if counts is None else counts.get(fate, 0))


def _show_opinions(tally: Tally | None) -> None:
    metrics.OPINIONS.labels(opinion="agree").set(UNKNOWN if tally is None else tally.agree)
    metrics.OPINIONS.labels(opinion="disagree").set(UNKNOWN if tally is None else tally.disagree)


def _told(queue: Queue, jobs: Backlog, decided: float | None) -> dict[str, Any]:
    lanes = {"waiting": jobs.waiting, "resting": jobs.resting, "running": jobs.running}
    return {
        "database": "ok",
        "queue": {"depth": queue.depth, "age_seconds": round(_age(queue.oldest), 3)},
        "jobs": lanes | {"age_seconds": round(_age(jobs.oldest), 3)},
        "last_decision_seconds_ago": None if decided is None else round(_age(decided), 3),
    }


def _works(jobs: Backlog) -> bool:
    """Does somebody run jobs? What a worker left behind counts as running until another, or its successor, frees it."""
    return jobs.begun is not None and _age(jobs.begun) < LONGEST


def _age(moment: float | None) -> float:
    return 0.0 if moment is None else max(time.time() - moment, 0.0)


def _registry() -> CollectorRegistry:
    """What the processes wrote to their shared directory; this process's own counts where there is none."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
