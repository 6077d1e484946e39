"""Fixes as GitHub has them, brought to what a look at their target asks for: proposed, edited, superseded, ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.model import (
    Cause,
    ClosePullRequest,
    DispatchWorkflow,
    EditPullRequest,
    Fix,
    FixState,
    OpenPullRequest,
    Performed,
    Place,
    Signature,
    Stop,
    Surface,
    WriteBranch,
    Written,
)
from checks.sbom.repair import Exposed, Repair
from checks.sbom.rules.policy import Config
from handlers.fix_branch import fix_branch
from handlers.ports import Fixes, FixTexts, Proposals, Writer

MOST = 5  # fixes of one target that are open at a time: the next one comes when one of them is through
REST = 3_600.0  # seconds before what GitHub refused is tried again
AUTHOR = ("Maestro", "maestro@maestro.invalid")  # no account of GitHub's has this address


@dataclass(frozen=True, slots=True)
class Ground:
    """Where fixes go: onto `target`, whose tip is `parent`. `source`: the pull request of that branch, if it has one.

    `rules_ref`: the branch that the rules, and the workflow that makes lock files anew, are taken from.
    """

    place: Place
    target: str
    parent: str
    source: int | None
    rules_ref: str
    config: Config


@dataclass(frozen=True, slots=True)
class Mending:
    """Each step is kept before and after it is taken, so that a run that is killed is taken up where it was."""

    writer: Writer
    fixes: Fixes
    proposals: Proposals
    texts: FixTexts
    now: Callable[[], float] = time.time
    measured: Callable[[float], None] = lambda _seconds: None

    async def __call__(self, ground: Ground, repairs: Sequence[Repair], exposed: Exposed) -> None:
        """Let GitHub have `repairs`, and nothing that is moot."""
        repository = ground.place.repository
        for fix in await self.fixes.of_target(repository, ground.target):
            if fix.awaited and exposed.free(fix.purl, fix.advisories):
                await self._gone(ground, fix)
        for repair in repairs:
            await self._propose(ground, repair, await self.fixes.of_target(repository, ground.target))

    async def abandon(self, place: Place, fixes: Iterable[Fix], head_sha: str) -> None:
        """Close these, for the pull request at `place`, which they are for, is closed at `head_sha`."""
        for fix in fixes:
            await self._end(place, fix, FixState.MOOT, self.texts.moot(fix.target, place.number), head_sha)

    async def ended(self, fix: Fix, merged: bool) -> Fix:
        """A pull request of ours is closed: by us, if we set out to, else by a person."""
        state = FixState.MERGED if merged else fix.ending or FixState.CLOSED
        return await self.fixes.keep(replace(fix, state=state))

    # --- propose ---------------------------------------------------------------------------------------------

    async def _propose(self, ground: Ground, repair: Repair, known: Sequence[Fix]) -> None:
        mine = [fix for fix in known if fix.purl == repair.purl]
        same = [fix for fix in mine if fix.version == repair.version]
        last = max(same, key=lambda fix: fix.attempt, default=None)
        if last is not None and last.state is FixState.OPEN and last.number is not None:
            await self._say(ground, repair, last)
        elif last is not None and (last.state is FixState.CLOSED or (last.awaited and last.number is not None)):
            return  # a person answered; or it is merged, and the bill does not know it yet
        elif last is not None and last.state is FixState.OPEN:
            last = await self._open(ground, repair, await self._taken_up(ground, last))
        elif _open(mine) or _open(known) < MOST:
            attempt = 1 if last is None else last.attempt + 1
            last = await self._open(ground, repair, await self.fixes.keep(self._fix(ground, repair, attempt)))
        if last is not None and last.number is not None:
            await self._supersede(ground, mine, last)

    def _fix(self, ground: Ground, repair: Repair, attempt: int) -> Fix:
        return Fix(
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
        )

    async def _taken_up(self, ground: Ground, fix: Fix) -> Fix:
        """One that was begun and never opened. Where its target has moved on, it is built anew, under a new name:
        whether the old branch came into being, nobody knows.
        """
        if fix.parent == ground.parent:
            return fix
        attempt = fix.attempt + 1
        branch = fix_branch(fix.target, fix.purl, fix.version, attempt)
        return await self.fixes.keep(replace(fix, attempt=attempt, branch=branch, parent=ground.parent))

    async def _open(self, ground: Ground, repair: Repair, fix: Fix) -> Fix:
        if fix.refused_at is not None and self.now() - fix.refused_at < REST:
            return fix
        text = self.texts.fix(repair, ground.target, ground.source, ground.config.fix.workflow)
        edits = tuple(Written(splice.path, splice.text.encode()) for splice in repair.splices)
        author = Signature(*AUTHOR, int(fix.opened_at))
        branch = WriteBranch(fix.branch, fix.parent, edits, text.title, author, ground.parent)
        pull = OpenPullRequest(fix.branch, ground.target, text.title, text.body, ground.parent)
        relock = self._relock(ground, repair, fix)
        outcomes = await self.writer.perform(ground.place, (branch, pull, *relock), _cause(ground))
        opened = next((one for one in outcomes if isinstance(one, Performed) and one.action is pull), None)
        if opened is not None:
            return await self.fixes.keep(replace(fix, number=opened.remote, refused_at=None))
        if outcomes and not isinstance(outcomes[-1], Performed) and outcomes[-1].why is not Stop.HEAD_MOVED:
            return await self.fixes.keep(replace(fix, refused_at=self.now()))
        return fix

    def _relock(self, ground: Ground, repair: Repair, fix: Fix) -> tuple[DispatchWorkflow, ...]:
        workflow = ground.config.fix.workflow
        if not workflow:
            return ()
        inputs = (("branch", fix.branch),)
        return (DispatchWorkflow(workflow, ground.rules_ref, inputs, f"relock {fix.branch}", ground.parent),)

    async def _say(self, ground: Ground, repair: Repair, fix: Fix) -> None:
        """Keep its words up to date: one that says this already costs no call."""
        assert fix.number is not None
        text = self.texts.fix(repair, ground.target, ground.source, ground.config.fix.workflow)
        edit = EditPullRequest(fix.number, fix.branch, fix.target, text.title, text.body, ground.parent)
        await self.writer.perform(ground.place, (edit,), _cause(ground))
        if fix.advisories != repair.names:
            await self.fixes.keep(replace(fix, advisories=repair.names))

    async def _supersede(self, ground: Ground, mine: Iterable[Fix], new: Fix) -> None:
        for fix in mine:
            if fix.state is FixState.OPEN and fix.version != new.version:
                why = self.texts.superseded(new.number or 0)
                await self._end(ground.place, fix, FixState.SUPERSEDED, why, ground.parent)

    # --- end -------------------------------------------------------------------------------------------------

    async def _gone(self, ground: Ground, fix: Fix) -> None:
        """What it mends is gone from its target: by its merge, or without it."""
        now = None if fix.number is None else await self.proposals.of(ground.place, fix.number)
        if now is not None and not now.open:
            fix = await self.ended(fix, now.merged)
        if fix.state is FixState.MERGED:
            green = await self.fixes.keep(replace(fix, green_at=self.now()))
            if green.seconds_to_green is not None:
                self.measured(green.seconds_to_green)
        elif fix.state is FixState.OPEN:
            await self._end(ground.place, fix, FixState.MOOT, self.texts.moot(ground.target), ground.parent)

    async def _end(self, place: Place, fix: Fix, ending: FixState, why: str, head_sha: str) -> None:
        fix = await self.fixes.keep(replace(fix, ending=ending))
        if fix.number is None:
            await self.fixes.keep(replace(fix, state=ending))
            return
        close = ClosePullRequest(fix.number, fix.branch, fix.target, why, head_sha)
        cause = Cause("fix", surface=Surface.WEBHOOK, head_sha=head_sha)
        (outcome, *_) = await self.writer.perform(place, (close,), cause)
        if isinstance(outcome, Performed):
            await self.fixes.keep(replace(fix, state=ending))
        elif outcome.why is Stop.REFUSED:  # it is not ours, or no longer: whoever has it decides
            await self.fixes.keep(replace(fix, state=FixState.CLOSED))


def _open(fixes: Iterable[Fix]) -> int:
    return sum(fix.state is FixState.OPEN for fix in fixes)


def _cause(ground: Ground) -> Cause:
    surface = Surface.SCHEDULE if ground.source is None else Surface.WEBHOOK
    return Cause("fix", surface=surface, head_sha=ground.parent)


def _moment(published: str) -> float | None:
    """Epoch seconds of an RFC 3339 time; None where it is none."""
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
