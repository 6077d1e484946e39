"""All that is read for a Repro Pack, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app import record
from app.store.decisions import SILENCE, Decisions, Judged
from app.store.fed import digest_of
from app.store.looks import TickLog, TickLogs
from app.store.provenance import Link, Provenance
from app.store.pull_news import PullKey
from app.store.remediations import Remediations
from app.store.reports import Reports
from checks.held import Experiment
from checks.judge import Case
from checks.model import Missing
from program.remediation import Attempted, Remediation, Result

_AT_ONCE = 50  # records of one query: they are held in memory


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment that a decision knew of. `log`: what moved it to where it stood then; None where none is kept."""

    held: Experiment
    log: TickLog | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One decision with all that it rests on, as it was known when it was made."""

    judged: Judged
    record: bytes
    links: tuple[Link, ...]
    trials: tuple[Trial, ...] = ()
    remediations: tuple[Mapping[str, Any], ...] = ()
    usage: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """The stores that know of it."""

    decisions: Decisions
    provenance: Provenance
    logs: TickLogs
    remediations: Remediations
    reports: Reports

    @classmethod
    def over(cls, engine: AsyncEngine) -> Sources:
        """Those of one database."""
        return cls(Decisions(engine), Provenance(engine), TickLogs(engine), Remediations(engine), Reports(engine))

    async def of(self, judged: Judged) -> Evidence:
        """All there is of one decision. Raises BadRecord for what another version kept in its own way."""
        kept = (await self.decisions.records((judged.id,)))[judged.id]
        pull = judged.repository, judged.number
        return Evidence(
            judged,
            kept,
            tuple(await self.provenance.slice(*pull, judged.head_sha, judged.id)),
            tuple([await self._trial(one) for one in _experiments(record.read(kept))]),
            tuple(as_of(await self.remediations.of_pull(*pull), judged.at)),
            tuple(await self.reports.of_pull(*pull, judged.head_sha, judged.at)),
        )

    async def _trial(self, held: Experiment) -> Trial:
        return Trial(held, (await self.logs.of(held.id)).until(digest_of(held.state)))


def chosen(history: Sequence[Judged], decision: int | None = None) -> Judged | None:
    """The decision of that id among `history`, the newest first; without an id the newest. None: there is none."""
    said = (one for one in history if one.verdict != SILENCE)
    return next((one for one in said if decision in {None, one.id}), None)


async def own_history(decisions: Decisions, key: PullKey, judged: MutableMapping[int, int]) -> list[Judged]:
    """The decisions of a pull request, the newest first, but none from before another repository bore the name.
    `judged`: GitHub's id of the repository by each decision, as far as it is known, and to be learned.
    """
    history = await decisions.of_pull(*key)
    unread = [one.id for one in history if one.verdict != SILENCE and one.id not in judged]
    for start in range(0, len(unread), _AT_ONCE):
        records = await decisions.records(unread[start : start + _AT_ONCE])
        judged.update({one: record.repository_of(held) for one, held in records.items()})
    named = [judged.get(one.id, 0) for one in history]
    own = next(filter(None, named), 0)
    return [one for one, _ in takewhile(lambda pair: pair[1] in {0, own}, zip(history, named, strict=True))]


def as_of(remediations: Sequence[Remediation], at: float) -> list[Mapping[str, Any]]:
    """What is known for certain of how remediations stood at a moment, epoch seconds, as JSON values: what came later
    is not told, so that it changes nothing.
    """
    return [_as_of(one, at) for one in remediations if one.began <= at]


def _as_of(one: Remediation, at: float) -> Mapping[str, Any]:
    """One that was over stays as it is; of one that was not, course, head, failure and word are written over as it goes
    on, and what they were is not kept.
    """
    if one.ended is not None and one.ended <= at:
        return asdict(one)
    attempts = [asdict(_attempt(made, at)) for made in one.attempts if made.began <= at]
    return {"id": one.id, "number": one.number, "began": one.began, "who": one.who, "attempts": attempts}


def _attempt(made: Attempted, at: float) -> Attempted:
    if made.ended is not None and made.ended <= at:
        return made
    return replace(made, result=Result.OPEN, ended=None, run=None, usd=None, note="")


def _experiments(case: Case) -> tuple[Experiment, ...]:
    held = case.snapshot.experiments
    return () if held is None or isinstance(held, Missing) else held
