"""What was pushed to a pull request, as GitHub tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pushed:
    """One commit of a pull request. `who`: the login of its author, or the name that it gives, untrusted: whoever
    commits chooses the address that GitHub takes the account from. `bot`: the account is an App's.
    """

    sha: str
    parents: tuple[str, ...]
    message: str
    who: str = ""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class RunOf:
    """How one workflow run stands: its newest attempt. Moments: epoch seconds."""

    id: int
    attempt: int
    ended: bool
    conclusion: str = ""
    started: float = 0.0
    updated: float = 0.0
