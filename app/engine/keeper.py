"""The keeper: once a second, what of ours is not really running, what did the dead leave, what can be forgotten?"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import structlog
from dbos import DBOS
from dbos._dbos import _get_dbos_instance
from sqlalchemy import Engine

from app.engine import rows
from app.engine.jobs import delivery_of
from app.engine.owner import Owner, Reaper

log = structlog.get_logger(__name__)

LOOKS = 3  # in which a job must seem to be a ghost; one alone may fall between a claim and its run
KEPT = 86_400.0  # seconds that a job is remembered after its end; its delivery is kept much longer
_PRUNE_EVERY = 600.0  # seconds
_PRUNE_BATCH = 1_000


@dataclass(slots=True)
class Keeper:
    """Looks after the workflows of all workers. Every method blocks: it is called on the engine's own thread."""

    main: Engine
    owner: Owner
    running: Callable[[], Collection[str]]
    give_up: Callable[[int, str], None]
    reaper: Reaper | None  # None: there are no other workers
    steady: Callable[[], float] = time.monotonic
    _suspects: dict[str, int] = field(default_factory=dict)  # name → looks
    _pruned: float = 0.0

    def look(self) -> None:
        """One round. Raises Lost when what we run may be running elsewhere, too."""
        if not self.owner.held():
            self.owner.keep(self._still_ours)
            if self.reaper:
                self.reaper.forget()
            return
        self._free_ghosts()
        self._bury_crashed()
        if self.reaper:
            self._free_orphans(self.reaper)
        self._prune()

    def _still_ours(self) -> bool:
        with self.main.connect() as connection:
            return set(self.running()) <= rows.claimed_by(connection, self.owner.executor)

    def _free_ghosts(self) -> None:
        """Jobs that count as ours though nothing here runs them, in several looks: the answer to a claim was lost.

        DBOS itself never looks at them again (dbos-transact-py#546, #716, #804, #805).
        """
        with self.main.connect() as connection:
            claimed = rows.claimed_by(connection, self.owner.executor)
        suspects = claimed - set(self.running()) - executing()
        self._suspects = {name: self._suspects.get(name, 0) + 1 for name in suspects}
        ghosts = sorted(name for name, looks in self._suspects.items() if looks >= LOOKS)
        if ghosts:
            log.warning("engine.ghosts_freed", jobs=ghosts)
            DBOS.resume_workflows(ghosts, queue_name=rows.LANES)
            self._suspects.clear()

    def _bury_crashed(self) -> None:
        """Jobs whose process died each time: given up like any other failure, so that they are listed with those."""
        with self.main.connect() as connection:
            crashed = rows.ended_badly(connection)
        for name in crashed:
            delivery = delivery_of(name)
            log.error("engine.crashing_job", job=name, delivery=delivery)
            if delivery is not None:
                self.give_up(delivery, "the worker died each time it ran this")
        if crashed:
            DBOS.delete_workflows(crashed)

    def _free_orphans(self, reaper: Reaper) -> None:
        with self.main.connect() as connection:
            for executor in reaper.dead(connection, rows.executors(connection), self.steady()):
                log.warning("engine.worker_gone", executor=executor)
                reaper.bury(connection, executor, lambda gone=executor: _free(gone))  # type: ignore[misc]

    def _prune(self) -> None:
        if self._pruned and self.steady() - self._pruned < _PRUNE_EVERY:
            return
        self._pruned = self.steady()
        with self.main.connect() as connection:
            ended = rows.ended_before(connection, int((time.time() - KEPT) * 1000), _PRUNE_BATCH)
        if ended:
            DBOS.delete_workflows(ended)


def executing() -> set[str]:
    """What DBOS itself executes here, from the claim until the outcome is recorded."""
    return set(_get_dbos_instance()._active_workflows_set.activeList())


def _free(executor: str) -> None:
    """DBOS has no public call for this (3.4.0); it frees only rows that `executor` still owns, and counts the try."""
    DBOS._recover_pending_workflows([executor])
