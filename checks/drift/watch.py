"""A watch over days: each day's rows are added to those before, and a drift is told once it is proven.

Each day windows of the last days are held against the reference, both as samples. All questions of all days share one
chance of a false answer, `alpha` for any 30 days of a module, by adding their chances up (Bonferroni): rows that are
independent break this promise at no time, however long the watch goes on, and the reference may be small.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks.drift.compare import named
from checks.drift.comparison import Standing, because, worst
from checks.drift.course import FeatureWatch, Today, step
from checks.drift.limits import DriftLimits
from checks.drift.reference import Features, Reference

LONGEST = 5_000_000  # characters of a stored watch


class WatchError(ValueError):
    """A text that is no watch of this version, or one of another reference."""


class Watch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A module between two days. `reference`: a digest of the reference that it is held against."""

    version: Literal[1]
    reference: str
    features: tuple[FeatureWatch, ...]
    day: int | None = None

    @property
    def state(self) -> Standing:
        """The worst of its features'."""
        return worst(self.features)

    @property
    def reason(self) -> str:
        """That of the first of these."""
        return because(self.features)


_DECODER = msgspec.json.Decoder(Watch)


def begin(reference: Reference) -> Watch:
    """A watch that has seen no day."""
    return Watch(1, digest(reference), tuple(FeatureWatch(feature.name) for feature in reference.features))


def digest(reference: Reference) -> str:
    """Short for all that a reference says."""
    return hashlib.sha256(reference.dump().encode()).hexdigest()[:16]


def advance(
    watch: Watch, reference: Reference, day: int, batch: Features | None, limits: DriftLimits | None = None
) -> Watch:
    """The watch after `day` (`date.toordinal`), of which `batch` holds all rows; None where none came.

    A day is told once, when it is over, and days in their order: one that is not after the last changes nothing.
    """
    if watch.day is not None and day <= watch.day:
        return watch
    came = None if batch is None else named(batch)
    today = Today(day, len(watch.features), limits or DriftLimits())
    features = tuple(step(feature, reference.by_name[feature.name], came, today) for feature in watch.features)
    return replace(watch, features=features, day=day)


def load_watch(text: str | bytes, reference: Reference) -> Watch:
    """The watch in `text`, a line of `dump_watch`. Raises WatchError, naming the field, where it is none of its."""
    if len(text) > LONGEST:
        raise WatchError(f"longer than {LONGEST:,} characters")
    try:
        watch = _DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WatchError(str(error)) from None
    if watch.reference != digest(reference):
        raise WatchError("it belongs to another reference")
    return watch


def dump_watch(watch: Watch) -> str:
    """The watch as one line of JSON."""
    return msgspec.json.encode(watch).decode()
