"""The ticks of an experiment, counted by a source."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.sources.counters import Reading, Window
from checks.experiment import Kind, Side, Watched
from checks.experiment.design import Design

APART = 0.05  # of their length: what two sides' spans may differ by and still be held to the split as routed
_PLACES = 6  # of seconds: a tick has the same time whichever window it was read in


class Source(Protocol):
    """Whoever counts what a service did. There is one adapter a kind."""

    def check(self, side: Side, seconds: float) -> None:
        """Raises BadSelector for counters that could never be asked for in ticks of `seconds`."""

    async def count(self, design: Design, side: Side, window: Window) -> Reading:
        """What `side` of the metric `design` counted in each tick of `window`.

        The names of the counts are those of `side`'s counters; of a latency they are the bounds in milliseconds that
        the design compares, and `+Inf`. Raises NoSeries where there is nothing of the kind that is asked for,
        BadSelector, BadAnswer, and what the wire raises.
        """


@dataclass(frozen=True, slots=True)
class Read:
    """Ticks as a gate takes them, in order of time; `resets`, `unplaced` as of a Reading, of all counters."""

    ticks: tuple[dict[str, Any], ...]
    resets: int = 0
    unplaced: int = 0

    @property
    def too_seldom(self) -> bool:
        """Whether figures came, and too rarely to be of any tick."""
        return bool(self.unplaced) and not any(side for tick in self.ticks for side in tick["metrics"].values())


def check(source: Source, config: Watched) -> None:
    """Raises BadSelector for queries that `source` could never be asked."""
    for query in config.queries.values():
        source.check(query.control, config.tick_seconds)
        source.check(query.canary, config.tick_seconds)


async def read(source: Source, config: Watched, window: Window) -> Read:
    """The ticks of `window`. A side that nobody counted is left out of its tick: it is missing, not zero. A tick in
    which one side was counted for longer than the other says what share of its requests the canary must have then.

    Raises as `source.count`.
    """
    sides = [
        (design, label, side)
        for design in config.designs
        for label, side in (
            ("control", config.queries[design.name].control),
            ("canary", config.queries[design.name].canary),
        )
    ]
    found = await _together([source.count(design, side, window) for design, _, side in sides])
    ticks = missing(config, window).ticks
    for (design, label, _), counted in zip(sides, found, strict=True):
        for at, tick in enumerate(ticks):
            counts = {name: count for name, values in counted.counts.items() if (count := values[at]) is not None}
            if counts:
                tick["metrics"][design.name][label] = _SHAPES[design.kind](counts)
    control, canary = found[:2]
    for tick, *spans in zip(ticks, control.spans, canary.spans, strict=False):  # a source may know none
        tick.update(_shared(config.expected_share, *spans))
    return Read(ticks, sum(one.resets for one in found), sum(one.unplaced for one in found))


def _shared(routed: float | None, control: float, canary: float) -> dict[str, float]:
    """The canary's share, where what was `routed` came for so many seconds on either side; empty where that is it."""
    if routed is None or not control or not canary or abs(canary / control - 1) <= APART:
        return {}
    return {"share": routed * canary / (routed * canary + (1 - routed) * control)}


async def _together(counting: Sequence[Coroutine[Any, Any, Reading]]) -> Sequence[Reading]:
    """All of them, or the first failure, and then nobody asks on."""
    tasks = [asyncio.ensure_future(one) for one in counting]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def missing(config: Watched, window: Window) -> Read:
    """The ticks of `window`, of which nothing is known."""
    return Read(
        tuple(
            {
                "t": round(window.start + window.seconds * (at + 1), _PLACES),
                "metrics": {design.name: {} for design in config.designs},
            }
            for at in range(window.ticks)
        )
    )


# --- from counts to one side of a tick -------------------------------------------------------------------------


def _whole(count: float) -> float | int:
    """Counts are whole; what is not stays as it is, for the gate to refuse."""
    return int(count) if count == int(count) else count


def _outcomes(counts: Mapping[str, float]) -> dict[str, Any]:
    total = _whole(counts["total"])
    return {"total": total, "good": _whole(counts["good"]) if "good" in counts else total - _whole(counts["bad"])}


def _latencies(counts: Mapping[str, float]) -> dict[str, Any]:
    return {"buckets": {name: _whole(count) for name, count in counts.items()}}


def _sums(counts: Mapping[str, float]) -> dict[str, Any]:
    return {"n": _whole(counts["total"]), "sum": counts["sum"]}


_SHAPES = {Kind.BERNOULLI: _outcomes, Kind.LATENCY: _latencies, Kind.MEAN: _sums}
