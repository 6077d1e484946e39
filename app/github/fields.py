"""Single fields of GitHub's answers, each read tolerantly: what is absent, null or of another type has no value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

LARGEST_ID = 2**63 - 1


def identifier(data: Mapping[str, Any], key: str) -> int:
    """A number that names something: positive, and of a size that a database column holds.

    Raises KeyError or TypeError where there is none.
    """
    value = data[key]
    if not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise TypeError(key)
    return value


def within(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def flag(data: Mapping[str, Any], key: str) -> bool | None:
    """None where nobody says."""
    value = data.get(key)
    return value if isinstance(value, bool) else None


def text(data: Mapping[str, Any], key: str) -> str:
    """ "" where there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def count(data: Mapping[str, Any], key: str) -> int:
    """0 where there is none."""
    value = data.get(key)
    return value if isinstance(value, int) else 0


def moment(data: Mapping[str, Any], key: str) -> float:
    """A time such as 2026-01-31T12:00:00Z, as epoch seconds; 0 where there is none."""
    try:
        read = datetime.fromisoformat(text(data, key))
        return max(read.timestamp(), 0.0) if read.tzinfo else 0.0
    except (ValueError, OverflowError):
        return 0.0
