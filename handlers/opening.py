"""A fix proposed: its row first, then branch, pull request and lock files, under the first name that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.model import Deed, Fix, OpenPullRequest, Outcome, Performed, Stop, Stopped, WriteBranch
from checks.sbom.repair import Repair
from handlers.fix_branch import fix_branch
from handlers.ground import Ground, edited
from handlers.ports import Fixes, FixTexts, Writer

NAMES = 3  # names of a branch that one run tries, where somebody else has them
TAKEN = "somebody else has branches of the names that we would give it"
LONGEST_REFUSAL = 300  # characters of GitHub's own words that are kept


@dataclass(frozen=True, slots=True)
class Opening:
    """Whatever was done before is found, not done again: each run begins at the first step."""

    writer: Writer
    fixes: Fixes
    texts: FixTexts
    now: Callable[[], float]

    async def begin(self, ground: Ground, repair: Repair, attempt: int) -> Fix:
        """The `attempt`-th fix of this package to this version."""
        begun = Fix(
            repository=ground.place.repository,
            target=ground.target,
            purl=repair.purl,
            version=repair.version,
            branch=fix_branch(ground.target, repair.purl, repair.version, attempt),
            source=ground.source,
            parent=ground.parent,
            opened_at=self.now(),
            advisories=repair.names,
            severity=repair.mended[0].severity if repair.mended else "unknown",
            published=min(filter(None, (_moment(one.published) for one in repair.mended)), default=None),
            attempt=attempt,
            edits=edited(repair),
        )
        return await self.open(ground, repair, await self.fixes.keep(begun))

    async def open(self, ground: Ground, repair: Repair, fix: Fix) -> Fix:
        """One that was begun, on the target as it is now."""
        if fix.rests(self.now()):
            return fix
        if fix.ending is not None:  # we set out to end it, and its branch may be cleared away
            fix = replace(_under_another_name(fix), ending=None)
        fix = await self.fixes.keep(replace(fix, parent=ground.parent, edits=edited(repair)))
        outcomes = await self.writer.perform(ground.place, self._deeds(ground, repair, fix), ground.cause)
        for _ in range(NAMES - 1):
            if not _taken(outcomes[-1]):
                break
            fix = await self.fixes.keep(_under_another_name(fix))
            outcomes = await self.writer.perform(ground.place, self._deeds(ground, repair, fix), ground.cause)
        return await self.fixes.keep(self._after(fix, outcomes))

    def _after(self, fix: Fix, outcomes: Sequence[Outcome]) -> Fix:
        done = (one for one in outcomes if isinstance(one, Performed))
        opened = next((one.remote for one in done if isinstance(one.action, OpenPullRequest)), None)
        if opened is not None:
            return replace(fix, number=opened, refused_at=None, refusal="")
        last = outcomes[-1]
        if isinstance(last, Performed) or last.why is Stop.HEAD_MOVED:
            return fix
        if _taken(last):  # the next try begins with a name that nobody could see from this one
            return replace(_under_another_name(fix), refused_at=self.now(), refusal=TAKEN)
        return replace(fix, refused_at=self.now(), refusal=last.detail[:LONGEST_REFUSAL])

    def _deeds(self, ground: Ground, repair: Repair, fix: Fix) -> tuple[Deed, ...]:
        text = self.texts.fix(repair, fix, ground.config.fix.workflow)
        pull = OpenPullRequest(fix.branch, ground.target, text.title, text.body, ground.parent)
        return (ground.branch(fix, repair, text.title), pull, *ground.relock(fix))


def _taken(outcome: Outcome) -> bool:
    """Has somebody else a branch of that name?"""
    return isinstance(outcome, Stopped) and outcome.why is Stop.TAKEN and isinstance(outcome.action, WriteBranch)


def _under_another_name(fix: Fix) -> Fix:
    attempt = fix.attempt + 1
    return replace(fix, attempt=attempt, branch=fix_branch(fix.target, fix.purl, fix.version, attempt))


def _moment(published: str) -> float | None:
    """Epoch seconds of an RFC 3339 time; None where it is none."""
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
