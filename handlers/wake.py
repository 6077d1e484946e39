"""`maestro_wake`: our own reminder that something new of a commit is stored: measurements, or a bill of materials."""

from __future__ import annotations

from app.model import SBOM, Kind, Surface, Trigger
from handlers.payload import Payload, repository, sha, text

_SENT = ("measurements", SBOM)


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Find the pull requests at that commit and judge them."""
    head = sha(payload, "sha")
    if not head:
        return ()
    about = text(payload, "about")
    reason = about if about in _SENT else _SENT[0]
    return (Trigger(Kind.LOCATE, repository(payload), head_sha=head, reason=reason, surface=Surface.API),)
