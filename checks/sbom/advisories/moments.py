"""Points in time as advisories and statements write them: RFC 3339, with every liberty that people take."""

from __future__ import annotations

from datetime import UTC, datetime

DAWN = datetime.min.replace(tzinfo=UTC)
"""Before every stated time: where a text states none."""


def moment(text: str) -> datetime:
    """The time that a text states, in UTC where it names no zone; DAWN when it states none.

    >>> moment("2024-10-10T12:00:00+02:00") == moment("2024-10-10T10:00:00Z")
    True
    """
    try:
        stated = datetime.fromisoformat(text.strip())
        return stated.replace(tzinfo=UTC) if stated.tzinfo is None else stated.astimezone(UTC)
    except (ValueError, OverflowError):
        return DAWN
