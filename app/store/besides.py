"""What is known of a pull request beside what was decided of it, over all that is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import Beside, Spent
from app.store.commands import Commands
from app.store.remediations import Remediations
from app.store.spending import COST, Spending
from checks.model import Measurement, Missing, Pull, Snapshot, TestFacts
from program.arms import Ladder

REPORTED = frozenset({"cache_hit_share", COST, "eval_score", "robustness_delta"})
"""The scores of an agent's work that are shown whether or not a contract asks for them."""

Measurements = tuple[Measurement, ...] | Missing | None


@dataclass(frozen=True, slots=True)
class Besides:
    """Reads it from where each part is kept."""

    commands: Commands
    remediations: Remediations
    spending: Spending

    async def note(self, snapshot: Snapshot) -> None:
        """Remember how long the jobs on this head ran, which nobody can be asked about once there is another head; and
        that what was reported on a fork's change before it was judged is a claim.
        """
        tests, pull = snapshot.tests, snapshot.pull
        if pull.from_fork and pull.number is not None:
            await self.spending.usage.claimed(pull.repository, pull.number, pull.head_sha)
        if isinstance(tests, TestFacts):
            await self.spending.usage.keep_jobs(pull.repository, pull.head_sha, tests.jobs)

    async def of(self, pull: Pull, ladder: Ladder | None, measured: Measurements = None) -> Beside:
        """What stands beside the decision on `pull`, whose rules name `ladder`, and of whose head `measured` was read;
        nothing beside a merge group's.
        """
        if pull.number is None:
            return Beside()
        asked = await self.commands.ended(pull.repository, pull.number)
        begun = await self.remediations.of_pull(pull.repository, pull.number)
        known = await self._measured(pull, measured)
        budget = None if ladder is None else ladder.terms.budget_usd
        spent = await self.spending.of(pull.repository, pull.number, budget, {pull.head_sha: known})
        spent = replace(spent, untrusted=spent.reports) if pull.from_fork else spent
        scores = tuple(one for one in known if one.name in REPORTED)
        return Beside(tuple(asked), begun[-1] if begun else None, None if spent == Spent() else spent, scores)

    async def _measured(self, pull: Pull, read: Measurements) -> tuple[Measurement, ...]:
        """What was read of the head, and what was sent of it since; that of a fork's change is a claim."""
        sent = await self.spending.measurements.of(pull.repository, pull.head_sha)
        every = read if isinstance(read, tuple) else ()
        left = {one.name: one for one in every if one.value is not None}
        stand = {**left, **{one.name: replace(one, trusted=one.trusted and not pull.from_fork) for one in sent}}
        return tuple(stand[name] for name in sorted(stand))
