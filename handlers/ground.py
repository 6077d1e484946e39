"""Where fixes go, and what one is made of there: a branch, and lock files made anew on it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.model import Cause, DispatchWorkflow, Fix, Place, Signature, Surface, WriteBranch, Written
from checks.sbom.manifests import LOCKS
from checks.sbom.repair import Repair
from checks.sbom.rules.policy import Config

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

    @property
    def cause(self) -> Cause:
        """What the log says of all that is done here."""
        surface = Surface.SCHEDULE if self.source is None else Surface.WEBHOOK
        return Cause("fix", surface=surface, head_sha=self.parent)

    def branch(self, fix: Fix, repair: Repair, message: str) -> WriteBranch:
        """The branch of `fix` holds `repair` on top of the target's tip."""
        edits = tuple(Written(splice.path, splice.text.encode()) for splice in repair.splices)
        author = Signature(*AUTHOR, int(fix.opened_at))
        return WriteBranch(fix.branch, self.parent, edits, message, author, self.parent, LOCKS)

    def relock(self, fix: Fix) -> tuple[DispatchWorkflow, ...]:
        """The workflow that makes lock files anew runs, once for each commit that the fix was built on."""
        workflow = self.config.fix.workflow
        if not workflow:
            return ()
        key, inputs = f"relock {fix.branch} {fix.parent}", (("branch", fix.branch),)
        return (DispatchWorkflow(workflow, self.rules_ref, inputs, key, self.parent),)


def edited(repair: Repair) -> str:
    """What `repair` edits, whatever stands around it: another answer means that the fix must be built anew."""
    lines = sorted((one.path, one.before, one.after) for one in repair.splices)
    return hashlib.sha256(repr(lines).encode("utf-8", "replace")).hexdigest()
