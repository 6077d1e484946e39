"""A clause as a report tells of it."""

from __future__ import annotations

from speclive.wire import Counted
from speclive.words import Card, Clause, Mode


def told(card: Card, clause: Clause, mode: Mode, evaluated: int = 0, violated: int = 0, errors: int = 0) -> Counted:
    """What it is, and what was seen of it; `mode`: the one that holds, whatever the card says."""
    return {
        "id": clause.id,
        "card": card.id,
        "part": clause.part.value,
        "target": card.binding.target,
        "digest": clause.digest,
        "text": clause.text,
        "path": card.path,
        "line": clause.line,
        "mode": mode.value,
        "critical": card.critical,
        "evaluated": evaluated,
        "violated": violated,
        "errors": errors,
    }
