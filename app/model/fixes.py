"""A fix that we proposed: which package it moves where, why, and what became of its pull request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

REST = 3_600.0  # seconds before what could not be had is tried again


class FixState(StrEnum):
    """What became of a fix."""

    OPEN = "open"  # proposed, or about to be
    LEFT = "left"  # open, and left to people: its branch has commits of theirs, or the pull request is theirs
    MERGED = "merged"  # in its target
    CLOSED = "closed"  # a person closed it: it is not proposed again
    SUPERSEDED = "superseded"  # we closed it for another version; or its merge was lost, and another one stands in
    MOOT = "moot"  # we closed it because nothing was left to mend


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request as it stands now: whether it is open or merged, and its head.

    `merges`: does it merge without conflict? None while GitHub does not know. `base`: the branch that it goes to, or
    went to; "" where nobody knows.
    """

    open: bool
    merged: bool
    head_sha: str
    merges: bool | None = None
    base: str = ""

    def elsewhere(self, target: str) -> bool:
        """Does it go to another branch than `target`?"""
        return self.base not in {"", target}


@dataclass(frozen=True, slots=True)
class FixText:
    """The words of a fix: `title` is plain text of one line and the commit's message too, `body` safe Markdown."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One pull request that moves `purl` (without version) to `version` on branch `target`. Moments: epoch seconds.

    `source`: the pull request that brought what it mends; None: the target has it. `attempt` counts from 1, again for
    the same version when what was mended came back, or when somebody else had a branch of its name. `number` None:
    begun, and not yet known to be open. `ending`: what we set out to make of it by closing it, so that nobody takes our
    closing for a person's. `edits`: what its branch edits, by a digest; "" where nobody knows.
    """

    repository: str
    target: str
    purl: str
    version: str
    branch: str
    source: int | None
    parent: str  # the commit it is built on
    opened_at: float
    advisories: tuple[str, ...]
    severity: str
    published: float | None  # the earliest of its advisories
    attempt: int = 1
    number: int | None = None
    state: FixState = FixState.OPEN
    ending: FixState | None = None
    refused_at: float | None = None  # when it could last not be had
    refusal: str = ""  # and why: words of ours, or GitHub's own, untrusted
    green_at: float | None = None  # when its target was first seen without what it mends
    edits: str = ""
    id: int = 0  # 0: not kept yet

    @property
    def open(self) -> bool:
        """Is its pull request open, or about to be?"""
        return self.state in {FixState.OPEN, FixState.LEFT}

    @property
    def awaited(self) -> bool:
        """Does anything still have to become of it?"""
        return self.open or (self.state is FixState.MERGED and self.green_at is None)

    def rests(self, now: float) -> bool:
        """Could it not be had so short a time before `now` that it is not tried again?"""
        return self.refused_at is not None and now - self.refused_at < REST

    @property
    def seconds_to_open(self) -> float | None:
        """From publication to the day that we proposed it; None where nobody knows when it was published."""
        return None if self.published is None else max(self.opened_at - self.published, 0.0)

    @property
    def seconds_to_green(self) -> float | None:
        """From publication to a target without it; None where either is not known."""
        if self.green_at is None or self.published is None:
            return None
        return max(self.green_at - self.published, 0.0)
