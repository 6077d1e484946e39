"""`/readyz` and `/metrics`: for whoever keeps Maestro running."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.store.decisions import Decisions
from app.store.deliveries import Deliveries, Queue, Standing
from app.store.inbox import Inbox

log = structlog.get_logger(__name__)

PATIENCE = 5.0  # seconds that the database may take to answer
STALE = 120.0  # seconds that a webhook may wait for a worker before we say that there is none


@dataclass(frozen=True, slots=True)
class Watching:
    """Says whether webhooks can be stored and are being worked on, and counts."""

    inbox: Inbox
    deliveries: Deliveries
    decisions: Decisions

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get("/readyz", self.readyz), web.get("/metrics", self.metrics)]

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 when a webhook would be stored and worked on, else 503 with what is wrong."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.inbox.probe()
                queue, decided = await self.deliveries.queue(), await self.decisions.last_at()
        except (SQLAlchemyError, OSError) as error:  # TimeoutError is one
            log.warning("readyz.database", error=repr(error))
            return web.json_response({"status": "unready", "database": "webhooks cannot be stored"}, status=503)
        age = _age(queue)
        told: dict[str, Any] = {
            "database": "ok",
            "queue": {"depth": queue.depth, "age_seconds": round(age, 3)},
            "last_decision_seconds_ago": None if decided is None else round(max(time.time() - decided, 0.0), 3),
        }
        if age > STALE:
            return web.json_response({"status": "unready", "worker": "nobody takes webhooks"} | told, status=503)
        return web.json_response({"status": "ready"} | told)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus text format, of all processes that share PROMETHEUS_MULTIPROC_DIR."""
        queue, counts = await self.deliveries.queue(), await self.deliveries.counts()
        metrics.QUEUE_DEPTH.set(queue.depth)
        metrics.QUEUE_SECONDS.set(_age(queue))
        for standing in Standing:
            metrics.DELIVERIES.labels(standing=standing).set(counts.get(standing, 0))
        return web.Response(body=generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _age(queue: Queue) -> float:
    return 0.0 if queue.oldest is None else max(time.time() - queue.oldest, 0.0)


def _registry() -> CollectorRegistry:
    """What the processes wrote to their shared directory; this process's own counts where there is none."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
