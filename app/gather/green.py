"""Was a commit of the base branch green? Our own decision counts first, then what others reported on the commit."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.github.records import CheckRun, Commit
from app.model import OWN_RUN
from checks.model import Verdict

if TYPE_CHECKING:  # a checkout reads without the client, and without the time it takes to load
    from app.github.repository import Repository

MOST_ASKED = 10  # questions to GitHub, an evaluation
MOST_PULLS = 5  # pull requests that brought one commit, whose verdicts are looked up
_GOOD = frozenset({"success", "neutral", "skipped"})
_SQUASHED = re.compile(r"\(#([1-9][0-9]{0,8})\)$")  # as GitHub ends the first line of a squashed pull request

_Brought = tuple[str, bool | None]  # the commit that a pull request came as, and our word on its last head

Green = Callable[[Commit], Awaitable[bool]]


class Verdicts(Protocol):
    """What we decided before."""

    async def verdict(self, repository: str, heads: Sequence[str], branch: str) -> str:
        """The newest verdict at any of `heads` on a change to `branch`; "" where nothing was decided."""


@dataclass(slots=True)
class Greens:
    """Asks the database first, and GitHub no more than `left` questions. `settled` outlives the evaluation.

    A commit on which nobody reported anything is green: the branch accepted it, and nothing speaks against it. One that
    is still being tested is not green yet. Commit statuses are not read, here as everywhere. A commit that came by a
    rebase has another sha than the head that we judged, so whatever others say of it, GitHub is asked what brought it.
    """

    repository: Repository
    verdicts: Verdicts
    own_app: int
    branch: str  # the base
    settled: MutableMapping[tuple[str, str, str], bool]
    left: int = MOST_ASKED

    async def __call__(self, commit: Commit) -> bool:
        key = self.repository.full_name.lower(), self.branch, commit.sha
        if key not in self.settled:
            known = await self._word(commit.sha, *commit.parents[1:])
            known = await self._asked(commit) if known is None else known
            if known is None:
                return False
            self.settled[key] = known
        return self.settled[key]

    async def _word(self, *heads: str) -> bool | None:
        """Our word on changes to this branch. A HOLD is no word on a commit."""
        verdict = await self.verdicts.verdict(self.repository.full_name, heads, self.branch)
        if verdict == Verdict.SHIP:
            return True
        return False if verdict in {Verdict.BLOCK, Verdict.ROLLBACK} else None

    async def _asked(self, commit: Commit) -> bool | None:
        """What GitHub lets us know; None while some checks still run, or when enough was asked.

        A merge commit names its head itself: nobody is asked what brought it. A title may say `(#17)` for any reason;
        it tells only what to ask first.
        """
        if len(commit.parents) != 1:
            return await self._passed(commit)
        if not _SQUASHED.search(commit.message.partition("\n")[0].strip()):
            return await self._passed(commit) and await self._brought_well(commit)
        brought = await self._brought(commit)
        if brought is None or _stopped(brought):
            return None if brought is None else False
        return (commit.sha, True) in brought or await self._passed(commit)

    async def _passed(self, commit: Commit) -> bool | None:
        """Are all check runs of others content?"""
        if not self._may_ask():
            return None
        runs = [run for run in await self.repository.check_runs(commit.sha) if self._of_others(run)]
        if any(run.status != "completed" for run in runs):
            return None
        return all(run.conclusion in _GOOD for run in runs)

    async def _brought_well(self, commit: Commit) -> bool | None:
        """Did no pull request bring it that we had stopped?"""
        brought = await self._brought(commit)
        return None if brought is None else not _stopped(brought)

    async def _brought(self, commit: Commit) -> list[_Brought] | None:
        """Which pull requests brought it to this branch?"""
        if not self._may_ask():
            return None
        pulls = await self.repository.commit_pulls(commit.sha)
        merged = [pull for pull in pulls if pull.merged and pull.base_ref == self.branch]
        return [(pull.merge_sha, await self._word(pull.head_sha)) for pull in merged[:MOST_PULLS]]

    def _may_ask(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def _of_others(self, run: CheckRun) -> bool:
        return run.app_id != self.own_app and not run.external_id.startswith(OWN_RUN)


def _stopped(brought: list[_Brought]) -> bool:
    return any(word is False for _, word in brought)


async def unknowable(_commit: Commit) -> bool:
    """A checkout cannot tell: the base branch is believed."""
    return True
