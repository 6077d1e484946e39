"""What the engine runs for each kind of trigger."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from app import metrics, tracing
from app.engine.runner import final
from app.gather.reader import GitHubReader
from app.github.errors import GitHubError
from app.github.meter import counting
from app.main.schedules import Scheduled
from app.model import Again, Body, Done, Kind, Later, Trigger
from handlers.canary import Beginnings
from handlers.command import Commands
from handlers.drift import DriftWatch
from handlers.evaluate import Evaluation
from handlers.experiment import Watch
from handlers.remediation import Remediations
from handlers.repair import Repairs, told_of_a_bill

Plain = Callable[[Trigger], Awaitable[Done | Later]]


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine runs for each kind of trigger."""

    reader: GitHubReader
    evaluation: Evaluation
    commands: Commands
    repairs: Repairs
    remediations: Remediations
    beginnings: Beginnings
    watch: Watch
    drift: DriftWatch
    studies: Mapping[Kind, Plain]
    schedules: Mapping[str, tuple[float, Scheduled]]
    ci_grace: float

    def bodies(self) -> dict[Kind, Body]:
        """One a kind, each traced."""
        plain: dict[Kind, Body] = {
            Kind.EVALUATE: self.evaluate,
            Kind.LOCATE: self.spread,
            Kind.SWEEP: self.sweep,
            Kind.COMMAND: self.command,
            Kind.REPAIR: self.repair,
            Kind.REMEDIATE: self.remediate,
            Kind.CANARY: self.canary,
            Kind.EXPERIMENT: self.experiment,
            Kind.DRIFT: self.drift_of,
            Kind.SCHEDULED: self.scheduled,
        }
        plain |= {kind: _whatever_is_left(run) for kind, run in self.studies.items()}
        return {kind: _traced(body) for kind, body in plain.items()}

    async def evaluate(self, trigger: Trigger, attempts_left: int) -> Done | Again | Later:
        """Judge, and count what it took. A fault of ours is worth another try; what is too early, another look."""
        started = time.monotonic()
        with counting() as calls:
            judged = await self.evaluation(trigger, attempts_left)
        metrics.EVALUATION_SECONDS.observe(time.monotonic() - started)
        metrics.EVALUATION_CALLS.observe(calls.total)
        verdict = judged.decision.verdict.value if judged else "silence"
        metrics.EVALUATIONS.labels(verdict=verdict).inc()
        tracing.note("verdict", verdict)
        if judged and judged.our_failures and attempts_left:
            return Again("; ".join(judged.our_failures))
        if judged and judged.too_early:
            return Later(self.ci_grace)
        if judged is None and trigger.reset and trigger.number is not None:  # it may be merged, and studied
            return Done((replace(trigger, kind=Kind.AFTER),))
        then = await self.repairs.following(trigger, judged)
        return Done((*then, *await self.remediations.following(trigger, judged)))

    async def spread(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Find the pull requests that it speaks of."""
        return Done((*await self.reader.evaluations(trigger), *told_of_a_bill(trigger)))

    async def sweep(self, trigger: Trigger, _attempts_left: int) -> Done:
        """A base branch got new rules: they bear on its pull requests, on the experiments that run under them, and on
        what is watched.
        """
        ruled = (*await self.beginnings.ruled(trigger), *await self.drift.ruled(trigger))
        return Done((*await self.reader.evaluations(trigger), *ruled))

    async def command(self, trigger: Trigger, attempts_left: int) -> Done:
        """Answer whoever asked, and where that fails for good, with the failure."""
        try:
            return await self.commands(trigger)
        except Exception as error:
            if final(error, attempts_left):
                await self.commands.failed(trigger, _in_words(error))
            raise

    async def repair(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Propose fixes, or end those that are moot."""
        return await self.repairs(trigger)

    async def remediate(self, trigger: Trigger, _attempts_left: int) -> Done | Later:
        """Do what is next about a pull request that may not ship."""
        return await self.remediations(trigger)

    async def canary(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Begin an experiment, or end it."""
        return await self.beginnings(trigger)

    async def experiment(self, trigger: Trigger, _attempts_left: int) -> Done | Later:
        """Look at one experiment."""
        return await self.watch(trigger)

    async def drift_of(self, trigger: Trigger, _attempts_left: int) -> Done | Later:
        """Look at one watched module."""
        return await self.drift(trigger)

    async def scheduled(self, trigger: Trigger, _attempts_left: int) -> Done:
        """Do what the clock asks for."""
        _, run = self.schedules[trigger.reason]
        return Done(await run())


def _in_words(error: Exception) -> str:
    """What whoever asked is told of it; the log knows more."""
    if isinstance(error, GitHubError):
        return f"GitHub did not let us finish it (status {error.status}), and it will not be tried again"
    return "we failed to finish it, and it will not be tried again"


def _whatever_is_left(run: Plain) -> Body:
    """What runs the same at its first attempt and at its last."""

    async def body(trigger: Trigger, _attempts_left: int) -> Done | Later:
        return await run(trigger)

    return body


def _traced(body: Body) -> Body:
    async def traced(trigger: Trigger, attempts_left: int) -> Done | Again | Later:
        with tracing.run(trigger.kind, trigger.reason):
            return await body(trigger, attempts_left)

    return traced
