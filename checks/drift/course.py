"""One feature from one day to the next: its rows, its evidence, and the state that follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace

from checks.drift.column import Column, Ints, column
from checks.drift.compare import MISPLACED, misplaced, moved, rows_of, unseen
from checks.drift.comparison import Standing
from checks.drift.dispersion import WEEK, known
from checks.drift.evidence import Effect, Found, Known, effect, onset, strongest
from checks.drift.limits import DriftLimits
from checks.drift.recovery import PART, returned
from checks.drift.reference import Day, FeatureReference, Features

WINDOWS = (1, 2, 4, 7, 10, 14, 21, 28)  # days
PERIOD = 30  # days that the promise is about
WEAK = 10  # times alpha: what is told as weak evidence
OVER = 0.05  # a chance above which the rows of some days show no drift by themselves

_known = lru_cache(maxsize=1024)(known)


class FeatureWatch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One feature. `p`: the chance of such evidence in 30 days of the whole module, where nothing moves.

    `days`: the last of them, with their counts. `first`: the day since which the drift is there, as far as can be told;
    `proven`: the day on which it was proven; both as of `date.toordinal`, None where there is none.
    """

    name: str
    state: Standing = Standing.OK
    reason: str = "no day yet"
    days: Annotated[tuple[Day, ...], Meta(max_length=WINDOWS[-1])] = ()
    p: float = 1.0
    window: int = 0  # days that the evidence is of
    psi: float = 0.0  # of these days
    excess: float = 0.0  # of it over chance
    bin: str = ""  # or side of a cut, that moved most; with its share of the rows before and after
    before: float = 0.0
    after: float = 0.0
    side: int = 0  # which of `Contrasts.sides` that bin or cut is
    first: int | None = None
    proven: int | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """What is the same for all features of a module on one day; `features`: how many share the promise."""

    day: int
    features: int
    limits: DriftLimits

    @property
    def told(self) -> float:
        """The chance at which one feature's evidence of one day is worth telling."""
        return min(1.0, WEAK * self.limits.alpha) / (PERIOD * self.features)


def step(watch: FeatureWatch, feature: FeatureReference, batch: Features | None, today: Today) -> FeatureWatch:
    """The feature after the day; `batch`: all columns of the module, None where none came."""
    found, why = came(feature, batch, today.limits)
    if found is None:
        return watch if watch.state is Standing.DRIFT else replace(watch, state=Standing.BLIND, reason=why)
    days = (*watch.days, Day(today.day, tuple(feature.bins.count(found).tolist())))[-WINDOWS[-1] :]
    if watch.state is Standing.DRIFT:
        return _recovered(replace(watch, days=days), feature, today.limits)
    seen = _told(replace(watch, days=days), feature, today)
    if seen.state is Standing.DRIFT or not why:
        return seen
    return replace(seen, state=Standing.BLIND, reason=why)


def came(feature: FeatureReference, batch: Features | None, limits: DriftLimits) -> tuple[Column | None, str]:
    """The feature's rows of the day, None where none can be counted, and why the day is blind; empty if it is not."""
    if batch is None:
        return None, "no batch came"
    if batch.get(feature.name) is None:
        return None, "not in the batch"
    found = column(batch[feature.name], feature.kind)
    if misplaced(feature, found):
        return None, MISPLACED
    return (rows_of(feature, found) if found.rows else None), unseen(feature, found, limits)


def _told(watch: FeatureWatch, feature: FeatureReference, today: Today) -> FeatureWatch:
    """With the evidence of all windows that end today."""
    reference = _known(feature)
    counts = _by_stratum(watch.days, reference)
    lengths = sorted({min(length, len(counts)) for length in WINDOWS})
    found = strongest(reference, {length: counts[-length:].sum(0) for length in lengths}, today.told)
    seen = _described(watch, feature, found, effect(reference, counts[-found.window :].sum(0), found.contrast))
    seen = replace(seen, p=min(1.0, found.p * PERIOD * today.features))
    state, reason = _stated(seen, today.limits)
    seen = replace(seen, state=state, reason=reason)
    if state is not Standing.DRIFT:
        return seen
    begun = onset(reference, counts, found.contrast)
    return replace(seen, first=watch.days[begun].day, proven=today.day)


def _stated(seen: FeatureWatch, limits: DriftLimits) -> tuple[Standing, str]:
    if seen.p > WEAK * limits.alpha:
        return Standing.OK, "as the reference, as far as these days show"
    if not matters(seen, limits):
        return Standing.OK, "moved by less than matters"
    if seen.p > limits.alpha:
        return Standing.WATCH, "weak evidence of a shift"
    return Standing.DRIFT, moved(seen.bin, seen.before, seen.after)


def _recovered(watch: FeatureWatch, feature: FeatureReference, limits: DriftLimits) -> FeatureWatch:
    """The drift, or its end: days since it was proven show that it is over, and what was before is forgotten."""
    since = tuple(day for day in watch.days if watch.proven is not None and day.day > watch.proven)
    least = limits.recovery_days
    for length in sorted({least, *WINDOWS}):
        if least <= length <= len(since) and _over(watch, feature, since[-length:], limits):
            return FeatureWatch(watch.name, Standing.OK, f"no drift any more in {length} days", since[-least:])
    return watch


def _over(watch: FeatureWatch, feature: FeatureReference, days: tuple[Day, ...], limits: DriftLimits) -> bool:
    """Whether these days show that what moved came back, and of nothing else that it moved."""
    reference = _known(feature)
    window = _by_stratum(days, reference).sum(0)
    if not returned(reference, window, watch.side, watch.after - watch.before):
        return False
    found = strongest(reference, {len(days): window}, OVER)
    seen = _described(watch, feature, found, effect(reference, window, found.contrast))
    return found.p > OVER or not matters(seen, limits, PART)


def matters(seen: FeatureWatch, limits: DriftLimits, part: float = 1.0) -> bool:
    """Whether PSI, chance taken off, or the share of rows that changed sides reaches that part of its limit."""
    return seen.excess >= part * limits.least_psi or abs(seen.after - seen.before) >= part * limits.least_moved


def _described(watch: FeatureWatch, feature: FeatureReference, found: Found, seen: Effect) -> FeatureWatch:
    return replace(
        watch,
        window=found.window,
        psi=seen.apart.psi,
        excess=seen.apart.excess,
        bin=feature.bins.side(seen.side),
        side=seen.side,
        before=seen.before,
        after=seen.after,
    )


def _by_stratum(days: tuple[Day, ...], reference: Known) -> Ints:
    """Counts, shape (days, strata, bins)."""
    strata = len(reference.counts)
    counts = np.array([day.counts for day in days])
    spread = np.zeros((len(days), strata, counts.shape[1]), dtype=np.int64)
    spread[np.arange(len(days)), [day.day % WEEK if strata > 1 else 0 for day in days]] = counts
    return spread
