"""The ends of fixes: found out where somebody else brought them about, else brought about by us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.model import (
    Cause,
    ClosePullRequest,
    DeleteBranch,
    FindPullRequest,
    Fix,
    FixState,
    Performed,
    Place,
    Proposal,
    Stop,
    Surface,
)
from checks.sbom.manifests import LOCKS
from handlers.ports import Fixes, Proposals, Writer


@dataclass(frozen=True, slots=True)
class Ending:
    """Each step is kept before and after it is taken, so that a run that is killed is taken up where it was."""

    writer: Writer
    fixes: Fixes
    proposals: Proposals
    now: Callable[[], float]
    measured: Callable[[float], None]

    async def found(self, place: Place, fix: Fix) -> Fix:
        """One that may have been opened, and was never noted as that, as GitHub has it."""
        if fix.state is not FixState.OPEN or fix.number is not None:
            return fix
        find = FindPullRequest(fix.branch, fix.target)
        (outcome, *_) = await self.writer.perform(place, (find,), _cause(fix.parent))
        if not isinstance(outcome, Performed) or outcome.remote is None:
            return fix
        now = await self.proposals.of(place, outcome.remote)
        fix = replace(fix, number=outcome.remote, refused_at=None, refusal="")
        if now is not None and not now.open:
            return await self.ended(place, fix, now)
        return await self.fixes.keep(fix)

    async def looked_up(self, place: Place, fix: Fix) -> Fix:
        """An open one as GitHub has it: what a webhook would have told may have been lost. One that goes to another
        branch now is whoever's sent it there. Costs one call.
        """
        return (await self._seen(place, fix))[0]

    async def reopened(self, place: Place, fix: Fix) -> Fix:
        """One that has ended as GitHub has it: whoever reopened it took the answer back. Costs one call."""
        now = None if fix.number is None else await self.proposals.of(place, fix.number)
        return await self.fixes.reopen(fix) if now is not None and now.open else fix

    async def ended(self, place: Place, fix: Fix, now: Proposal) -> Fix:
        """Its pull request is closed: by us, if we set out to, else by a person. What a person merged into another
        branch mends nothing here.
        """
        if not now.merged and fix.ending is not None:
            await self._clear_away(place, fix)
        merged = FixState.MOOT if now.elsewhere(fix.target) else FixState.MERGED
        state = merged if now.merged else fix.ending or FixState.CLOSED
        return await self.fixes.keep(replace(fix, state=state))

    async def gone(self, place: Place, fix: Fix, why: str, head_sha: str) -> None:
        """What it mends is gone from its target: by its merge, or without it."""
        if fix.state is FixState.MERGED:
            green = await self.fixes.keep(replace(fix, green_at=self.now()))
            if green.seconds_to_green is not None:
                self.measured(green.seconds_to_green)
        elif fix.open:
            await self.close(place, fix, FixState.MOOT, why, head_sha)

    async def close(self, place: Place, fix: Fix, ending: FixState, why: str, head_sha: str) -> None:
        """Close it, and clear its branch away. One whose pull request was never opened has only the branch."""
        fix, now = await self._seen(place, fix)
        if not fix.open or (now is not None and now.elsewhere(fix.target)):
            return
        fix = await self.fixes.keep(replace(fix, ending=ending))
        if fix.number is not None:
            close = ClosePullRequest(fix.number, fix.branch, fix.target, why, head_sha)
            (outcome, *_) = await self.writer.perform(place, (close,), _cause(head_sha))
            if not isinstance(outcome, Performed):
                if outcome.why is Stop.REFUSED:  # it is not ours, or no longer: whoever has it decides
                    await self.fixes.keep(replace(fix, state=FixState.LEFT))
                return
        await self._clear_away(place, fix)
        await self.fixes.keep(replace(fix, state=ending))

    async def _seen(self, place: Place, fix: Fix) -> tuple[Fix, Proposal | None]:
        fix = await self.found(place, fix)
        now = await self.proposals.of(place, fix.number) if fix.open and fix.number is not None else None
        if now is not None and not now.open:
            fix = await self.ended(place, fix, now)
        elif now is not None and now.elsewhere(fix.target):
            fix = await self.fixes.keep(replace(fix, state=FixState.LEFT))
        return fix, now

    async def _clear_away(self, place: Place, fix: Fix) -> None:
        """Its branch, unless somebody else uses that."""
        await self.writer.perform(place, (DeleteBranch(fix.branch, LOCKS),), _cause(fix.parent))


def _cause(head_sha: str) -> Cause:
    return Cause("fix", surface=Surface.WEBHOOK, head_sha=head_sha)
