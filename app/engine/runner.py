"""One job run: its body is called, and what it answers, or raises, says what becomes of the job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from app import metrics
from app.engine.jobs import Job, following
from app.engine.slots import Slots
from app.github.errors import Conflict, GitHubError, RateLimited, Unavailable, redact
from app.model import Again, Body, Done, Kind, Later

log = structlog.get_logger(__name__)

DATABASE_AWAY = 1.0  # seconds until work that found no database is tried again


Alone = Callable[[], Awaitable[None]]


class Dead(Exception):
    """The job of this id has failed for good."""


class Lanes(Protocol):
    """Where jobs are put aside, and where they are given up. Both outlast a database that is away."""

    async def put(self, todo: Sequence[Job], seconds: float = 0.0) -> None:
        """Put jobs on their lanes, not to begin before `seconds` have passed."""

    async def give_up(self, delivery: int, error: str) -> None:
        """A delivery's work has failed for good."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Not over: `job` is to run again after `seconds`."""

    job: Job
    seconds: float


@dataclass(slots=True)
class Runner:
    """Runs jobs through `bodies`, at most `max_attempts` failures each."""

    bodies: Mapping[Kind, Body]
    lanes: Lanes
    slots: Slots
    max_attempts: int
    backoff: Callable[[int], float]

    async def __call__(self, job: Job, alone: Alone | None = None) -> None:
        """Run `job` to its end, or put it aside. Raises Dead.

        `alone`: it may be what kills its process, so nobody else is inside a body while it is, and `alone` hears of it.

        A command that must wait keeps its lane, so that what was said after it comes after it; an evaluation leaves
        it, so that a command, or newer news, may pass.
        """
        asked = {"delivery": job.delivery} | ({"guid": job.guid} if job.guid else {})
        with structlog.contextvars.bound_contextvars(lane=job.trigger.lane, job=job.id, **asked):
            rest = await self._once(job, alone)
            while rest is not None and job.trigger.kind is Kind.COMMAND:
                await asyncio.sleep(rest.seconds)
                rest = await self._once(rest.job, alone)
            if rest is not None:
                await self.lanes.put([rest.job], rest.seconds)

    async def _once(self, job: Job, alone: Alone | None) -> Rest | None:
        left = max(0, self.max_attempts - job.failures - 1)
        try:
            async with self.slots.all() if alone else self.slots.one():
                if alone is not None:
                    await alone()
                answer = await self.bodies[job.trigger.kind](job.trigger, left)
        except RateLimited as error:  # we were told to wait, which is no failure and costs no attempt
            log.info("engine.waits", seconds=error.retry_after)
            return Rest(job.rested(), error.retry_after)
        except (OperationalError, NoConnection) as error:
            log.warning("engine.database_away", error=redact(repr(error)))
            return Rest(job.rested(), DATABASE_AWAY)
        except GitHubError as error:
            return await self._failed(job, left if _may_pass(error) else 0, str(error))
        except (Exception, asyncio.CancelledError) as error:
            if _told_to_end():
                raise
            log.exception("engine.body_failed", reason=job.trigger.reason)
            return await self._failed(job, left, redact(repr(error)))
        return await self._answered(job, left, answer)

    async def _answered(self, job: Job, left: int, answer: Done | Again | Later) -> Rest | None:
        if isinstance(answer, Again):
            return await self._failed(job, left, answer.reason)
        if answer.then:
            await self.lanes.put([following(job, place, trigger) for place, trigger in enumerate(answer.then)])
        return Rest(job.rested(), answer.seconds) if isinstance(answer, Later) else None

    async def _failed(self, job: Job, left: int, error: str) -> Rest:
        log.warning("engine.try_failed", attempts_left=left, error=error)
        if left:
            metrics.RETRIES.inc()
            return Rest(job.failed(), self.backoff(job.failures + 1))
        metrics.DEAD.inc()
        if job.delivery is not None:
            await self.lanes.give_up(job.delivery, error)
        raise Dead(job.id) from None  # without the error: it may hold what no database and no log can keep


def final(error: Exception, attempts_left: int) -> bool:
    """Will a body that raised `error` with so many attempts left not be run again?"""
    if isinstance(error, RateLimited | OperationalError | NoConnection):
        return False
    return not attempts_left or (isinstance(error, GitHubError) and not _may_pass(error))


def _may_pass(error: GitHubError) -> bool:
    """Whether asking again may help; any other refusal is GitHub's answer."""
    return isinstance(error, Unavailable | Conflict)


def _told_to_end() -> bool:
    """Whether this very task is being cancelled; a CancelledError can also come out of a body's own futures."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
