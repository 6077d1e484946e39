"""Were requests split between the sides as routed? An e-process against the expected share of the canary.

Under any share near the expected one the mean of the evidence never exceeds 1, so that it reaches 1 / alpha with
probability alpha at most, however often one looks. Source: M. Lindon, A. Malek, arXiv 2011.03567: the counts are held
against a mixture of all shares.
"""

from __future__ import annotations

from math import lgamma, log

from msgspec import Struct

from checks.experiment.quantity import Finite, Share, Whole

STRENGTH = 100.0  # how closely the mixture lies around the expected share, in requests


class Split(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Requests since the share was last routed anew, and the evidence of all the stages before."""

    before: Finite = 0.0
    share: Share = 0.0  # 0: no stage has begun
    control: Whole = 0
    canary: Whole = 0
    log_e: Finite = 0.0
    """log of the evidence for a mismatch, of all stages."""

    def after(self, control: int, canary: int, share: float, tolerance: float) -> Split:
        """With one more tick, routed so that the canary's share is `share`, give or take `tolerance`."""
        same = share == self.share
        before = self.before if same else self.log_e
        control, canary = (self.control + control, self.canary + canary) if same else (control, canary)
        return Split(before, share, control, canary, before + _log_e(control, canary, share, tolerance))

    @property
    def observed(self) -> float | None:
        """The canary's share of this stage's requests."""
        total = self.control + self.canary
        return self.canary / total if total else None


def _log_e(control: int, canary: int, share: float, tolerance: float) -> float:
    """log of (likelihood under the mixture / highest likelihood within the tolerance)."""
    nearest = min(max(canary / (control + canary), share - tolerance), share + tolerance)
    nearest = min(max(nearest, 1e-12), 1 - 1e-12)
    mixture = _log_beta(STRENGTH * share + canary, STRENGTH * (1 - share) + control)
    mixture -= _log_beta(STRENGTH * share, STRENGTH * (1 - share))
    return mixture - canary * log(nearest) - control * log(1 - nearest)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
