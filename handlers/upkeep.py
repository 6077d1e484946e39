"""An open fix while its target moves on: built anew where it no longer merges, or no longer edits what is to be edited.

Only while nobody else has a commit on its branch. What people worked on is theirs: it says so, and makes room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import EditPullRequest, Fix, FixState, Performed, Stop
from checks.sbom.repair import Repair
from handlers.ending import Ending
from handlers.ground import Ground, edited
from handlers.opening import LONGEST_REFUSAL
from handlers.ports import Fixes, FixTexts, Proposals, Writer

BEING_BUILT = "being built anew"  # in the place of a digest: a run that is killed then begins again


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Asks GitHub whether it merges only where the target moved on since the fix was built."""

    writer: Writer
    fixes: Fixes
    proposals: Proposals
    texts: FixTexts
    ends: Ending

    async def __call__(self, ground: Ground, repair: Repair, fix: Fix) -> Fix:
        """`fix`, which is open, as it is to be on `ground`: its branch, its lock files and its words."""
        if fix.ending is not None:
            fix = await self._wanted_again(ground, fix)
        moved = _other(fix, repair) or fix.parent != ground.parent or fix.state is FixState.LEFT
        if fix.open and moved and not fix.rests(self.ends.now()):
            fix = await self._brought_up(ground, repair, fix)
        if fix.open:
            await self._say(ground, repair, fix)
        return fix

    async def unmended(self, ground: Ground, fix: Fix) -> None:
        """Nothing is planned any more for what it mends. It stays while it merges."""
        if fix.number is None or fix.parent == ground.parent:
            return
        now = await self.proposals.merging(ground.place, fix.number)
        if now is not None and now.open and now.merges is False:
            why = self.texts.unmendable(ground.target)
            await self.ends.close(ground.place, fix, FixState.MOOT, why, ground.parent)

    async def _wanted_again(self, ground: Ground, fix: Fix) -> Fix:
        """We set out to close it, and may have come that far."""
        assert fix.number is not None
        now = await self.proposals.of(ground.place, fix.number)
        if now is not None and not now.open:
            return await self.ends.ended(ground.place, fix, now)
        return await self.fixes.keep(replace(fix, ending=None))

    async def _brought_up(self, ground: Ground, repair: Repair, fix: Fix) -> Fix:
        assert fix.number is not None
        now = await self.proposals.merging(ground.place, fix.number)
        if now is None:
            return fix
        if not now.open:
            return await self.ends.ended(ground.place, fix, now)
        if now.elsewhere(fix.target):
            return fix
        if now.merges is False or _other(fix, repair):
            return await self._rebuilt(ground, repair, fix)
        return await self.fixes.keep(replace(fix, state=FixState.OPEN)) if now.merges else fix

    async def _rebuilt(self, ground: Ground, repair: Repair, fix: Fix) -> Fix:
        text = self.texts.fix(repair, fix, ground.config.fix.workflow)
        branch = ground.branch(fix, repair, text.title)
        await self.fixes.keep(replace(fix, edits=BEING_BUILT))
        (outcome, *_) = await self.writer.perform(ground.place, (branch,), ground.cause)
        if isinstance(outcome, Performed):
            built = replace(fix, parent=ground.parent, edits=edited(repair), state=FixState.OPEN)
            return await self.fixes.keep(replace(built, refused_at=None, refusal=""))
        match outcome.why:
            case Stop.TAKEN:
                fix = replace(fix, state=FixState.LEFT)
            case Stop.REFUSED:
                fix = replace(fix, refused_at=self.ends.now(), refusal=outcome.detail[:LONGEST_REFUSAL])
        return await self.fixes.keep(fix)

    async def _say(self, ground: Ground, repair: Repair, fix: Fix) -> None:
        """What was said and asked for already costs no call."""
        assert fix.number is not None
        text = self.texts.fix(repair, fix, ground.config.fix.workflow)
        edit = EditPullRequest(fix.number, fix.branch, fix.target, text.title, text.body, ground.parent)
        relock = ground.relock(fix) if fix.state is FixState.OPEN else ()
        await self.writer.perform(ground.place, (edit, *relock), ground.cause)
        if fix.advisories != repair.names:
            await self.fixes.keep(replace(fix, advisories=repair.names))


def _other(fix: Fix, repair: Repair) -> bool:
    """Does its branch edit something else than is to be edited now?"""
    return fix.edits not in {"", edited(repair)}
