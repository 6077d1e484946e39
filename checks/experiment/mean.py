"""Evidence that the canary's mean (cost, carbon) lies above the tolerated multiple of the control's.

Each tick gives one difference of means; the spread between ticks says how certain their average is, bursts included.
A half-normal mixture over the size of the true difference (H. Robbins 1970) makes it safe to look at any time, in the
limit of many ticks: hence the burn-in, and hence no promotion. A tail that a few dozen ticks do not show breaks it.
"""

from __future__ import annotations

from math import log, log1p, sqrt

from msgspec import Struct
from msgspec.structs import replace

from checks.experiment.design import Design
from checks.experiment.normal import log_cdf
from checks.experiment.quantity import Finite, NotNegative, Whole
from checks.experiment.tick import Counts

FINEST = 1e-6  # of the level: the spread that a tick's mean has at least
FARTHEST = 1e6  # standard errors


class Mean(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="mean"):
    """Running mean and squared deviations (Welford) of the tick differences canary - tolerate x control."""

    ticks: Whole = 0
    control: Whole = 0  # requests scored
    canary: Whole = 0
    level: Finite = 0.0  # average of the control's tick means
    difference: Finite = 0.0
    deviations: NotNegative = 0.0
    missing: Whole = 0
    log_e_rollback: Finite = 0.0


def add_mean(mean: Mean, design: Design, control: Counts, canary: Counts) -> Mean:
    """The evidence with one more tick that has requests on both sides."""
    usual, now = control[1] / control[0], canary[1] / canary[0]
    ticks = mean.ticks + 1
    level = mean.level + (usual - mean.level) / ticks
    apart = now - design.tolerate * usual
    difference = mean.difference + (apart - mean.difference) / ticks
    deviations = mean.deviations + (apart - mean.difference) * (apart - difference)
    requests = mean.control + int(control[0]), mean.canary + int(canary[0])
    seen = Mean(ticks, *requests, level, difference, max(deviations, 0.0))
    return replace(seen, log_e_rollback=_log_e(design, seen)) if ticks >= design.burn_in else seen


def certainty(mean: Mean) -> float:
    """1 / variance of the average difference; 0 where nothing is known, and never beyond what `FINEST` allows."""
    if not mean.ticks:
        return 0.0
    variance = mean.deviations / (mean.ticks * mean.ticks)
    variance = max(variance, (FINEST * mean.level) ** 2 / mean.ticks)
    return 1 / variance if variance > 0 else 0.0


def _log_e(design: Design, mean: Mean) -> float:
    """log of the mean likelihood ratio over half-normal true differences of scale (margin - tolerate) x level."""
    known, scale = sqrt(certainty(mean)), (design.margin - design.tolerate) * abs(mean.level)
    gain = scale * known
    if gain == 0:
        return 0.0
    z = max(-FARTHEST, min(FARTHEST, gain * known * mean.difference / sqrt(1 + gain * gain)))
    return log(2) - log1p(gain * gain) / 2 + z * z / 2 + log_cdf(z)
