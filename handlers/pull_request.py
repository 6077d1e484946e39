"""`pull_request`: the change itself opened, moved, or was retargeted."""

from __future__ import annotations

from dataclasses import replace

from app.model import Kind, Trigger
from handlers.after_merge import MERGED
from handlers.payload import Payload, at, installation, integer, repository, sha, text

_JUDGED = {"opened", "reopened", "synchronize", "ready_for_review", "labeled", "unlabeled"}
_EDITS = ("base", "body")  # a new base brings new rules; the body may hold a contract


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Judge the pull request, unless only its title changed.

    One that closes, changes its base or moves on stops to bear on others that share the head: those are judged again.
    One that closes or is reopened may be a fix of ours; one that closes may leave fixes behind that were for it. What
    is closed unmerged is given up, and so are its experiments; what is merged has runs of ours that nobody answers.
    """
    action = text(payload, "action")
    edited = action == "edited" and any(at(payload, "changes", what) is not None for what in _EDITS)
    number = integer(payload, "pull_request", "number") or integer(payload, "number")
    about = Trigger(
        Kind.LOCATE,
        repository(payload),
        installation(payload),
        head_sha=sha(payload, "pull_request", "head", "sha"),
        reason=f"pull_request.{action}",
        remembered=True,
    )
    leaves = action == "closed" or (edited and at(payload, "changes", "base") is not None)
    left = about.head_sha if leaves else sha(payload, "before") if action == "synchronize" else ""
    merged = action == "closed" and at(payload, "pull_request", "merged") is True
    others = (replace(about, head_sha=left, reason=MERGED if merged else about.reason),) if left else ()
    if action == "closed" and number is not None:
        here = replace(about, number=number, remembered=False)
        own = replace(here, kind=Kind.AFTER, reason=MERGED) if merged else replace(here, kind=Kind.CANARY)
        return (own, *others, replace(here, kind=Kind.REPAIR), replace(here, kind=Kind.REMEDIATE))
    if number is None or not (action in _JUDGED or edited):
        return others
    here = replace(about, number=number, remembered=False)
    again = (replace(here, kind=Kind.REPAIR), replace(here, kind=Kind.REMEDIATE, reset=True))
    return (replace(here, kind=Kind.EVALUATE), *others, *(again if action == "reopened" else ()))
