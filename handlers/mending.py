"""Fixes as GitHub has them, brought to what a look at their target asks for: proposed, edited, superseded, ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.model import (
    Cause,
    Deed,
    DispatchWorkflow,
    EditPullRequest,
    Fix,
    FixState,
    OpenPullRequest,
    Outcome,
    Performed,
    Place,
    Signature,
    Stop,
    Stopped,
    Surface,
    WriteBranch,
    Written,
)
from checks.sbom.repair import Exposed, Repair
from checks.sbom.rules.policy import Config
from handlers.ending import Ending
from handlers.fix_branch import fix_branch
from handlers.ports import Fixes, FixTexts, Proposals, Writer

MOST = 5  # fixes of one target that are open at a time: the next one comes when one of them is through
REST = 3_600.0  # seconds before what GitHub refused is tried again
NAMES = 3  # names of a branch that one run tries, where somebody else has them
TAKEN = "somebody else has branches of the names that we would give it"
LONGEST_REFUSAL = 300  # characters of GitHub's own words that are kept
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

    @property
    def ends(self) -> Ending:
        """How they end."""
        return Ending(self.writer, self.fixes, self.proposals, self.now, self.measured)

    async def __call__(self, ground: Ground, repairs: Sequence[Repair], exposed: Exposed) -> None:
        """Let GitHub have `repairs`, and nothing that is moot."""
        repository = ground.place.repository
        for fix in await self.fixes.of_target(repository, ground.target):
            now = await self.ends.found(ground.place, fix)
            if now.awaited and exposed.free(now.purl, now.advisories):
                await self.ends.gone(ground.place, now, self.texts.moot(ground.target), ground.parent)
        for repair in repairs:
            await self._propose(ground, repair, await self.fixes.of_target(repository, ground.target))

    async def abandon(self, place: Place, fixes: Iterable[Fix], head_sha: str) -> None:
        """Close these, for the pull request at `place`, which they are for, is closed at `head_sha`."""
        for fix in fixes:
            await self.ends.close(place, fix, FixState.MOOT, self.texts.moot(fix.target, place.number), head_sha)

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
            last = await self._open(ground, repair, await self.fixes.keep(replace(last, parent=ground.parent)))
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

    async def _open(self, ground: Ground, repair: Repair, fix: Fix) -> Fix:
        """Under the first name that nobody else has."""
        if fix.refused_at is not None and self.now() - fix.refused_at < REST:
            return fix
        outcomes = await self.writer.perform(ground.place, self._deeds(ground, repair, fix), _cause(ground))
        for _ in range(NAMES - 1):
            if not _taken(outcomes[-1]):
                break
            fix = await self.fixes.keep(_under_another_name(fix))
            outcomes = await self.writer.perform(ground.place, self._deeds(ground, repair, fix), _cause(ground))
        return await self._opened(fix, outcomes)

    async def _opened(self, fix: Fix, outcomes: Sequence[Outcome]) -> Fix:
        done = (one for one in outcomes if isinstance(one, Performed))
        opened = next((one.remote for one in done if isinstance(one.action, OpenPullRequest)), None)
        if opened is not None:
            return await self.fixes.keep(replace(fix, number=opened, refused_at=None, refusal=""))
        last = outcomes[-1]
        if isinstance(last, Performed) or last.why is Stop.HEAD_MOVED:
            return fix
        if _taken(last):  # the next try begins with a name that nobody could see from this one
            return await self.fixes.keep(replace(_under_another_name(fix), refused_at=self.now(), refusal=TAKEN))
        return await self.fixes.keep(replace(fix, refused_at=self.now(), refusal=last.detail[:LONGEST_REFUSAL]))

    def _deeds(self, ground: Ground, repair: Repair, fix: Fix) -> tuple[Deed, ...]:
        text = self.texts.fix(repair, ground.target, ground.source, ground.config.fix.workflow)
        edits = tuple(Written(splice.path, splice.text.encode()) for splice in repair.splices)
        author = Signature(*AUTHOR, int(fix.opened_at))
        branch = WriteBranch(fix.branch, fix.parent, edits, text.title, author, ground.parent)
        pull = OpenPullRequest(fix.branch, ground.target, text.title, text.body, ground.parent)
        return (branch, pull, *_relock(ground, fix))

    async def _say(self, ground: Ground, repair: Repair, fix: Fix) -> None:
        """Keep its words up to date, and its lock files asked for: what was said and asked already costs no call."""
        assert fix.number is not None
        text = self.texts.fix(repair, ground.target, ground.source, ground.config.fix.workflow)
        edit = EditPullRequest(fix.number, fix.branch, fix.target, text.title, text.body, ground.parent)
        await self.writer.perform(ground.place, (edit, *_relock(ground, fix)), _cause(ground))
        if fix.advisories != repair.names:
            await self.fixes.keep(replace(fix, advisories=repair.names))

    async def _supersede(self, ground: Ground, mine: Iterable[Fix], new: Fix) -> None:
        for fix in mine:
            if fix.state is FixState.OPEN and fix.version != new.version:
                why = self.texts.superseded(new.number or 0)
                await self.ends.close(ground.place, fix, FixState.SUPERSEDED, why, ground.parent)


def _relock(ground: Ground, fix: Fix) -> tuple[DispatchWorkflow, ...]:
    workflow = ground.config.fix.workflow
    if not workflow:
        return ()
    inputs = (("branch", fix.branch),)
    return (DispatchWorkflow(workflow, ground.rules_ref, inputs, f"relock {fix.branch}", ground.parent),)


def _taken(outcome: Outcome) -> bool:
    """Has somebody else a branch of that name?"""
    return isinstance(outcome, Stopped) and outcome.why is Stop.TAKEN and isinstance(outcome.action, WriteBranch)


def _under_another_name(fix: Fix) -> Fix:
    attempt = fix.attempt + 1
    return replace(fix, attempt=attempt, branch=fix_branch(fix.target, fix.purl, fix.version, attempt))


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
