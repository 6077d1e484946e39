"""The settings of a drift watch: what counts as a shift, and how often it may be wrong."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from checks.model import Strict

Share = Annotated[float, Field(gt=0, lt=1)]
NonNegative = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class DriftLimits(Strict):
    """How columns are cut into bins, and what is told of them."""

    bins: Annotated[int, Field(ge=2, le=50)] = 10
    """Bins of a numeric feature: the reference's deciles. A value that fills a bin by itself has its own."""
    top: Annotated[int, Field(ge=1, le=100)] = 20
    """Values of a categorical feature that have a bin each; the rest is `other`. Missing is a bin of its own."""
    alpha: Share = 0.01
    """The chance of a false drift: of a module in one comparison, or in any 30 days of a watch."""
    fdr: Share = 0.05
    """A feature whose q (Benjamini and Hochberg, over the module) is at most this is told as `watch`."""
    min_rows: Annotated[int, Field(ge=1, le=10**9)] = 50
    """With fewer rows on either side a feature is `blind`."""
    least_psi: NonNegative = 0.005
    """A shift of a smaller PSI, chance taken off, is told but never a drift ..."""
    least_moved: Annotated[float, Field(ge=0, le=1)] = 0.03
    """... unless this share of the rows crossed one value (the Kolmogorov-Smirnov distance), chance taken off."""
    recovery_days: Annotated[int, Field(ge=1, le=28)] = 7
    """A drift ends when its rows show, in the last so many days or more, that what moved came back."""
