"""The only reader of GitHub: from a trigger to the facts of one case."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from cachetools import TTLCache

from app.config import PATH, Read
from app.gather.change import Changed, change
from app.gather.choosing import Choosing
from app.gather.day import day_of
from app.gather.dispatches import Dispatches, NoDispatches, dispatching, heavier
from app.gather.drifting import NoWatches, Watches
from app.gather.files import touched
from app.gather.green import Greens, Verdicts
from app.gather.guarded import Guards, NoGuards
from app.gather.known_fixes import Remembered
from app.gather.measured import Sent
from app.gather.merge_group import merge_group_of
from app.gather.missing import or_missing
from app.gather.overrides import NoOverrides, Overrides
from app.gather.rules import Connect, Rules, brings_rules, edited_rules, reading, rules
from app.gather.sboms import NothingSent, SentBills
from app.gather.sections import Outside, Sections
from app.gather.studies import NoStudies, StudiesOf
from app.gather.trials import NoTrials, Trials
from app.gather.wanted import wanted_by
from app.github.errors import Invalid, NotFound
from app.github.repository import Repository
from app.model import MEASURED, SBOM, Dispatched, Kind, Opened, Place, Trigger
from app.osv.model import Source
from checks.decide import Policy
from checks.judge import Case, Removed, Unreadable
from checks.model import ChangeFacts, Missing, Pull

_SILENCE_KEPT = 300.0  # seconds that a change without rules is not looked at again for hearsay
_GREEN_KEPT = 3_600.0  # seconds that a commit of the base stays as green, or not, as it was
_QUEUE_PATIENCE = 10  # a merge queue drops whoever asks for a person before its own checks have begun


class Judged(Verdicts, Protocol):
    """What was judged before."""

    async def pulls_at(self, repository: str, head_sha: str) -> Sequence[int]:
        """Pull requests that were judged at this head."""

    async def first_at(self, repository: str, head_sha: str) -> float | None:
        """When the head was first judged, in epoch seconds; None when it never was."""

    async def group_at(self, repository: str, head_sha: str) -> Pull | None:
        """The merge group that was judged at this head. Only GitHub's own word makes one, never a branch's name."""


@dataclass(frozen=True, slots=True)
class GitHubReader:
    """Reads what a case needs through `connect`, which finds the installation (or the token) for a place."""

    connect: Connect
    own_app: int
    measurements: Sent
    decisions: Judged
    version: str
    bills: SentBills = field(default_factory=NothingSent)
    trials: Trials = field(default_factory=NoTrials)
    studies: StudiesOf = field(default_factory=NoStudies)
    watches: Watches = field(default_factory=NoWatches)
    guards: Guards = field(default_factory=NoGuards)
    overrides: Overrides = field(default_factory=NoOverrides)
    dispatches: Dispatches = field(default_factory=NoDispatches)
    choosing: Choosing | None = None  # None: nobody knows what arms did
    osv: Source | None = None  # None: nobody may be asked for advisories
    fixes: Remembered | None = None  # None: nobody remembers what was proposed
    ci_grace: float = 0.0  # seconds that a head may go without a check before its tests count as missing
    now: Callable[[], float] = time.time
    silent: TTLCache[str, bool] = field(default_factory=lambda: TTLCache(10_000, _SILENCE_KEPT))
    found: TTLCache[str, Sequence[int]] = field(default_factory=lambda: TTLCache(10_000, _SILENCE_KEPT))
    greens: TTLCache[tuple[str, str, str], bool] = field(default_factory=lambda: TTLCache(10_000, _GREEN_KEPT))
    rules_through: Callable[[Read], Read] = lambda read: read  # a simulation lays its own configuration over

    async def open(self, trigger: Trigger) -> Opened | None:
        """The newest head and the rules of its base; None when there is nothing to judge: no rules, closed, or gone."""
        try:
            return await self.visible(trigger)
        except NotFound:
            return None

    async def visible(self, trigger: Trigger) -> Opened | None:
        """The same, but what is not there, or not ours to see, raises NotFound."""
        if trigger.lane in self.silent and trigger.hearsay:
            return None
        place = Place(trigger.repository, trigger.installation, trigger.number)
        pull, files, home = await self._pull(await self.connect(place), trigger)
        if not pull.open:
            return None
        place = replace(place, repository=pull.repository)  # it may have been renamed since the event
        read = self._read(place)
        asked = await rules(read, pull, home)
        if asked.policy is None and not await brings_rules(read, pull):
            self.silent[trigger.lane] = True
            return None
        self.silent.pop(trigger.lane, None)
        return _opened(place, pull, asked, files)

    async def merged(self, trigger: Trigger) -> Opened | None:
        """A pull request that was merged, as it was; None for any other, and where its base has no rules now."""
        over = await self._over(trigger)
        return None if over is None or over.closed else over

    async def closed(self, trigger: Trigger) -> Opened | None:
        """A pull request that was closed and not merged; None for any other, and where its base has no rules now."""
        over = await self._over(trigger)
        return over if over is not None and over.closed else None

    async def _over(self, trigger: Trigger) -> Opened | None:
        place = Place(trigger.repository, trigger.installation, trigger.number)
        try:
            found = await (await self.connect(place)).pull(trigger.number or 0)
        except NotFound:
            return None
        if found.state == "open":
            return None
        place, pull = replace(place, repository=found.repository), found.facts()
        asked = await rules(self._read(place), pull, found.default_branch)
        if asked.policy is None:
            return None
        return replace(_opened(place, pull, asked), merge_sha=found.merge_sha, closed=not found.merged)

    async def gather(self, opened: Opened, attempts_left: int) -> Case:
        """Everything that the rules of the base, or those this change brings, ask for."""
        repository = await self.connect(opened.place)
        compared = await or_missing(change(repository, opened.pull, opened.files), "comparing head with base")
        changed = Changed(opened.pull, compared) if isinstance(compared, Missing) else compared
        edited = await self._edited(opened, changed.pull, changed.facts)
        wanted = wanted_by(opened.policy, edited)
        young = await self._young(changed.pull)
        sent = await self._dispatched(changed.pull)
        asked = heavier(sent, changed.pull.head_sha)
        outside = self._outside(repository, changed.pull)
        sections = Sections(repository, self.own_app, outside, changed, wanted, young, asked, self.now())
        overrides = await self.overrides.of(changed.pull)
        acting = dispatching(opened, changed.facts, sent, await self._next_arm(opened, changed.facts))
        snapshot = replace(await sections.snapshot(), overrides=overrides, dispatching=acting)
        snapshot = replace(snapshot, attempts_left=attempts_left, day=day_of(self.now()))
        return Case(snapshot, opened.policy, edited, self.version)

    async def _dispatched(self, pull: Pull) -> Sequence[Dispatched]:
        return () if pull.number is None else await self.dispatches.of_pull(pull.repository, pull.number)

    async def _next_arm(self, opened: Opened, facts: ChangeFacts | Missing) -> str:
        """Of an agent's pull request, where the rules have a ladder; "" for none."""
        agent = isinstance(opened.policy, Policy) and opened.policy.agent
        if self.choosing is None or opened.ladder is None or not agent or opened.pull.from_fork:
            return ""
        return "" if opened.pull.number is None else await self.choosing.promised(opened, facts, self.now())

    def _outside(self, repository: Repository, pull: Pull) -> Outside:
        green = Greens(repository, self.decisions, self.own_app, pull.base_ref, self.greens)
        asked = self.trials, self.studies, self.watches
        return Outside(self.measurements, self.bills, self.osv, green, *asked, self.fixes, self.guards)

    async def evaluations(self, trigger: Trigger) -> tuple[Trigger, ...]:
        """An evaluation of each pull request that `trigger` speaks of; a command asks for none."""
        match trigger.kind:
            case Kind.EVALUATE:
                return (trigger,)
            case Kind.LOCATE:
                group = await self.decisions.group_at(trigger.repository, trigger.head_sha)
                if group is not None:
                    queued = replace(trigger, kind=Kind.EVALUATE, merge_group=True)
                    return (replace(queued, base_ref=group.base_ref, base_sha=group.base_sha),)
                if trigger.hearsay and self._known_silent(trigger):
                    return ()
                numbers = self.found[trigger.lane] = await self._pulls_at(trigger)
                if trigger.reason in {SBOM, MEASURED} and not numbers:
                    numbers = await self._pulls_upon(trigger)
            case Kind.SWEEP:
                numbers = await self._open_pulls(trigger)
            case _:
                numbers = ()
        return tuple(replace(trigger, kind=Kind.EVALUATE, number=number) for number in numbers)

    def _known_silent(self, trigger: Trigger) -> bool:
        """Did all pull requests that we found at this head turn out to have no rules, a while ago?"""
        numbers = self.found.get(trigger.lane, ())
        return bool(numbers) and all(replace(trigger, number=number).lane in self.silent for number in numbers)

    async def stands(self, place: Place, pull: Pull) -> bool:
        """Is `pull` still open, at the same head and onto the same base?"""
        if pull.number is None:
            return False
        try:
            now = await (await self.connect(place)).pull(pull.number)
        except NotFound:
            return False
        return (now.state, now.head_sha, now.base_ref) == ("open", pull.head_sha, pull.base_ref)

    async def _young(self, pull: Pull) -> bool:
        """Has the head been known for so short a time that its checks may not have begun? A queue takes its time."""
        grace = self.ci_grace * (_QUEUE_PATIENCE if pull.number is None else 1)
        first = await self.decisions.first_at(pull.repository, pull.head_sha)
        return (0.0 if first is None else self.now() - first) < grace

    async def _pulls_at(self, trigger: Trigger) -> Sequence[int]:
        """Pull requests at the trigger's head: those we judged there, else those GitHub associates with it."""
        known = await self.decisions.pulls_at(trigger.repository, trigger.head_sha)
        if known or trigger.remembered:
            return known
        try:
            repository = await self.connect(Place(trigger.repository, trigger.installation))
            found = await repository.commit_pulls(trigger.head_sha)
        except (NotFound, Invalid):  # 422: no such commit, or no longer
            return ()
        return [pull.number for pull in found if pull.state == "open" and pull.head_sha == trigger.head_sha]

    async def _open_pulls(self, trigger: Trigger) -> Sequence[int]:
        """Open pull requests against the trigger's base branch (any base when it names none)."""
        try:
            repository = await self.connect(Place(trigger.repository, trigger.installation))
            found = await repository.open_pulls(trigger.base_ref)
        except NotFound:
            return ()
        return [pull.number for pull in found]

    async def _pulls_upon(self, trigger: Trigger) -> Sequence[int]:
        """Open pull requests that began at the trigger's commit: what came of it is their base's."""
        try:
            repository = await self.connect(Place(trigger.repository, trigger.installation))
            found = await repository.open_pulls()
        except NotFound:
            return ()
        return [pull.number for pull in found if pull.base_sha == trigger.head_sha]

    async def _pull(self, repository: Repository, trigger: Trigger) -> tuple[Pull, int | None, str]:
        """The change, how many files it touches, and the default branch."""
        if trigger.number is None:
            return merge_group_of(trigger), None, ""
        read = await repository.pull(trigger.number)
        return read.facts(), read.changed_files, read.default_branch

    async def _edited(
        self, opened: Opened, pull: Pull, facts: ChangeFacts | Missing
    ) -> Policy | Unreadable | Removed | None:
        """The rules as this change would leave them; None when it leaves them alone."""
        if isinstance(facts, Missing) or not touched(facts)(PATH):
            return None
        edited = await edited_rules(self._read(opened.place), pull)
        if edited is None and opened.policy is not None and not facts.truncated:
            return Removed()
        return None if edited == opened.policy else edited

    def _read(self, place: Place) -> Read:
        return self.rules_through(reading(self.connect, place))


def _opened(place: Place, pull: Pull, asked: Rules, files: int | None = None) -> Opened:
    acting = asked.ladder, asked.escalation, asked.bots, asked.undoing, asked.bounds
    return Opened(place, pull, asked.policy, asked.card, asked.commands, files, *acting)
