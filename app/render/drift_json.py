"""A comparison of tables as plain JSON: an object for each feature, and the state of the module."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from checks.drift import FeatureWatch, Shift, Watch
from checks.drift.answer import Answer


def plain(answer: Answer) -> dict[str, Any]:
    """The answer; days are written as 2026-11-30, and what is followed by day has the state of its last day."""
    features = {shift.name: _shift(shift) for shift in answer.comparison.shifts}
    said: dict[str, Any] = {"state": answer.state, "reason": answer.reason, "features": features}
    if answer.course:
        for feature in answer.course[-1].features:
            features[feature.name].update(_followed(feature))
        said["days"] = [_day(watch) for watch in answer.course]
    return {**said, "unknown": list(answer.unknown)}


def _shift(shift: Shift) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(shift)
    del told["name"]
    return told


def _followed(feature: FeatureWatch) -> dict[str, Any]:
    """`chance`: of such evidence in 30 days of the whole module, where nothing moves."""
    return {
        "state": feature.state,
        "reason": feature.reason,
        "chance": feature.p,
        "window": feature.window,
        "first": _written(feature.first),
        "proven": _written(feature.proven),
    }


def _day(watch: Watch) -> dict[str, Any]:
    states = {feature.name: feature.state for feature in watch.features}
    return {"day": _written(watch.day), "state": watch.state, "features": states}


def _written(day: int | None) -> str | None:
    return None if day is None else date.fromordinal(day).isoformat()
