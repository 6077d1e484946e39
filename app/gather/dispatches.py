"""What commands had run for a pull request, and what they could: from our own database, the rules, and GitHub."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.gather.rules import Connect
from app.github.errors import NotFound
from app.github.records import WorkflowRun
from app.github.repository import Repository
from app.model import ARM, TESTS, Dispatched, Opened, Place
from checks.dispatching import Dispatching
from checks.model import ChangeFacts, Missing, Pull
from checks.tested import Escalated
from program.arms import stated

ASKED = 5  # escalations of one head that GitHub is asked for, the newest: each is a call
_BY_HAND = "workflow_dispatch"


class Dispatches(Protocol):
    """What was dispatched."""

    async def of_pull(self, repository: str, number: int) -> Sequence[Dispatched]:
        """The newest of a pull request, the oldest of them first."""

    async def of_head(self, repository: str, head_sha: str) -> Sequence[Dispatched]:
        """The newest that were sent to a head, of whichever pull request, the oldest of them first."""


class NoDispatches:
    """For a reader without a database: nothing was dispatched that it knows of."""

    async def of_pull(self, repository: str, number: int) -> Sequence[Dispatched]:
        """None."""
        return ()

    async def of_head(self, repository: str, head_sha: str) -> Sequence[Dispatched]:
        """None."""
        return ()


def heavier(dispatched: Sequence[Dispatched], head_sha: str) -> Sequence[Dispatched]:
    """Those that are tests of this head, the newest ASKED."""
    return [one for one in dispatched if one.kind == TESTS and one.head_sha == head_sha][-ASKED:]


@dataclass(frozen=True, slots=True)
class Heavier:
    """Escalated tests as GitHub has them, and the check suites that they report in."""

    runs: tuple[Escalated, ...] = ()
    suites: frozenset[int] = frozenset()


async def escalated(
    repository: Repository, sha: str, asked: Sequence[Dispatched], reported: Sequence[int] = ()
) -> Heavier:
    """Each of `asked`, the oldest first; one whose run is gone is as if it had never been. `reported`: the suite of
    each check run on the head.
    """
    runs: list[Escalated] = []
    suites: set[int] = set()
    for one in asked:
        try:
            run = await _run(repository, sha, one, {each.run for each in asked} | {each.run for each in runs})
        except NotFound:
            continue
        if run is None:
            runs.append(Escalated(one.workflow, None, "", "queued"))
            continue
        suites.add(run.suite_id)
        many = max(1, sum(suite == run.suite_id for suite in reported)) if run.suite_id else 1
        runs.append(Escalated(one.workflow, run.id, run.head_sha, run.status, run.conclusion, run.url, many))
    return Heavier(tuple(runs), frozenset(suites - {0}))


@dataclass(frozen=True, slots=True)
class Escalations:
    """The same for whoever asks before another one."""

    connect: Connect
    dispatches: Dispatches

    async def of(self, place: Place, pull: Pull) -> tuple[Escalated, ...]:
        """Those of the head of `pull`, the oldest first."""
        sent = await self.dispatches.of_pull(pull.repository, pull.number or 0)
        asked = heavier(sent, pull.head_sha)
        return (await escalated(await self.connect(place), pull.head_sha, asked)).runs if asked else ()


async def _run(
    repository: Repository, sha: str, asked: Dispatched, known: Collection[int | None]
) -> WorkflowRun | None:
    """The run. Servers that do not tell which one a dispatch began show it among those of the head, after a while."""
    if asked.run is not None:
        return await repository.reruns.workflow_run(asked.run)
    runs = [run for run in await repository.workflow_runs(sha) if run.event == _BY_HAND and run.id not in known]
    return next((run for run in runs if run.path.rpartition("/")[2] == asked.workflow), None)


def dispatching(
    opened: Opened, change: ChangeFacts | Missing | None, dispatched: Sequence[Dispatched], following: str = ""
) -> Dispatching | None:
    """What may be had run, and which arm is at work; None where neither the rules nor the past know of any.
    `following`: the arm that a retry would have try.
    """
    pull = opened.pull
    if opened.ladder is None and opened.escalation is None and not dispatched:
        return None
    messages = change.messages if isinstance(change, ChangeFacts) else ()
    said = stated((pull.body, *messages))
    sent = [one.name for one in dispatched if one.kind == ARM]
    arm = (sent or list(said) or [""])[-1]
    declared = opened.ladder.named(arm) if opened.ladder else None
    return Dispatching(
        arm,
        declared.cost_usd if declared else None,
        bool(arm) and not sent,
        following,
        opened.escalation is not None and not pull.from_fork and pull.number is not None,
        opened.ladder.terms.budget_usd if opened.ladder else None,
    )
