"""What there is to say of a module after a day: of each feature how it stands, by which figures, and what moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from checks.drift import FeatureWatch
from checks.drift.block import Module
from checks.drift.comparison import Bin, Comparison, Shift, Standing
from checks.drift.watch import Watch

MOST_BINS = 12  # of a feature that are shown
_WORST_FIRST = (Standing.DRIFT, Standing.BLIND, Standing.WATCH, Standing.OK)


class FeatureTold(Struct, frozen=True, omit_defaults=True):
    """One feature. `psi`, `threshold`, `p` and `q` are of the rows that are shown, the day's or those since a drift
    began; `chance`: of evidence as strong in 30 days of a module in which nothing moves. `first`: the day since which
    it drifts. `bins`: those that moved, or all where none did by itself.
    """

    name: str
    state: Standing
    reason: str
    role: str = "input"
    psi: float | None = None
    threshold: float | None = None
    p: float | None = None
    q: float | None = None
    chance: float = 1.0
    first: int | None = None
    rows: int = 0
    bins: tuple[Bin, ...] = ()
    notes: tuple[str, ...] = ()


class Told(Struct, frozen=True, omit_defaults=True):
    """A module after a day. Features come with the worst first. `first`: the day since which it drifts."""

    day: int
    state: Standing
    reason: str
    features: tuple[FeatureTold, ...]
    first: int | None = None


def tell(watch: Watch, comparison: Comparison, rules: Module) -> Told:
    """What `watch` knows of its last day, with the figures of a `comparison` of the rows that are shown."""
    roles = {feature.name: feature.role for feature in rules.features}
    shifts = {shift.name: shift for shift in comparison.shifts}
    every = [_feature(one, shifts[one.name], roles.get(one.name, "input")) for one in watch.features]
    features = tuple(sorted(every, key=lambda one: _WORST_FIRST.index(one.state)))
    first = min((one.first for one in features if one.first is not None), default=None)
    return Told(watch.day or 0, watch.state, _why(features), features, first)


def load(text: str) -> Told:
    """What was told, from its JSON."""
    return msgspec.json.decode(text, type=Told)


def dump(told: Told) -> str:
    """As one line of JSON."""
    return msgspec.json.encode(told).decode()


def written(day: int | None) -> str | None:
    """A day as people write it."""
    return None if day is None else date.fromordinal(day).isoformat()


def plain(told: Told) -> dict[str, Any]:
    """In JSON's own types, days as people write them."""
    said: dict[str, Any] = msgspec.to_builtins(told)
    features = [one | ({"first": written(one["first"])} if "first" in one else {}) for one in said["features"]]
    return {"day": written(told.day), "first": written(told.first), "features": features}


def _feature(watch: FeatureWatch, shift: Shift, role: str) -> FeatureTold:
    drifts = watch.state is Standing.DRIFT
    return FeatureTold(
        name=watch.name,
        state=watch.state,
        reason=watch.reason,
        role=role,
        psi=shift.psi,
        threshold=shift.threshold,
        p=shift.p,
        q=shift.q,
        chance=watch.p,
        first=watch.first if drifts else None,
        rows=shift.rows_after,
        bins=_moved(shift.bins) if watch.state in {Standing.DRIFT, Standing.WATCH} else (),
        notes=shift.notes,
    )


def _moved(bins: Sequence[Bin]) -> tuple[Bin, ...]:
    """In their own order, those that moved most."""
    moved = [one for one in bins if one.moved] or list(bins)
    shown = sorted(moved, key=lambda one: -abs(one.z))[:MOST_BINS]
    return tuple(one for one in bins if one in shown)


def _why(features: Sequence[FeatureTold]) -> str:
    if not features:
        return "there are no features to compare"
    worst = features[0]
    alike = sum(one.state is worst.state for one in features) - 1
    if worst.state is Standing.OK:
        return f"{len(features)} features are as the reference, as far as can be told"
    return f"{worst.name}{f', and {alike} more' if alike else ''}: {worst.reason}"
