"""Whether what moved has come back. That days prove no drift is no proof that it is over: few rows prove nothing."""

from __future__ import annotations

from math import sqrt

from scipy.special import stdtr

from checks.drift.column import Ints
from checks.drift.evidence import Known

PART = 0.5  # of what had moved; what is surely nearer to the reference than that has come back
SURE = 0.05  # the chance of such rows where it has not


def returned(known: Known, window: Ints, side: int, moved: float) -> bool:
    """Whether the rows of `window`, shape (strata, bins), show that less than half of `moved` is left.

    `moved`: by how much the share of the side (of `Contrasts`) differed from the reference's when that was proven, not
    0. This is one side of a test of equivalence; its variance is that at its border. Source: D. Schuirmann (1987).
    """
    inside = known.contrasts.inside[side]
    m, n = window.sum(1), known.counts.sum(1)
    usual = float((m / m.sum()) @ ((known.counts @ inside) / n.clip(1)))
    now = float(window.sum(0) @ inside / m.sum())
    border = usual + PART * moved
    variance = border * (1 - border) * (1 / m.sum() + 1 / n.sum()) * float(known.factor[side])
    left = (now - border) if moved > 0 else (border - now)
    return variance > 0 and float(stdtr(known.freedom, left / sqrt(variance))) <= SURE
