"""How much more the control's errors vary from tick to tick than independent requests would."""

from __future__ import annotations

from math import sqrt

from msgspec import Struct

from checks.experiment.quantity import NotNegative, Whole

SUSPECTED = 2.5  # the factor assumed before anything was seen
WORTH = 2  # how many pairs of ticks that assumption weighs
CAUTION = 2.0  # standard errors that promotion adds to the estimate


class Dispersion(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Sums over pairs of consecutive ticks of the control: what `factor` is made of.

    Neighbours are compared, so that a baseline which drifts or follows the time of day does not count as bursts.
    """

    spread: NotNegative = 0.0  # squared differences, scaled so that independent requests give `events` on average
    events: Whole = 0
    pairs: Whole = 0  # pairs with two errors or more: fewer cannot show a burst
    total: Whole = 0  # the last tick's requests and errors
    bad: Whole = 0

    def after(self, total: int, bad: int) -> Dispersion:
        """With one more tick of the control."""
        if not self.total:
            return Dispersion(total=total, bad=bad)
        events = self.bad + bad
        apart = self.bad * total - bad * self.total
        return Dispersion(
            self.spread + apart * apart / (self.total * total),
            self.events + events,
            self.pairs + (events >= 2),
            total,
            bad,
        )

    @property
    def factor(self) -> float:
        """Variance over that of independent requests, at least 1; a mean of what was seen and what was suspected."""
        seen = self.spread / self.events if self.events else 1.0
        return max(1.0, (WORTH * SUSPECTED + self.pairs * seen) / (WORTH + self.pairs))

    @property
    def cautious(self) -> float:
        """The factor that promotion reckons with: a bursty control is not mistaken for a calm one by chance."""
        return 1 + (self.factor - 1) * (1 + CAUTION / sqrt(WORTH + self.pairs))


CALM = Dispersion()
