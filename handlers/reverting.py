"""A merged change whose canary was rolled back: a pull request that takes it back, and a word to the one it came by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import (
    OWN_BRANCHES,
    Canary,
    Cause,
    Change,
    FindPullRequest,
    KeptExperiment,
    Landed,
    OpenPullRequest,
    Performed,
    Place,
    Refusal,
    RevertText,
    Signature,
    Stop,
    Tell,
    WriteBranch,
)
from checks.experiment import Report
from checks.experiment.aftermath import DONE, NOT_NEEDED, REVERT
from handlers.ground import AUTHOR
from handlers.ports import Merges, RevertTexts, Writer
from handlers.reversal import reversal

BRANCH = f"{OWN_BRANCHES}revert/"
"""How the branches begin from which we propose reverts; the commit that is taken back follows."""


@dataclass(frozen=True, slots=True)
class Reverting:
    """Whatever was done before is found, not done again: each run begins at the first step."""

    writer: Writer
    merges: Merges
    texts: RevertTexts

    async def landed(self, place: Place, canary: Canary) -> Landed | None:
        """The change that the canary tried, where it is merged."""
        return await self.merges.landed(place, canary)

    async def __call__(self, kept: KeptExperiment, told: Report, landed: Landed, cause: Cause) -> str:
        """What became of the pull request that takes `landed` back, in words: `revert pull request #12: done`."""
        text = self.texts.revert(kept, told, landed)
        return await self._proposed(_place(kept), landed, text, int(kept.changed), kept.canary.sha, cause)

    async def by_hand(self, place: Place, landed: Landed, at: float, cause: Cause) -> str:
        """The same, where somebody asked for it at epoch second `at`, without any experiment. One that was proposed
        before stays as it is.
        """
        number = await self._number(place, landed, cause)
        if number is not None:
            return await self._closed(place, number) or f"{REVERT} #{number}: {DONE}"
        text = self.texts.by_hand(landed, cause.who)
        return await self._proposed(place, landed, text, int(at), cause.head_sha, cause)

    async def tell(self, kept: KeptExperiment, told: Report, landed: Landed, done: str, cause: Cause) -> None:
        """Tell the pull request that brought it, whose card nobody writes any more, what was proven and `done`."""
        if landed.number is not None:
            body = self.texts.taken_back(kept, told, landed, done)
            place = replace(_place(kept), number=landed.number)
            await self.writer.perform(place, (Tell(landed.number, f"experiment {kept.id}", body),), cause)

    async def closed(self, place: Place, landed: Landed, cause: Cause) -> str:
        """What became of the pull request that was proposed before, where it is open no longer; else ""."""
        number = await self._number(place, landed, cause)
        return "" if number is None else await self._closed(place, number)

    async def _number(self, place: Place, landed: Landed, cause: Cause) -> int | None:
        find = FindPullRequest(_branch(landed), landed.base)
        (found,) = await self.writer.perform(place, (find,), cause)
        return found.remote if isinstance(found, Performed) else None

    async def _closed(self, place: Place, number: int) -> str:
        now = await self.merges.proposal(place, number)
        if now is None or now.open:
            return ""
        if now.merged:
            return f"{REVERT} #{number}: merged"
        return f"{REVERT} #{number}: closed and not merged, so it takes nothing back; reopen it if it is to"

    async def _proposed(
        self, place: Place, landed: Landed, text: RevertText, at: int, head_sha: str, cause: Cause
    ) -> str:
        change = await self.merges.change(place, landed)
        edits = reversal(change, landed.base) if isinstance(change, Change) else change
        if isinstance(edits, Refusal):
            return f"{REVERT}: not opened, {edits.reason}"
        if not edits or not isinstance(change, Change):
            return f"{REVERT}: {NOT_NEEDED}, {landed.base} has the change no longer"
        branch, author = _branch(landed), Signature(*AUTHOR, at)
        written = WriteBranch(branch, change.tip, edits, text.message, author, head_sha)
        opened = OpenPullRequest(branch, landed.base, text.title, text.body, head_sha)
        last = (await self.writer.perform(place, (written, opened), cause))[-1]
        if isinstance(last, Performed):
            return f"{REVERT} #{last.remote}: {DONE}"
        if last.why is Stop.TAKEN:
            return f"{REVERT}: not opened, the branch `{branch}` is somebody else's, or was deleted by hand"
        return f"{REVERT}: not opened, refused by GitHub: {last.detail}"


def _branch(landed: Landed) -> str:
    return f"{BRANCH}{landed.sha[:12]}"


def _place(kept: KeptExperiment) -> Place:
    return Place(kept.canary.repository, kept.canary.installation)
