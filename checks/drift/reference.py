"""The reference: the last stable window of a module, cut into bins that stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct

from checks.drift.bins import Bins, bins_of
from checks.drift.column import Column, Kind, Names, Numbers, column, merged
from checks.drift.limits import DriftLimits

POINTS = 200  # of the distribution of a numeric feature, which a stored reference keeps
MOST_FEATURES = 200
LONGEST = 20_000_000  # characters of a stored reference

Count = Annotated[int, Meta(ge=0, le=10**15)]
Counts = tuple[Count, ...]
Features = Mapping[str, Any]
"""By name: an array or list of values, shape (rows,), or a sketch."""


class BadReference(ValueError):
    """A text that is no reference of this version."""


class Day(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """The counts of one day, `day` as of `date.toordinal`."""

    day: Annotated[int, Meta(ge=1, le=3_652_059)]
    counts: Counts


class FeatureReference(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One feature: its bins, the rows in each, those of each day where days are known, and points of its curve."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    bins: Bins
    counts: Counts
    days: tuple[Day, ...] = ()
    points: tuple[float, ...] = ()
    reached: Counts = ()  # rows up to each of the points

    @property
    def rows(self) -> int:
        """All of them, missing ones included."""
        return sum(self.counts)

    @property
    def kind(self) -> Kind:
        """Numeric or categorical."""
        return self.bins.kind

    @property
    def curve(self) -> Numbers:
        """The points as a column: where the reference's distribution is known."""
        return Numbers(np.array(self.points), np.array(self.reached, dtype=np.int64), self.counts[-1])


class _Stored(Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    features: Annotated[tuple[FeatureReference, ...], Meta(max_length=MOST_FEATURES)]


@dataclass(frozen=True)
class Reference:
    """All features of a module, in order. `columns`: the numbers themselves, as long as they are in memory."""

    features: tuple[FeatureReference, ...]
    columns: Mapping[str, Numbers] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, features: Features, limits: DriftLimits | None = None, kinds: Mapping[str, Kind] | None = None
    ) -> Reference:
        """The reference of rows whose days are not known. `kinds` says what is not to be told by the values."""
        limits, kinds = limits or DriftLimits(), kinds or {}
        columns = {name: column(values, kinds.get(name)) for name, values in features.items()}
        return cls(
            tuple(_feature(name, found, {}, limits) for name, found in columns.items()),
            {name: found for name, found in columns.items() if isinstance(found, Numbers)},
        )

    @classmethod
    def of_days(
        cls,
        days: Mapping[int, Features],
        limits: DriftLimits | None = None,
        kinds: Mapping[str, Kind] | None = None,
    ) -> Reference:
        """The reference of rows by day (`date.toordinal`), which may vary from day to day more than within one."""
        limits, kinds = limits or DriftLimits(), kinds or {}
        by_name = {name: None for features in days.values() for name in features}
        columns = {name: _by_day(name, days, kinds.get(name)) for name in by_name}
        pooled = {name: merged(list(found.values())) for name, found in columns.items()}
        return cls(
            tuple(_feature(name, found, columns[name], limits) for name, found in pooled.items()),
            {name: found for name, found in pooled.items() if isinstance(found, Numbers)},
        )

    @cached_property
    def by_name(self) -> Mapping[str, FeatureReference]:
        """Each feature by its name."""
        return {feature.name: feature for feature in self.features}

    def dump(self) -> str:
        """The reference as one line of JSON."""
        return msgspec.json.encode(_Stored(1, self.features)).decode()

    @classmethod
    def load(cls, text: str | bytes) -> Reference:
        """The reference in `text`, a line of `dump`. Raises BadReference, naming the field, where it is none."""
        if len(text) > LONGEST:
            raise BadReference(f"longer than {LONGEST:,} characters")
        try:
            stored = _DECODER.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise BadReference(str(error)) from None
        for feature in stored.features:
            _fits(feature)
        return cls(stored.features)


_DECODER = msgspec.json.Decoder(_Stored)


def _by_day(name: str, days: Mapping[int, Features], kind: Kind | None) -> dict[int, Column]:
    """The feature's column of each day, all of one kind."""
    found = {day: column(features[name], kind) for day, features in sorted(days.items()) if name in features}
    first = next((rows for rows in found.values() if rows.present), None)
    common = kind or (first.kind if first else Kind.NUMERIC)
    return {day: column(rows, common) for day, rows in found.items()}


def _fits(feature: FeatureReference) -> None:
    """Raises BadReference where counts and bins are not of one size."""
    sizes = {len(feature.counts), *(len(day.counts) for day in feature.days)}
    if sizes != {feature.bins.size} or len(feature.points) != len(feature.reached):
        raise BadReference(f"{feature.name}: counts and bins are not of one size")
    steps = (feature.points, feature.reached, getattr(feature.bins, "cuts", ()))
    if any(list(step) != sorted(step) for step in steps):
        raise BadReference(f"{feature.name}: cuts and points are not in order")


def _feature(name: str, found: Column, days: Mapping[int, Column], limits: DriftLimits) -> FeatureReference:
    bins = bins_of(found, limits.bins, limits.top)
    by_day = tuple(Day(day, tuple(bins.count(rows).tolist())) for day, rows in days.items())
    counts = tuple(bins.count(found).tolist())
    if isinstance(found, Names):
        return FeatureReference(name, bins, counts, by_day)
    points = found.thinned(POINTS)
    return FeatureReference(name, bins, counts, by_day, tuple(points.values.tolist()), tuple(points.totals.tolist()))
