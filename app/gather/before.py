"""Baselines of measurements: what was measured where the change left its base, or else on the newest commit before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.gather.lineage import MOST, Lineage
from app.gather.measured import Measured, Sent
from app.gather.nothing import NothingKept
from app.github.records import Commit
from app.github.repository import Repository
from checks.model import Baseline, Before, Measurement, Missing, Pull


@dataclass(frozen=True, slots=True)
class Baselines:
    """Looks where `pull` left its base, artifacts among it, and then at what was sent of the commits before that.

    Only what is trusted counts. What was sent of a commit that a fork brought as it is may have been measured before
    anybody had agreed to it, and does not; what a workflow of the repository itself measured there does.
    """

    sent: Sent
    repository: Repository
    pull: Pull
    lineage: Lineage

    async def of(self, wanted: frozenset[str]) -> tuple[Before, ...]:
        """One of each name, sorted; of a name that has no baseline, why. Nobody is asked where nothing is wanted."""
        if not wanted:
            return ()
        here = await self._here(wanted)
        found = {name: Before(one, _at(self.lineage.forked, 0)) for name, one in here.items() if _counts(one)}
        found |= await self._earlier(wanted - found.keys())
        return tuple(found.get(name) or self._absent(name, here.get(name)) for name in sorted(wanted))

    async def _here(self, wanted: frozenset[str]) -> Mapping[str, Measurement]:
        forked = self.lineage.forked.sha
        sent = NothingKept() if await self._of_fork(forked) else self.sent
        where = replace(self.pull, head_sha=forked, from_fork=False)
        measured = await Measured(sent, self.repository).of(where, wanted)
        return {one.name: one for one in measured if one.name in wanted}

    async def _earlier(self, owed: frozenset[str]) -> dict[str, Before]:
        """The newest of each name that is `owed`, of what was sent of earlier commits: one question for all of them."""
        found: dict[str, Before] = {}
        line = (await self.lineage.line())[1:] if owed else ()
        kept = await self.sent.of_each(self.pull.repository, [commit.sha for commit in line]) if line else {}
        for behind, commit in enumerate(line, start=1):
            measured = [one for one in kept.get(commit.sha, ()) if one.name in owed - found.keys() and _counts(one)]
            if measured and not await self._of_fork(commit.sha):
                found |= {one.name: Before(one, _at(commit, behind)) for one in measured}
        return found

    async def _of_fork(self, sha: str) -> bool:
        pulls = await self.repository.commit_pulls(sha)
        return any(pull.head_sha == sha and pull.from_fork for pull in pulls)

    def _absent(self, name: str, here: Measurement | None) -> Before:
        forked = self.lineage.forked.sha[:7]
        why = f"nothing trusted was measured of it at {forked}, where the change left its base, or {MOST - 1} before"
        if here is not None and here.missing is not None:
            why = f"{why}; {here.missing.reason}"
        return Before(Measurement(name, None, missing=Missing(why)))


def _counts(one: Measurement) -> bool:
    return one.trusted and one.value is not None


def _at(commit: Commit, behind: int) -> Baseline:
    return Baseline(commit.sha, commit.at, behind)
