"""The only reader of GitHub: from a trigger to the facts of one case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.config import PATH, Read
from app.gather.change import change
from app.gather.merge_group import merge_group_of
from app.gather.missing import or_missing
from app.gather.rules import Connect, edited_rules, own_rules, reading, rules
from app.gather.sections import Sections
from app.github.errors import Invalid, NotFound
from app.github.repository import Repository
from app.model import Opened, Place, Trigger
from app.store.decisions import Decisions
from app.store.measurements import Measurements
from checks.decide import Policy
from checks.judge import Case, Unreadable
from checks.model import ChangeFacts, Missing, Pull


@dataclass(frozen=True, slots=True)
class GitHubReader:
    """Reads what a case needs through `connect`, which finds the installation (or the token) for a place."""

    connect: Connect
    own_app: int
    measurements: Measurements
    decisions: Decisions
    version: str
    rules_through: Callable[[Read], Read] = lambda read: read  # a simulation lays its own configuration over

    async def open(self, trigger: Trigger) -> Opened | None:
        """The newest head and the rules of its base; None when there is nothing to judge: no rules, closed, or gone."""
        try:
            return await self.visible(trigger)
        except NotFound:
            return None

    async def visible(self, trigger: Trigger) -> Opened | None:
        """The same, but what is not there, or not ours to see, raises NotFound."""
        place = Place(trigger.repository, trigger.installation, trigger.number)
        pull, files = await self._pull(await self.connect(place), trigger)
        if not pull.open:
            return None
        read = self._read(place)
        asked = await rules(read, pull)
        if asked.policy is None and await own_rules(read, pull) is None:
            return None
        return Opened(place, pull, asked.policy, asked.card, asked.commands, files)

    async def gather(self, opened: Opened, attempts_left: int) -> Case:
        """Everything that the rules of the base, or those this change brings, ask for."""
        repository = await self.connect(opened.place)
        changed = await or_missing(change(repository, opened.pull, opened.files), "comparing head with base")
        pull, facts = (opened.pull, changed) if isinstance(changed, Missing) else changed
        edited = await self._edited(opened, pull, facts)
        sections = Sections(repository, self.own_app, self.measurements, pull, facts, (opened.policy, edited))
        snapshot = replace(await sections.snapshot(), attempts_left=attempts_left)
        return Case(snapshot, opened.policy, edited, self.version)

    async def pulls_at(self, trigger: Trigger) -> Sequence[int]:
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

    async def open_pulls(self, trigger: Trigger) -> Sequence[int]:
        """Open pull requests against the trigger's base branch (any base when it names none)."""
        try:
            repository = await self.connect(Place(trigger.repository, trigger.installation))
            found = await repository.open_pulls(trigger.base_ref)
        except NotFound:
            return ()
        return [pull.number for pull in found]

    async def _pull(self, repository: Repository, trigger: Trigger) -> tuple[Pull, int | None]:
        if trigger.number is None:
            return merge_group_of(trigger), None
        read = await repository.pull(trigger.number)
        return read.facts(), read.changed_files

    async def _edited(self, opened: Opened, pull: Pull, facts: ChangeFacts | Missing) -> Policy | Unreadable | None:
        """The rules as this change would leave them; None when it leaves them alone."""
        if opened.policy is not None and not _edits_rules(facts):
            return None
        read = self._read(opened.place)
        text = await own_rules(read, pull)
        return None if text is None else await edited_rules(read, pull, text)

    def _read(self, place: Place) -> Read:
        return self.rules_through(reading(self.connect, place.installation))


def _edits_rules(facts: ChangeFacts | Missing) -> bool:
    return isinstance(facts, ChangeFacts) and any(PATH in (file.path, file.previous) for file in facts.files)
