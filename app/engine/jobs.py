"""A job: one trigger with what the engine must remember of it. Its id says who asked, in which order, and for what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from app.model import Delivery, Kind, Trigger

_COALESCE = frozenset(
    {
        Kind.EVALUATE,
        Kind.LOCATE,
        Kind.REPAIR,
        Kind.REMEDIATE,
        Kind.EXPERIMENT,
        Kind.STUDY,
        Kind.AFTER,
        Kind.DRIFT,
    }
)


@dataclass(frozen=True, slots=True)
class Job:
    """One trigger to run. `delivery`: the webhook that asked for it, None for what a schedule asked; `guid` names it.

    `id` sorts: two jobs of one lane that were handed over in one millisecond run in the order of their ids. `failures`
    counts the runs that failed, `rests` the times it was put aside, for whatever reason.
    """

    id: str
    trigger: Trigger
    delivery: int | None = None
    failures: int = 0
    rests: int = 0
    guid: str = ""

    @property
    def name(self) -> str:
        """What the engine keeps it under: unique, and ending with what a run of it answers."""
        return f"{self.id}-{self._gist}" + (f"~{self.rests}" if self.rests else "")

    def failed(self) -> Job:
        """The same job, to be run once more after a failure."""
        return replace(self, failures=self.failures + 1, rests=self.rests + 1)

    def rested(self) -> Job:
        """The same job, to be run again though nothing failed."""
        return replace(self, rests=self.rests + 1)

    def covered_by(self, names: Iterable[str]) -> bool:
        """Would a job of the same lane that waits under one of `names` answer this one too?

        One that was put aside before never does: news deserves the full number of attempts.
        """
        return self._coalesces and any("~" not in name and _answers(_gist_of(name), self._gist) for name in names)

    def covers(self, name: str) -> bool:
        """Would this job answer the one that rests under `name`?"""
        return self._coalesces and _answers(self._gist, _gist_of(name))

    @property
    def _gist(self) -> str:
        return "+".join([self.trigger.kind, *sorted(self.trigger.needs)])

    @property
    def _coalesces(self) -> bool:
        return self.trigger.kind in _COALESCE


def first(delivery: Delivery, place: int, trigger: Trigger) -> Job:
    """The job of the `place`-th trigger of a webhook."""
    return Job(f"{delivery.id:012d}.{place:04d}", trigger, delivery.id, guid=delivery.guid)


def following(job: Job, place: int, trigger: Trigger) -> Job:
    """The job of the `place`-th trigger that follows from this run of `job`: it belongs to the same webhook."""
    run = f"{job.id}.{job.rests:06d}" if job.rests else job.id
    return Job(f"{run}.{place:04d}", trigger, job.delivery, guid=job.guid)


def written(job: Job) -> str:
    """A job as the engine stores it."""
    return msgspec.json.encode(job).decode()


def read(text: str) -> Job:
    """A stored job. Fields that an other version wrote are passed over; those it lacked have their defaults."""
    return msgspec.json.decode(text, type=Job)


def delivery_of(name: str) -> int | None:
    """The webhook that a stored job belongs to, by the job's name alone."""
    head = name.partition(".")[0]
    return int(head) if head.isdigit() else None


def kind_of(name: str) -> str:
    """What a stored job asks for, by its name alone."""
    return _gist_of(name).partition("+")[0]


def _answers(one: str, other: str) -> bool:
    kind, *does = one.split("+")
    wanted, *needs = other.split("+")
    return kind == wanted and set(needs) <= set(does)


def _gist_of(name: str) -> str:
    return name.rpartition("-")[2].partition("~")[0]
