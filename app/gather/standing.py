"""What of ours stands at the heads of open pull requests: the decision we keep, and the run that is required."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.model import Standing
from app.store.decisions import Decisions
from app.store.effects import Effects, Written, check_key
from checks.model import Pull

_AT_ONCE = 200  # pull requests a query: their records are held in memory


@dataclass(frozen=True, slots=True)
class Standings:
    """Asks the database only. `base_of` reads the base branch out of a record; `run` is the required run's name."""

    decisions: Decisions
    effects: Effects
    base_of: Callable[[bytes], str]
    run: str

    async def of(self, repository: str, pulls: Sequence[Pull]) -> Mapping[int, Standing]:
        """What stands at the head of each of `pulls`, by number."""
        found: dict[int, Standing] = {}
        for start in range(0, len(pulls), _AT_ONCE):
            found |= await self._some(repository, pulls[start : start + _AT_ONCE])
        return found

    async def _some(self, repository: str, pulls: Sequence[Pull]) -> dict[int, Standing]:
        keys = {pull.head_sha: check_key(repository, pull.head_sha, self.run).lower() for pull in pulls}
        written = await self.effects.written(list(keys.values()))
        kept = await self.decisions.newest_at(repository, list(keys))
        return {
            pull.number: self._standing(kept.get((pull.number, pull.head_sha), b""), written.get(keys[pull.head_sha]))
            for pull in pulls
            if pull.number is not None
        }

    def _standing(self, record: bytes, run: Written | None) -> Standing:
        base = self.base_of(record)
        if run is None:
            return Standing(base, completed=False, touched=0.0)
        return Standing(base, run.effect.completed and bool(run.effect.digest), run.at)
