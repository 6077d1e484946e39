"""The fixes that we remember of a change's branch: from our own database, without a question to GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import Fix
from checks.known_fix import KnownFix
from checks.model import Pull


class Remembered(Protocol):
    """The fixes that we proposed."""

    async def about(self, repository: str, branch: str) -> Sequence[Fix]:
        """Those that go to `branch`, and those that come from it, the oldest first."""


async def known_fixes(remembered: Remembered | None, pull: Pull) -> tuple[KnownFix, ...] | None:
    """Those of the branch of `pull`; None where nobody remembers, and for a fork, whose branches are its own."""
    if remembered is None or pull.number is None or pull.from_fork:
        return None
    return tuple(map(_known, await remembered.about(pull.repository, pull.head_ref)))


def _known(fix: Fix) -> KnownFix:
    state = fix.state.value if fix.green_at is None else "green"
    return KnownFix(fix.purl, fix.version, fix.target, fix.branch, state, fix.source, fix.number, fix.refusal)
