"""Fixes as GitHub has them, brought to what a look at their target asks for: proposed, kept up, superseded, ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from app.model import Fix, FixState, Place
from checks.sbom.repair import MOST, Exposed, Repair
from handlers.ending import Ending
from handlers.ground import Ground
from handlers.opening import Opening
from handlers.ports import Fixes, FixTexts, Proposals, Writer
from handlers.upkeep import Upkeep


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
        """Let GitHub have `repairs`, and nothing that is moot. Where the rules ask for none any more, nothing new
        comes; those that are open are still brought to their end.
        """
        if ground.source is None:
            await self._follow(ground)
        planned = {repair.purl for repair in repairs}
        for fix in await self._known(ground):
            now = await self.ends.looked_up(ground.place, await self._looked_after(ground, fix))
            if now.source != ground.source:
                continue
            if now.awaited and exposed.free(now.purl, now.advisories):
                await self.ends.gone(ground.place, now, self.texts.moot(ground.target), ground.parent)
            elif now.state is FixState.OPEN and now.purl in exposed.names.keys() - planned:
                await self._upkeep.unmended(ground, now)
        for repair in repairs if ground.config.fix.pull_requests else ():
            await self._propose(ground, repair, await self._known(ground))

    async def abandon(self, place: Place, fixes: Iterable[Fix], head_sha: str) -> None:
        """Close these, for the pull request at `place`, which they are for, is closed at `head_sha`."""
        for fix in fixes:
            await self.ends.close(place, fix, FixState.MOOT, self.texts.moot(fix.target, place.number), head_sha)

    async def hand_on(self, fixes: Iterable[Fix], heir: int) -> None:
        """From now on pull request `heir` is what these are for."""
        for fix in fixes:
            await self.fixes.keep(replace(fix, source=heir))

    async def _follow(self, ground: Ground) -> None:
        """A default branch that is renamed takes its open pull requests with it, and so their rows. A call a row."""
        for fix in await self.fixes.of_repository(ground.place.repository):
            if fix.source is not None or not fix.open or fix.number is None or fix.target == ground.target:
                continue
            now = await self.proposals.of(ground.place, fix.number)
            if now is not None and now.open and now.base == ground.target:
                same = [one for one in await self._known(ground) if (one.purl, one.version) == (fix.purl, fix.version)]
                attempt = max((fix.attempt, *(one.attempt + 1 for one in same)))
                await self.fixes.keep(replace(fix, target=ground.target, attempt=attempt))

    async def _looked_after(self, ground: Ground, fix: Fix) -> Fix:
        """Several pull requests of one branch share its fixes: each is ended, and spoken of, by the one that it is for,
        whose rules it follows. Where that is gone, it is taken over.
        """
        if not fix.awaited or fix.source in {None, ground.source}:
            return fix
        source = await self.proposals.of(ground.place, fix.source)
        return fix if source is not None and source.open else await self.fixes.keep(replace(fix, source=ground.source))

    async def _propose(self, ground: Ground, repair: Repair, known: Sequence[Fix]) -> None:
        mine = [fix for fix in known if fix.purl == repair.purl]
        same = [fix for fix in mine if fix.version == repair.version]
        if any(fix.open and fix.source != ground.source for fix in mine):
            return  # it is there, for another pull request of the same branch
        last = max(same, key=lambda fix: fix.attempt, default=None)
        if last is not None and not last.awaited:
            last = await self.ends.reopened(ground.place, last)
        if last is not None and last.open and last.number is not None:
            last = await self._upkeep(ground, repair, last)
        elif last is not None and last.state is FixState.CLOSED:
            return  # a person answered
        elif last is not None and last.open:
            last = await self._opening.open(ground, repair, last)
        elif _open(mine) or _open(known) < MOST:
            last = await self._opening.begin(ground, repair, 1 if last is None else last.attempt + 1)
        if last is not None and last.open and last.number is not None:
            await self._supersede(ground, mine, last)

    async def _supersede(self, ground: Ground, mine: Iterable[Fix], new: Fix) -> None:
        for fix in mine:
            if fix.open and fix.id != new.id:
                why = self.texts.superseded(new.number or 0)
                await self.ends.close(ground.place, fix, FixState.SUPERSEDED, why, ground.parent)
            elif fix.awaited and fix.id != new.id and fix.version == new.version:  # its merge was lost again
                await self.fixes.keep(replace(fix, state=FixState.SUPERSEDED))

    async def _known(self, ground: Ground) -> Sequence[Fix]:
        return await self.fixes.of_target(ground.place.repository, ground.target)

    @property
    def _opening(self) -> Opening:
        return Opening(self.writer, self.fixes, self.texts, self.now)

    @property
    def _upkeep(self) -> Upkeep:
        return Upkeep(self.writer, self.fixes, self.proposals, self.texts, self.ends)


def _open(fixes: Iterable[Fix]) -> int:
    """How many are open and ours to keep up: what people took over makes room for another."""
    return sum(fix.state is FixState.OPEN for fix in fixes)
