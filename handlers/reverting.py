"""A merged change whose canary was rolled back: a pull request that takes it back, and a word to the one it came by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import (
    Cause,
    Change,
    Edit,
    KeptExperiment,
    Landed,
    OpenPullRequest,
    Performed,
    Place,
    Refusal,
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

BRANCH = "maestro/revert/"
"""How the branches begin from which we propose reverts; the commit that is taken back follows."""


@dataclass(frozen=True, slots=True)
class Reverting:
    """Whatever was done before is found, not done again: each run begins at the first step."""

    writer: Writer
    merges: Merges
    texts: RevertTexts

    async def landed(self, kept: KeptExperiment) -> Landed | None:
        """The change that the canary tried, where it is merged."""
        return await self.merges.landed(_place(kept), kept.canary)

    async def __call__(self, kept: KeptExperiment, told: Report, landed: Landed, cause: Cause) -> str:
        """What became of the pull request that takes `landed` back, in words: `revert pull request #12: done`."""
        change = await self.merges.change(_place(kept), landed)
        edits = reversal(change, landed.base) if isinstance(change, Change) else change
        if isinstance(edits, Refusal):
            return f"{REVERT}: not opened, {edits.reason}"
        if not edits or not isinstance(change, Change):
            return f"{REVERT}: {NOT_NEEDED}, {landed.base} has the change no longer"
        return await self._opened(kept, told, landed, change, edits, cause)

    async def tell(self, kept: KeptExperiment, told: Report, landed: Landed, done: str, cause: Cause) -> None:
        """Tell the pull request that brought it, whose card nobody writes any more, what was proven and `done`."""
        if landed.number is not None:
            body = self.texts.taken_back(kept, told, landed, done)
            place = replace(_place(kept), number=landed.number)
            await self.writer.perform(place, (Tell(landed.number, f"experiment {kept.id}", body),), cause)

    async def _opened(
        self,
        kept: KeptExperiment,
        told: Report,
        landed: Landed,
        change: Change,
        edits: tuple[Edit, ...],
        cause: Cause,
    ) -> str:
        text, branch = self.texts.revert(kept, told, landed), f"{BRANCH}{landed.sha[:12]}"
        author = Signature(*AUTHOR, int(kept.changed))
        written = WriteBranch(branch, change.tip, edits, text.message, author, kept.canary.sha)
        opened = OpenPullRequest(branch, landed.base, text.title, text.body, kept.canary.sha)
        last = (await self.writer.perform(_place(kept), (written, opened), cause))[-1]
        if isinstance(last, Performed):
            return f"{REVERT} #{last.remote}: {DONE}"
        if last.why is Stop.TAKEN:
            return f"{REVERT}: not opened, the branch `{branch}` is somebody else's, or was deleted by hand"
        return f"{REVERT}: not opened, refused by GitHub: {last.detail}"


def _place(kept: KeptExperiment) -> Place:
    return Place(kept.canary.repository, kept.canary.installation)
