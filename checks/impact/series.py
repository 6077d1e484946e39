"""What was observed around a deployment: metrics with their controls, and other deployments nearby."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One named series: `times` in epoch seconds, ascending; `values` as many, None where there is no point."""

    name: str
    times: tuple[float, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """One metric and what it is held against, all on the times of `y`. `trouble`: why there is nothing, in words;
    `hint`: what would help where its past is too short.
    """

    metric: str
    y: Series
    controls: tuple[Series, ...] = ()
    trouble: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another deployment in the window: when it happened, epoch seconds, and what it was, in words."""

    at: float
    what: str
