"""Other deployments nearby: what of a window is this deployment's own.

One before it: the window starts after that, where enough is left; else the metric may step there (a regressor that is
0 before and 1 after). One after it: the window ends there. One with no whole step in between: nobody can
tell them apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

from checks.impact.series import Neighbour


@dataclass(frozen=True, slots=True)
class Cut:
    """From `first` to before `last`, epoch seconds, with steps at `steps`; `notes` says why, in words."""

    first: float = -inf
    last: float = inf
    steps: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def cut(seen: Sequence[float], at: float, neighbours: Sequence[Neighbour], enough: int) -> Cut:
    """What is left of the moments `seen`, ascending, at which the metric was measured around a deployment `at`."""
    known = sorted(neighbours, key=lambda one: (one.at, one.what))
    apart = [one for one in known if _between(seen, one.at, at)]
    before = [one for one in apart if one.at < at and one.at > seen[0]]
    after = [one for one in apart if one.at > at and one.at <= seen[-1]]
    start = next((one for one in reversed(before) if _between(seen, one.at, at) >= enough), None)
    steps = [one for one in before if start is None or one.at > start.at]
    alike = [one for one in known if one not in apart]
    return Cut(
        start.at if start else -inf,
        after[0].at if after else inf,
        tuple(one.at for one in steps),
        tuple(_notes(start, steps, alike, after[0] if after else None)),
    )


def _between(seen: Sequence[float], one: float, other: float) -> int:
    """How many of the moments lie between two deployments, the earlier one's included."""
    return bisect_left(seen, max(one, other)) - bisect_left(seen, min(one, other))


def _notes(
    start: Neighbour | None, steps: Sequence[Neighbour], alike: Sequence[Neighbour], end: Neighbour | None
) -> Iterator[str]:
    if start:
        yield f"looked at from {_clock(start.at)} on, when {start.what} was deployed"
    for one in steps:
        yield f"allowed to step at {_clock(one.at)}, when {one.what} was deployed: too little is left after it"
    for one in alike:
        yield f"{one.what} was deployed with it, at {_clock(one.at)}: one effect for both"
    if end:
        yield f"looked at until {_clock(end.at)}, when {end.what} was deployed"


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %b %H:%M} UTC"
