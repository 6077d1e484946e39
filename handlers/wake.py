"""`maestro_wake`: our own reminder that new measurements of a commit are stored."""

from __future__ import annotations

from app.model import Kind, Surface, Trigger
from handlers.payload import Payload, repository, sha


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Find the pull requests at that commit and judge them."""
    head = sha(payload, "sha")
    if not head:
        return ()
    return (Trigger(Kind.LOCATE, repository(payload), head_sha=head, reason="measurements", surface=Surface.API),)
