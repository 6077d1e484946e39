"""Which day it is: the only thing of time that a check may know."""

from __future__ import annotations

from datetime import UTC, datetime


def day_of(moment: float) -> str:
    """The day in UTC, ISO 8601, of a moment in epoch seconds."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
