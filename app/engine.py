"""Lanes: deliveries become triggers, triggers run one at a time a lane, evaluations coalesce, commands never do.

A delivery stays `new` in the store until every trigger it made has run; whatever a crash interrupts is taken again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from app.github.errors import Conflict, GitHubError, RateLimited, Unavailable, redact
from app.model import Delivery, Kind, Trigger
from app.store.deliveries import Deliveries

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 10  # with the back-off below about a quarter of an hour: longer than most of GitHub's bad spells
POLL_SECONDS = 0.25
BATCH = 20  # a body may be 25 MB


@dataclass(frozen=True, slots=True)
class Again:
    """A body's answer: not done, run me again later; `reason` is kept as the attempt's error."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """A body's answer: nothing failed, but look again after `seconds`, or sooner when there is news."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    """A body's answer: done; `then` are triggers that follow from it."""

    then: tuple[Trigger, ...] = ()


Body = Callable[[Trigger, int], Awaitable[Done | Again | Later]]
Understand = Callable[[Delivery], tuple[Trigger, ...]]


@dataclass(frozen=True, slots=True)
class Rest:
    """Seconds until a job that failed runs again: `least` whatever happens, `most` unless news comes before."""

    least: float
    most: float


@dataclass(slots=True)
class Job:
    """One trigger waiting on a lane, with the deliveries that asked for it."""

    trigger: Trigger
    deliveries: list[int]  # one entry a trigger: a delivery whose triggers coalesced stands here twice
    attempts: int = 0


@dataclass(slots=True)
class Lane:
    """The work of one pull request: a queue, the task that empties it, and whether its first job runs or rests."""

    jobs: deque[Job] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    running: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Progress:
    """How far one delivery is: the triggers still to run, and the error of one that was given up."""

    triggers: int
    error: str | None = None


@dataclass(slots=True)
class Engine:
    """Runs `bodies` (one a Kind; called with the trigger and the attempts left) for what the deliveries ask."""

    deliveries: Deliveries
    understand: Understand
    bodies: Mapping[Kind, Body]
    max_attempts: int = MAX_ATTEMPTS
    concurrency: int = 16
    backoff: Callable[[int], float] = lambda attempt: min(300.0, 2.0**attempt) * random.uniform(0.5, 1.5)  # noqa: S311
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _open: dict[int, Progress] = field(default_factory=dict)  # by delivery id
    _last: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _loop: asyncio.Task[None] | None = None
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.concurrency)

    async def start(self) -> None:
        """Begin to take deliveries, the oldest unhandled one first."""
        self._loop = asyncio.create_task(self._take_forever(), name="engine")

    async def stop(self, drain: float = 10.0) -> None:
        """Take no more; give running work `drain` seconds; the rest is taken again at the next start."""
        self._stopping = True
        self._woken.set()
        for lane in self._lanes.values():
            if lane.task and not lane.running:
                lane.task.cancel()
        tasks = [task for task in (self._loop, *(lane.task for lane in self._lanes.values())) if task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=drain)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def wake(self) -> None:
        """There is news in the store: look now rather than at the next poll."""
        self._woken.set()

    async def idle(self, timeout: float = 30.0) -> None:
        """Return once everything stored is handled; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while self._lanes or await self.deliveries.waiting(0, 1):
                self.wake()
                await asyncio.sleep(0.02)

    def depth(self) -> int:
        """Jobs waiting or running."""
        return sum(len(lane.jobs) for lane in self._lanes.values())

    async def _take_forever(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                while not self._stopping and await self._take():
                    pass
            except Exception:  # the store is away: say so, and look again
                log.exception("engine.take_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _take(self) -> int:
        batch = await self.deliveries.waiting(self._last, BATCH)
        for delivery in batch:
            await self._admit(delivery)
            self._last = delivery.id  # not before: what the store could not note is taken once more
        return len(batch)

    async def _admit(self, delivery: Delivery) -> None:
        try:
            triggers = self.understand(delivery)
        except Exception as error:
            log.exception("engine.not_understood", delivery=delivery.guid, event_name=delivery.event)
            await self.deliveries.failed(frozenset({delivery.id}), redact(repr(error)))
            return
        if not triggers:
            await self.deliveries.done(frozenset({delivery.id}))
            return
        self._open[delivery.id] = Progress(len(triggers))
        for trigger in triggers:
            self._put(Job(trigger, [delivery.id], delivery.attempts))

    def _put(self, job: Job) -> None:
        lane = self._lanes.setdefault(job.trigger.lane, Lane())
        waiting = len(lane.jobs) - lane.running
        if not waiting or not _absorbed(lane.jobs[-1], job):
            lane.jobs.append(job)
        lane.news.set()
        if lane.task is None and not self._stopping:
            lane.task = asyncio.create_task(self._run_lane(job.trigger.lane, lane), name=f"lane {job.trigger.lane}")

    async def _run_lane(self, name: str, lane: Lane) -> None:
        while lane.jobs and not self._stopping:
            async with self._slots:
                lane.running = True
                lane.news.clear()
                rest = await self._run(lane.jobs[0])
                if rest is None:
                    lane.jobs.popleft()
                lane.running = False
            if rest is not None and _may_step_back(lane, rest):
                lane.jobs.rotate(-1)  # an evaluation that only waits lets a command pass
            elif rest is not None:
                await _rested(lane, rest)
        del self._lanes[name]

    async def _run(self, job: Job) -> Rest | None:
        """Run one job; None when it is over."""
        left = max(0, self.max_attempts - job.attempts - 1)
        try:
            answer = await self.bodies[job.trigger.kind](job.trigger, left)
        except RateLimited as error:  # we were told to wait, which is no failure and costs no attempt
            log.info("engine.waits", lane=job.trigger.lane, seconds=error.retry_after)
            return Rest(error.retry_after, error.retry_after + self.backoff(1))
        except GitHubError as error:
            return await self._failed_try(job, left if _may_pass(error) else 0, str(error))
        except (Exception, asyncio.CancelledError) as error:
            if _told_to_end():
                raise
            log.exception("engine.body_failed", lane=job.trigger.lane, reason=job.trigger.reason)
            return await self._failed_try(job, left, redact(repr(error)))
        if isinstance(answer, Later):
            return Rest(0.0, answer.seconds)
        if isinstance(answer, Again):
            return await self._failed_try(job, left, answer.reason)
        self._follow(job, answer.then)
        await self._finish(job)
        return None

    async def _failed_try(self, job: Job, left: int, error: str) -> Rest | None:
        log.warning("engine.try_failed", lane=job.trigger.lane, attempts_left=left, error=error)
        job.attempts += 1
        if not left:
            await self._finish(job, error)
            return None
        await _written(lambda: self.deliveries.tried(frozenset(job.deliveries), error))
        return Rest(0.0, self.backoff(job.attempts))

    def _follow(self, job: Job, triggers: Iterable[Trigger]) -> None:
        """What follows belongs to the same deliveries: they are done when it is."""
        for trigger in triggers:
            for delivery in job.deliveries:
                self._open[delivery].triggers += 1
            self._put(Job(trigger, list(job.deliveries)))

    async def _finish(self, job: Job, error: str | None = None) -> None:
        over: dict[int, str | None] = {}
        for delivery in job.deliveries:
            progress = self._open[delivery]
            progress.triggers -= 1
            progress.error = progress.error if error is None else error
            if not progress.triggers:
                over[delivery] = self._open.pop(delivery).error
        await _written(lambda: self._note(over))

    async def _note(self, over: Mapping[int, str | None]) -> None:
        await self.deliveries.done(frozenset(delivery for delivery, error in over.items() if error is None))
        for delivery, error in over.items():
            if error is not None:
                await self.deliveries.failed(frozenset({delivery}), error)


def _absorbed(job: Job, newer: Job) -> bool:
    """Fold `newer` into `job` where one run answers both: the newer trigger speaks, with its fresh attempts."""
    was, now = job.trigger, newer.trigger
    other_base = now.kind is Kind.SWEEP and was.base_ref != now.base_ref
    if now.kind is Kind.COMMAND or was.kind is not now.kind or other_base:
        return False
    job.trigger = replace(
        now,
        reset=was.reset or now.reset,
        hearsay=was.hearsay and now.hearsay,
        installation=now.installation or was.installation,
    )
    job.deliveries += newer.deliveries
    job.attempts = min(job.attempts, newer.attempts)
    return True


def _may_step_back(lane: Lane, rest: Rest) -> bool:
    """Only an evaluation may, and only where nobody told us to wait: commands keep their order."""
    return len(lane.jobs) > 1 and not rest.least and lane.jobs[0].trigger.kind is Kind.EVALUATE


async def _rested(lane: Lane, rest: Rest) -> None:
    await asyncio.sleep(rest.least)
    with contextlib.suppress(TimeoutError):  # a newer event ends the rest: it may bring the cure
        await asyncio.wait_for(lane.news.wait(), rest.most - rest.least)


async def _written(write: Callable[[], Awaitable[None]]) -> None:
    """Write to the store, however long it is away: what was done on GitHub is not done again for a full disk."""
    while True:
        try:
            return await write()
        except Exception:
            log.exception("engine.note_failed")
            await asyncio.sleep(POLL_SECONDS)


def _may_pass(error: GitHubError) -> bool:
    """Whether asking again may help; any other refusal is GitHub's answer."""
    return isinstance(error, Unavailable | Conflict)


def _told_to_end() -> bool:
    """Whether this very task is being cancelled; a CancelledError can also come out of a body's own futures."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
