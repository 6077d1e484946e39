"""`pull_request`: the change itself opened, moved, or was retargeted."""

from __future__ import annotations

from dataclasses import replace

from app.model import Kind, Trigger
from handlers.payload import Payload, at, installation, integer, repository, sha, text

_JUDGED = {"opened", "reopened", "synchronize", "ready_for_review", "labeled", "unlabeled"}
_EDITS = ("base", "body")  # a new base brings new rules; the body may hold a contract


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Judge the pull request, unless only its title changed.

    One that closes, or changes its base, stops to bear on others that share its head: those are judged again.
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
    others = (about,) if leaves and about.head_sha else ()
    if number is None or not (action in _JUDGED or edited):
        return others
    return (replace(about, kind=Kind.EVALUATE, number=number, remembered=False), *others)
