"""What we remember of a fix that was proposed: a fact like any other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownFix:
    """A fix that we proposed, or are about to, as we remember it: it moves `purl` to `version` on the branch `target`.

    `state`: open, left (to people), merged, green (merged, and seen to mend), closed (by a person), superseded, moot.
    `source`: the pull request that it is for; None: the target has what it mends. `number` None: not opened, and
    `refusal` why, where it could not be.
    """

    purl: str  # without version
    version: str
    target: str
    branch: str
    state: str
    source: int | None = None
    number: int | None = None
    refusal: str = ""
