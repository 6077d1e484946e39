"""`installation*`: repositories joined us; the pull requests already open there deserve an answer too."""

from __future__ import annotations

from app.model import Kind, Trigger
from handlers.payload import Payload, installation, items, repository, text

MOST_REPOSITORIES = 100  # an organisation may bring thousands at once: theirs get their answer at the next event


def understand(payload: Payload, _own_app: int) -> tuple[Trigger, ...]:
    """Sweep each repository that was added."""
    listed = {"created": "repositories", "added": "repositories_added"}.get(text(payload, "action"))
    if listed is None:
        return ()
    names = [repository({"repository": item}) for item in items(payload, listed)[:MOST_REPOSITORIES]]
    return tuple(
        Trigger(Kind.SWEEP, name, installation(payload), reason=f"installation.{text(payload, 'action')}")
        for name in names
        if name
    )
