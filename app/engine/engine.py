"""The engine: hands deliveries over to lanes, runs what is on them, and looks after what others left behind.

What is handed over is a workflow of DBOS, in the database, before its delivery counts as taken: a crash loses nothing.
A run is not divided into steps: run again after a crash it reads GitHub anew, and its effects are idempotent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog
from dbos import DBOS, DBOSConfig
from sqlalchemy.exc import SQLAlchemyError

from app.engine import rows
from app.engine.database import RETRY_SECONDS, intake_database, main_database, prepare
from app.engine.handover import APPLICATION, VERSION, WORKFLOW, HandOver, Understand
from app.engine.jobs import Job, read
from app.engine.keeper import Keeper
from app.engine.owner import Lost, Owner, Reaper, SharedOwner, SoleOwner
from app.engine.runner import Alone, Runner
from app.engine.slots import Slots
from app.model import Body, Kind, Trigger
from app.store import away
from app.store.address import Address

log = structlog.get_logger(__name__)
T = TypeVar("T")

MAX_ATTEMPTS = 10  # with the back-off below about a quarter of an hour: longer than most of GitHub's bad spells
MAX_RECOVERIES = 5  # of a job whose process dies each time, though it runs alone: it is what kills it
TICK = 1.0  # seconds between two looks at owners, ghosts and schedules


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the engine looks. A delivery waits half of both for its turn, on average."""

    hand_over: float = 0.1  # seconds between two looks at the deliveries
    lanes: float = 0.25  # seconds between two looks at the lanes: about 4 % of a core
    concurrency: int = 16  # jobs inside their bodies
    claimed: int = 50  # jobs that this worker has begun, those that only wait included


class Engine:
    """Runs `bodies`, one a Kind, for what the deliveries at `address` ask. One a process, for DBOS is.

    `schedules`: names of work that comes round, with the seconds between; each name becomes the `reason` of a
    SCHEDULED trigger, once at the start and then once for all workers. `on_lost` is called when this process must
    end, because others may have been given its work.
    """

    def __init__(
        self,
        address: Address,
        understand: Understand,
        bodies: Mapping[Kind, Body],
        *,
        schedules: Mapping[str, float] | None = None,
        pace: Pace = Pace(),
        max_attempts: int = MAX_ATTEMPTS,
        backoff: Callable[[int], float] = lambda attempt: min(300.0, 2.0**attempt) * random.uniform(0.5, 1.5),  # noqa: S311
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.pace = pace
        self._address = address
        self._schedules = schedules or {}
        self._on_lost = on_lost
        self._stop = threading.Event()
        self._woken = asyncio.Event()
        self._stopping = False
        self._running: dict[str, asyncio.Task[None] | None] = {}
        self._late: list[asyncio.Task[None] | None] = []
        self._loops: list[asyncio.Task[None]] = []
        self._home: asyncio.AbstractEventLoop | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._main = main_database(address.main, self._stop)
        self._intake = None if address.shared else intake_database(address.intake)
        self._lanes = HandOver(self._main, self._intake, understand)
        self.owner: Owner = SharedOwner(address.main) if address.shared else SoleOwner()
        reaper = Reaper(self.owner.executor) if address.shared else None
        self._keeper = Keeper(self._main, self.owner, lambda: list(self._running), self._lanes.give_up, reaper)
        self.runner = Runner(bodies, self, Slots(pace.concurrency), max_attempts, backoff)

    # --- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin: what was left running is taken up again, then what is new, the oldest first."""
        self._home = asyncio.get_running_loop()
        await self._call(self._prepare)
        _current.append(self)
        DBOS(config=self._config())
        DBOS.launch()  # on this thread: it adopts the loop that runs here, and with it our HTTP session
        for name, loop in (("hand over", self._hand_over), ("keep", self._keep), ("schedules", self._tick)):
            self._loops.append(asyncio.create_task(loop(), name=name))

    async def stop(self, drain: float = 10.0) -> None:
        """Begin nothing more; give running work `drain` seconds; the rest is taken up at the next start."""
        if self._stopping:
            return
        self._stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self in _current:
            await self._drained(drain)
            self._stop.set()
            await self._call(DBOS.destroy)
            await self._cut_off()
            _current.remove(self)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # DBOS had put its own there
        await self._call(self._close)
        self._thread.shutdown()

    def _prepare(self) -> None:
        prepare(self._address, self._main)
        self._lanes.register(self.pace.claimed, self.pace.lanes)
        self.owner.take()

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self._address.main.render_as_string(hide_password=False),
            "system_database_engine": self._main,
            "dbos_system_schema": rows.SCHEMA,
            "executor_id": self.owner.executor,
            "application_version": VERSION,
            "run_migrations": False,
            "max_executor_threads": 32,
            "log_level": "WARNING",
        }

    async def _drained(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while any(self._running.values()) and time.monotonic() < until:  # noqa: ASYNC110 - DBOS tells no one
            await asyncio.sleep(0.02)

    async def _cut_off(self) -> None:
        """End what did not end by itself, and leave it to whoever looks next."""
        left = [task for task in (*self._running.values(), *self._late) if task]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        with contextlib.suppress(SQLAlchemyError):  # the database is away: others will find us gone
            await self._call(self._release)

    def _release(self) -> None:
        with self._main.begin() as connection:
            rows.release(connection, self.owner.executor)

    def _close(self) -> None:
        self.owner.release()
        self._main.dispose()
        if self._intake is not None:
            self._intake.dispose()

    # --- what others ask -------------------------------------------------------------------------------------

    def wake(self) -> None:
        """There is news in the store: look now rather than at the next poll."""
        self._woken.set()

    async def owns(self) -> bool:
        """Is what runs here ours at this moment? Asked before each effect on GitHub."""
        return await self._call(self.owner.held)

    async def depth(self) -> int:
        """Jobs that wait, rest or run."""

        def count() -> int:
            with self._main.connect() as connection:
                return rows.unfinished(connection)

        return await self._call(count)

    async def idle(self, timeout: float = 30.0) -> None:
        """Return once everything stored is handled; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while await self._call(self._lanes.take) or await self.depth():  # noqa: ASYNC110 - polled, as DBOS does
                await asyncio.sleep(0.03)

    async def put(self, todo: Sequence[Job], seconds: float = 0.0) -> None:
        """Put jobs on their lanes, however long the database is away: what a run found out is not lost."""
        await self._persist(lambda: self._lanes.put(todo, seconds))

    async def give_up(self, delivery: int, error: str) -> None:
        """A delivery's work has failed for good."""
        await self._persist(lambda: self._lanes.give_up(delivery, error))

    # --- what goes on ----------------------------------------------------------------------------------------

    async def called(self, name: str, text: str) -> None:
        """The body of every workflow. While our loop pauses, DBOS calls it on a loop of its own: go home first."""
        assert self._home is not None, "DBOS was launched by `start`"
        if asyncio.get_running_loop() is self._home:
            await self.run(name, text)
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.run(name, text), self._home))

    async def run(self, name: str, text: str) -> None:
        """Run the job that was stored as `text`, on the loop that `start` was called on."""
        if self._stopping:
            self._late.append(asyncio.current_task())
            await asyncio.Event().wait()  # it was claimed too late; unfinished, it is claimed again elsewhere
        self._running[name] = asyncio.current_task()
        try:
            await self.runner(read(text), await self._suspected(name))
        finally:
            self._running.pop(name, None)

    async def _suspected(self, name: str) -> Alone | None:
        """A job that was begun before may be what killed the process then. Alone, it can kill nothing but itself."""

        def claims() -> int:
            with self._main.connect() as connection:
                return rows.claims(connection, name)

        def clear() -> None:
            with self._main.begin() as connection:
                rows.clear_all_but(connection, name, self.owner.executor)

        return None if await self._persist(claims) < rows.SUSPECT else lambda: self._persist(clear)

    async def _hand_over(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                while await self._call(self._lanes.take) and not self._stopping:
                    pass
            except Exception as error:  # the database is away: say so, and look again
                away.say("engine.hand_over_failed", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pace.hand_over):  # Python 3.11's wait_for can lose a cancellation
                    await self._woken.wait()

    async def _keep(self) -> None:
        while not self._stopping:
            await asyncio.sleep(TICK)
            try:
                await self._call(self._keeper.look)
            except Lost:
                log.critical("engine.lost")
                self._on_lost()
                return
            except Exception as error:
                away.say("engine.look_failed", error)

    async def _tick(self) -> None:
        """Ask for each schedule once now, and then once a period: all workers name a period's job alike."""
        await self.put([_scheduled(name, f"start-{uuid.uuid4().hex}") for name in self._schedules])
        while self._schedules and not self._stopping:
            await asyncio.sleep(TICK)
            periods = {name: int(time.time() // every) for name, every in self._schedules.items()}
            due = [_scheduled(name, f"{period:012d}") for name, period in periods.items()]
            await self.put(due)

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _persist(self, work: Callable[[], T]) -> T:
        while True:
            try:
                return await self._call(work)
            except SQLAlchemyError as error:
                away.say("engine.not_noted", error)
                await asyncio.sleep(RETRY_SECONDS)


_current: list[Engine] = []  # the engine that is started: DBOS finds the bodies of workflows by their names alone


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
async def _run(text: str) -> None:
    await _current[-1].called(str(DBOS.workflow_id), text)


def _scheduled(name: str, period: str) -> Job:
    return Job(f"{name}.{period}", Trigger(Kind.SCHEDULED, "", reason=name))


logging.getLogger("dbos").addHandler(logging.NullHandler())  # else it brings a handler of its own, which tells secrets
