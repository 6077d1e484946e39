"""Everything that is stored of a pull request, read for whoever shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from cachetools import LRUCache

from app import record
from app.model import KeptExperiment, Point, SpecTold, Spent
from app.pack.evidence import own_history
from app.pages.door import OPEN as OPEN_FOR
from app.pages.showing import Exhibit, Unreadable
from app.render.capability import Pages, of_pull
from app.render.pull import CLOSED, MERGED, OPEN, Shown
from app.store.commands import Commands
from app.store.decisions import SILENCE, Decisions, Judged
from app.store.drift import Drifts
from app.store.effects import Effects, head_key
from app.store.experiments import Experiments
from app.store.measurements import Measurements
from app.store.points import Points
from app.store.provenance import Provenance
from app.store.pull_news import PullKey
from app.store.remediations import Remediations
from app.store.speclive import SpecLive
from app.store.spending import Spending
from app.store.studies import Studies
from checks.judge import Case, judge
from checks.model import Decision

_ENDS = {"pull_request.merged": MERGED, "pull_request.closed": CLOSED}
"""Why nothing is asked of a pull request any more, by the reason of the trigger that found so."""


_COUNTED, _EXAMPLES = 86_400.0, 50  # seconds of calls that are counted, and examples of violations
_KEPT = 20_000  # decisions of which it is known what they are about


@dataclass(frozen=True, slots=True)
class Reading:
    """The stores that know of pull requests. `now`: epoch seconds."""

    decisions: Decisions
    effects: Effects
    measurements: Measurements
    experiments: Experiments
    points: Points
    studies: Studies
    drifts: Drifts
    commands: Commands
    provenance: Provenance
    remediations: Remediations
    spending: Spending
    speclive: SpecLive
    pages: Pages
    now: Callable[[], float] = field(default=time.time)
    judged: MutableMapping[int, int] = field(default_factory=lambda: LRUCache(_KEPT))

    async def history(self, key: PullKey) -> list[Judged]:
        """Its decisions, the newest first, but none from before another repository bore the name: that may have been
        somebody else's. `judged` learns GitHub's id of the repository by each decision.
        """
        return await own_history(self.decisions, key, self.judged)

    async def exhibit(self, key: PullKey) -> Exhibit | None:
        """What its address leads to, as soon as anything was decided of it; its key opens the JSON beside it, too, and
        ends a while after the last news of what was closed.
        """
        history = await self.history(key)
        if all(one.verdict == SILENCE for one in history):
            return None
        closed = any(one.verdict == SILENCE for one in history)
        subject = of_pull(*key, next((self.judged[one.id] for one in history if self.judged.get(one.id)), 0))
        return Exhibit(key, subject, closed and self.now() - history[0].at > OPEN_FOR, (f"/api{subject.path}",))

    async def of(self, key: PullKey, edition: str) -> Shown:
        """What there is now. Raises Unreadable, and LookupError where nothing was ever decided."""
        history = await self.history(key)
        newest = next((one for one in history if one.verdict != SILENCE), None)
        if newest is None:
            raise LookupError
        case = await self._case(newest)
        decision = _judged(case)
        since = history[-1].at if len(history) < len(await self.decisions.of_pull(*key)) else 0.0
        studies = [one for one in await self.studies.of_pull(*key) if one.intervention.at >= since]
        return Shown(
            newest.id,
            self.pages.shown_on(decision),
            newest.at,
            newest.reason,
            _state(history, decision),
            await self._judging(key, decision),
            {one.name: one for one in await self.measurements.of(key[0], newest.head_sha)},
            await self._experiments(key, newest.head_sha),
            studies,
            [one for one in await self.drifts.of(key[0]) if one.rules],
            [one for one in await self.commands.of_pull(*key) if one.asked >= since],
            tuple(one for one in reversed(await self.provenance.of_pull(*key)) if one.at >= since),
            self.pages,
            self.now(),
            edition,
            [one for one in await self.remediations.of_pull(*key) if one.began >= since],
            await self._spent(key, case),
            await self._guarded(key[0], (newest.head_sha, *(one.intervention.sha for one in studies))),
        )

    async def then(self, key: PullKey, decision: int) -> Shown | None:
        """One decision of it as it was; None where it has none of this id. Raises Unreadable."""
        judged = next((one for one in await self.history(key) if one.id == decision), None)
        if judged is None or judged.verdict == SILENCE:
            return None
        reported = {one.name: one for one in await self.measurements.of(key[0], judged.head_sha)}
        shown = self.pages.shown_on(await self.decision(judged))
        beside: tuple[()] = ()
        facts = (judged.id, shown, judged.at, judged.reason, OPEN, "", reported)
        return Shown(*facts, beside, beside, beside, beside, beside, self.pages, self.now(), "")

    async def decision(self, judged: Judged) -> Decision:
        """The decision, made again of its record. Raises Unreadable."""
        return _judged(await self._case(judged))

    async def _case(self, judged: Judged) -> Case:
        try:
            return record.read((await self.decisions.records((judged.id,)))[judged.id])
        except record.BadRecord as error:
            raise Unreadable(str(error)) from None

    async def _spent(self, key: PullKey, case: Case) -> Spent | None:
        """What it cost so far, against the budget of the rules that it was judged by; None where nobody said."""
        rules = case.snapshot.dispatching
        spent = await self.spending.of(*key, rules.budget_usd if rules else None)
        if case.snapshot.pull.from_fork:
            spent = replace(spent, untrusted=spent.reports)
        return spent if spent.reports or spent.ci_minutes is not None else None

    async def _guarded(self, repository: str, shas: Sequence[str]) -> tuple[SpecTold, ...]:
        """What is told of the Spec Cards of its head, and of the commits that brought it into service."""
        since = self.now() - _COUNTED
        told = [await self.speclive.told(repository, sha, since, _EXAMPLES) for sha in dict.fromkeys(shas)]
        return tuple(one for one in told if one is not None)

    async def _judging(self, key: PullKey, decision: Decision) -> str:
        """The head that we turned to since; "" where it is the one that was judged."""
        head = await self.effects.get(head_key(*key).lower())
        return head.digest if head and head.digest != decision.pull.head_sha else ""

    async def _experiments(self, key: PullKey, sha: str) -> Sequence[tuple[KeptExperiment, Sequence[Point]]]:
        found = await self.experiments.of(key[0], sha)
        return [(kept, await self.points.of(kept.id)) for kept in found]


def _judged(case: Case) -> Decision:
    """The decision, made again. Raises Unreadable."""
    decision = judge(case)
    if decision is None:
        raise Unreadable("a decision without rules")
    return decision


def _state(history: Sequence[Judged], decision: Decision) -> str:
    """Whether it is open, by its decisions, the newest first; where nothing is asked of it any more, how that came."""
    if decision.merged:
        return MERGED
    silent = tuple(takewhile(lambda one: one.verdict == SILENCE, history))
    return next((_ENDS[one.reason] for one in silent if one.reason in _ENDS), CLOSED if silent else OPEN)
