"""How soon a bad canary can be taken back, at best: what a source, the rules and GitHub take together."""

from __future__ import annotations

from math import ceil

from checks.experiment.config import GateConfig

AIM = 420.0  # seconds: seven minutes from the fault to the rollback
ACTION = 60.0  # seconds that a dispatched workflow or a deployment takes to have its effect, at least


def reaction(gate: GateConfig, lag: float = 0.0) -> float:
    """Seconds at best from the fault to its end, where figures are `lag` seconds old: one tick, settled and seen."""
    return lag + gate.tick_seconds + gate.watermark_seconds + gate.look_seconds + ACTION


def too_slow(gate: GateConfig, lag: float = 0.0, source: str = "") -> str:
    """Why a rollback within the aim is not possible; "" where it is."""
    least = reaction(gate, lag)
    if least <= AIM:
        return ""
    ticks = f"ticks of {duration(gate.tick_seconds)} settle after {duration(gate.watermark_seconds)}"
    figures = f"figures of `{source}` are {duration(lag)} old and " if source else ""
    return f"{figures}{ticks}: a rollback within {duration(AIM)} is not possible, it takes {duration(least)} at least"


def too_late(gate: GateConfig, lag: float) -> str:
    """Why ticks whose figures are `lag` seconds old settle before anybody can read them; "" where they do not."""
    needed = lag + gate.look_seconds
    if needed <= gate.watermark_seconds:
        return ""
    return (
        f"its figures are {duration(lag)} old when they are complete, too late for watermark_seconds "
        f"{gate.watermark_seconds:g}: set it to {ceil(needed)} at least"
    )


def duration(seconds: float) -> str:
    """In words.

    >>> [duration(seconds) for seconds in (0.5, 90, 720, 600)]
    ['0.5 s', '90 s', '12 min', '10 min']
    """
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
