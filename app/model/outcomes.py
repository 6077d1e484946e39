"""What became of an action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.model.deeds import Deed
from app.model.words import Words

Action = Words | Deed


class Stop(StrEnum):
    """Why an action was not carried out."""

    HEAD_MOVED = "head_moved"  # it speaks of a head that is no longer the head
    TAKEN = "taken"  # the branch is at another commit, which `detail` names
    IN_DOUBT = "in_doubt"  # it was begun, nobody can tell whether it happened, and twice would be worse than never
    REFUSED = "refused"  # GitHub will not have it; `detail` is its own words, untrusted


@dataclass(frozen=True, slots=True)
class Performed:
    """GitHub has what the action asked for. `remote`: its id there, of a pull request its number; `sha`: a commit."""

    action: Action
    remote: int | None = None
    sha: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """An action that was not carried out, and neither was any after it."""

    action: Action
    why: Stop
    detail: str = ""


Outcome = Performed | Stopped
