"""From the deliveries table to the lanes, in transactions: what was handed over is there once, whenever we are killed.

The same delivery handed over again finds its jobs under their names and changes nothing. That is what makes two files
on SQLite safe: the jobs are committed first, the mark in the webhooks' file follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from dbos import DBOSClient
from dbos._enqueue_options import EnqueueOptions
from sqlalchemy import Connection, Engine, text

from app.engine import jobs, rows
from app.engine.jobs import Job
from app.github.errors import redact
from app.model import Delivery, Trigger
from app.store import deliveries as kept

log = structlog.get_logger(__name__)

APPLICATION = "maestro"
VERSION = "1"
"""Of the application, as DBOS calls it: a constant for ever, or a new release would strand the work of the old one."""
WORKFLOW = "run"
BATCH = 20  # deliveries at a time: a body may be 25 MB
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1835100532)")

Understand = Callable[[Delivery], tuple[Trigger, ...]]


@dataclass(slots=True)
class HandOver:
    """Puts jobs on lanes. `intake` None: the webhooks lie in the main database."""

    main: Engine
    intake: Engine | None
    understand: Understand
    _client: DBOSClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = DBOSClient(system_database_engine=self.main, application_name=APPLICATION, lazy=True)

    def register(self, claimed: int, poll: float) -> None:
        """Make the lanes known: one job a lane at a time, `claimed` in all a worker, looked at each `poll` seconds."""
        self._client.register_queue(
            rows.LANES, partition_concurrency=1, worker_concurrency=claimed, polling_interval_sec=poll
        )

    def take(self) -> int:
        """Hand over a batch of new deliveries; how many there were."""
        with self.main.begin() as connection:
            if self.intake is None:
                connection.execute(_ONE_AT_A_TIME)
            batch = self._waiting(connection)
            dead = {one.id: error for one in batch if (error := self._hand_over(connection, one)) is not None}
            if self.intake is None:
                _mark(connection, batch, dead)
        if batch and self.intake is not None:
            with self.intake.begin() as connection:
                _mark(connection, batch, dead)
        return len(batch)

    def put(self, todo: Sequence[Job], seconds: float = 0.0) -> None:
        """Put jobs on their lanes, not to begin before `seconds` have passed."""
        with self.main.begin() as connection:
            for job in todo:
                self._put(connection, job, seconds)

    def give_up(self, delivery: int, error: str) -> None:
        """A delivery's work has failed for good: it is kept with its error, and runs again when it is sent again."""
        with self._webhooks() as connection:
            kept.failed(connection, delivery, error)

    def _waiting(self, connection: Connection) -> list[Delivery]:
        if self.intake is None:
            return kept.waiting(connection, BATCH)
        with self.intake.connect() as webhooks:
            return kept.waiting(webhooks, BATCH)

    def _hand_over(self, connection: Connection, delivery: Delivery) -> str | None:
        """Put what a delivery means on the lanes; the error, where it cannot be understood."""
        try:
            triggers = self.understand(delivery)
        except Exception as error:
            log.exception("engine.not_understood", delivery=delivery.id, guid=delivery.guid, event_name=delivery.event)
            return redact(repr(error))
        for place, trigger in enumerate(triggers):
            self._put(connection, jobs.first(delivery, place, trigger), 0.0)
        return None

    def _put(self, connection: Connection, job: Job, seconds: float) -> None:
        if rows.known(connection, job.name):
            return
        lane = rows.not_begun(connection, job.trigger.lane)
        if job.covered_by(lane.waiting):
            return  # it has not begun, so it will see what this one is about
        rows.withdraw(connection, [name for name in lane.resting if job.covers(name)])
        self._client.enqueue_in_transaction(connection, _options(job, seconds), jobs.written(job))

    @contextmanager
    def _webhooks(self) -> Iterator[Connection]:
        with (self.main if self.intake is None else self.intake).begin() as connection:
            yield connection


def _options(job: Job, seconds: float) -> EnqueueOptions:
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": rows.LANES,
        "workflow_id": job.name,
        "queue_partition_key": job.trigger.lane,
        "app_version": VERSION,
    }
    if seconds > 0:
        options["delay_seconds"] = seconds
    return options


def _mark(connection: Connection, batch: Sequence[Delivery], dead: dict[int, str]) -> None:
    kept.taken(connection, [one.id for one in batch])
    for delivery, error in dead.items():
        kept.failed(connection, delivery, error)
