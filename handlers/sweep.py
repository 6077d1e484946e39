"""Healing on schedule: open pull requests whose head lacks our check are asked to be evaluated.

Webhooks get lost, and a crash may leave a check run in progress for good (palantir/policy-bot#960,
kubernetes/test-infra#2640). So at start and every few minutes what GitHub has open is held against what we keep.
docs/healing.md says what that costs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from cachetools import TTLCache

from app.model import Kind, Standing, Trigger, Unread
from checks.model import Pull
from handlers.ports import Census, Standings

PATIENCE = 900.0  # seconds that a run may be in progress before we look whether anything still happens
ASKED = 3_600.0  # seconds before the same head is asked for again, whatever became of it
SILENT = 3_600.0  # seconds that a branch without rules is believed to have none
EVALUATIONS = 12  # of an installation and run: with six writes each, 432 an hour at the default pace, of GitHub's 500
LISTS = 200  # of an installation and run: 1,200 an hour at the default pace, of at least 5,000 calls
FAILURES = 3  # in a row: GitHub is away, and each further call would wait for it in vain
AT_ONCE = 4  # installations read side by side, each with one call at a time

_Head = tuple[str, int | None, str, str]


def lacks_our_check(pull: Pull, standing: Standing | None, now: float) -> bool:
    """Is nothing of ours at the head and base of `pull`, or a run that was begun long ago and never completed?

    A run that was touched lately is somebody's work. One that waits for tests is looked at once in a while: the event
    that ends the wait may have been lost, too.
    """
    if standing is None:
        return True
    if now - standing.touched < PATIENCE:
        return False
    return not standing.completed or standing.base_ref != pull.base_ref


@dataclass(slots=True)
class Sweep:
    """One run a call. What it remembers between runs may be lost: then some heads are asked for once more."""

    census: Census
    standings: Standings
    now: Callable[[], float] = time.time
    evaluations: int = EVALUATIONS
    lists: int = LISTS
    _left_at: dict[int, str] = field(init=False, default_factory=dict)  # installation → repository to go on with
    _asked: TTLCache[_Head, bool] = field(init=False)
    _silent: TTLCache[tuple[str, str], bool] = field(init=False)  # repository and base; base "": all of them

    def __post_init__(self) -> None:
        self._asked = TTLCache(100_000, ASKED, timer=self.now)
        self._silent = TTLCache(100_000, SILENT, timer=self.now)

    async def __call__(self) -> tuple[Trigger, ...]:
        """An evaluation of each head that lacks our check, as many as one run may ask for."""
        found = await self.census.installations()
        if isinstance(found, Unread):
            return ()
        slots = asyncio.Semaphore(AT_ONCE)

        async def taking_turns(installation: int) -> Sequence[Trigger]:
            async with slots:
                return await self._installation(installation)

        async with asyncio.TaskGroup() as group:
            rounds = [group.create_task(taking_turns(one)) for one in found]
        return tuple(chain.from_iterable(one.result() for one in rounds))

    async def _installation(self, installation: int) -> Sequence[Trigger]:
        found = await self.census.repositories(installation)
        if isinstance(found, Unread):
            return ()
        names = [name for name in sorted(found) if (name, "") not in self._silent]
        share = _Share(self.evaluations, self.lists)
        for name in _from(self._left_at.pop(installation, ""), names):
            if share.spent or not share.take(await self._unanswered(installation, name)):
                self._left_at[installation] = name
                break
        return [self._ask(pull, installation) for pull in share.pulls]

    async def _unanswered(self, installation: int, repository: str) -> Sequence[Pull] | Unread:
        """The open pull requests of `repository` that lack our check, but those asked for a while ago."""
        pulls = await self.census.open_pulls(installation, repository)
        if isinstance(pulls, Unread):
            return pulls
        standing = await self.standings.of(repository, pulls)
        now = self.now()
        lacking = [pull for pull in pulls if lacks_our_check(pull, standing.get(pull.number or 0), now)]
        ruled = await self._ruled(installation, [pull for pull in lacking if _head(pull) not in self._asked])
        if pulls and all(_base(pull) in self._silent for pull in pulls):
            self._silent[repository, ""] = True
        return ruled

    def _ask(self, pull: Pull, installation: int) -> Trigger:
        """The evaluation of `pull`, remembered as asked for."""
        self._asked[_head(pull)] = True
        return Trigger(
            Kind.EVALUATE,
            pull.repository,
            installation,
            number=pull.number,
            head_sha=pull.head_sha,
            reason="sweep",
        )

    async def _ruled(self, installation: int, pulls: Sequence[Pull]) -> Sequence[Pull] | Unread:
        """Those of `pulls` whose base has rules; each base is asked once, one without them not again for a while."""
        unknown = {_base(pull): pull for pull in pulls if _base(pull) not in self._silent}
        for base, pull in unknown.items():
            ruled = await self.census.ruled(installation, pull)
            if isinstance(ruled, Unread):
                return ruled
            if not ruled:
                self._silent[base] = True
        return [pull for pull in pulls if _base(pull) not in self._silent]


@dataclass(slots=True)
class _Share:
    """What one run may still do in one installation, and what it found there."""

    evaluations: int
    lists: int
    pulls: list[Pull] = field(default_factory=list)
    failures: int = 0

    @property
    def spent(self) -> bool:
        """Must the rest wait for the next run?"""
        return not self.evaluations or not self.lists or self.failures >= FAILURES

    def take(self, owed: Sequence[Pull] | Unread) -> bool:
        """Count what one repository answered; False when the next run must go on with that very one."""
        self.lists -= 1
        if isinstance(owed, Unread):
            self.failures += 1
            return not owed.limited
        self.failures = 0
        taken = owed[: self.evaluations]
        self.pulls += taken
        self.evaluations -= len(taken)
        return len(taken) == len(owed)


def _from(start: str, names: Sequence[str]) -> Iterable[str]:
    """All of `names`, which are sorted, from `start` on and round again."""
    return chain((name for name in names if name >= start), (name for name in names if name < start))


def _head(pull: Pull) -> _Head:
    return pull.repository, pull.number, pull.head_sha, pull.base_ref


def _base(pull: Pull) -> tuple[str, str]:
    return pull.repository, pull.base_ref
