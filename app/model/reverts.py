"""A change that was merged, as far as it takes to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Leaf = tuple[str, str]
"""What a path of a git tree holds: its mode (six digits) and the sha of its blob, or of a submodule's commit."""

Leaves = Mapping[str, Leaf]
"""A git tree by path; directories are those of the paths."""

WORKFLOWS = ".github/workflows/"
"""Where files lie that an App may write with a permission of their own only."""

SUBMODULE = "160000"
"""Git's mode of a commit in another repository."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A change that `base` holds: `sha` is the commit that it came as, of several the last.

    `number`: the pull request that brought it, None for a commit that was pushed; `head_sha`: that request's head.
    """

    number: int | None
    title: str
    base: str
    sha: str
    head_sha: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did, and what its base is now, whose tip is `tip`. `by_hand`: the command that takes it back."""

    tip: str
    before: Leaves
    after: Leaves
    now: Leaves
    by_hand: str


@dataclass(frozen=True, slots=True)
class RevertText:
    """What the revert says: `title` is its commit's first line too, `message` all that the commit says."""

    title: str
    body: str
    message: str
