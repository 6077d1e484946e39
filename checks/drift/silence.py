"""How long a module was silent."""

from __future__ import annotations

from datetime import UTC, datetime

from checks.drift.block import Module

_HOUR = 3_600.0


def silence(rules: Module, since: float, heard: float | None, now: float, trouble: str = "") -> tuple[int, str] | None:
    """Since which day nothing comes (`date.toordinal`, UTC), and that in words; None where that is not too long.

    Moments are epoch seconds: `since` it is watched, or watched again, when it was last `heard`, and `now`. `trouble`:
    with its source.
    """
    last = since if heard is None else max(since, heard)
    hours = (now - last) / _HOUR
    if hours <= rules.silent_hours:
        return None
    said = "no batch ever came" if heard is None else "no batch came"
    return datetime.fromtimestamp(last, UTC).date().toordinal(), with_trouble(f"{said} for {hours:.0f} hours", trouble)


def with_trouble(said: str, trouble: str) -> str:
    """What is `said`, and why, where the trouble is known."""
    return f"{said}; {trouble}" if said and trouble else said
