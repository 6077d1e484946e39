"""The change-risk model: a logistic regression, its percentile among real changes, the score made of that.

Scoring uses the standard library alone, so that `maestro check` starts fast; `checks.risk.fit` makes a Model.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from checks.assessed import Risk
from checks.model import Strict
from checks.risk.change import FEATURES, Change

# Where the table of quantiles holds a value; linear in between.
PERCENTILES = (0.0, 0.01, *(step / 20 for step in range(1, 20)), 0.975, 0.99, 0.995, 0.999, 1.0)

# The score is the percentile seen through these corners, straight lines in between: the median change scores
# 0.35, the 95th percentile 0.65, the riskiest change of the reference 1.
SCORE_CORNERS = ((0.0, 0.5, 0.95, 1.0), (0.0, 0.35, 0.65, 1.0))

TOP_REASONS = 3
WORTH_SAYING = 0.05  # log-odds away from the median change: about 5 % of the odds

Bounded = Annotated[float, Field(ge=-1e6, le=1e6)]  # finite, and small enough that no sum overflows


class Feature(Strict):
    """One feature x enters the log-odds as `weight * (log(1 + x) - mean) / scale`."""

    mean: Bounded
    scale: Annotated[float, Field(ge=1e-6, le=1e6)]
    weight: Annotated[float, Field(ge=0, le=1e6)]
    """Never negative: no addition to a change may lower its risk."""
    median: Annotated[float, Field(ge=0, le=1e9)]
    """The feature of the median change, in its own unit."""

    def contribution(self, value: float) -> float:
        """Log-odds that `value` adds to the average change of the history."""
        return self.weight * (math.log1p(value) - self.mean) / self.scale


class Features(Strict):
    """The six features of a change, by name."""

    lines_added: Feature
    lines_deleted: Feature
    files: Feature
    dirs: Feature
    entropy: Feature
    fix: Feature


class Model(Strict):
    """A fitted model with all that scoring needs. `maestro risk fit` prints one for a history of your own."""

    source: str
    """The history it was fitted on."""
    changes: Annotated[int, Field(gt=0)]
    """How many changes that history holds."""
    defect_rate: Annotated[float, Field(ge=0, le=1)]
    """The share of them that introduced a defect."""
    intercept: Bounded
    features: Features
    quantiles: Annotated[
        tuple[Bounded, ...], Field(strict=False, min_length=len(PERCENTILES), max_length=len(PERCENTILES))
    ]
    """Log-odds of the changes with lines at percentiles 0, 1, 5, 10 ... 95, 97.5, 99, 99.5, 99.9, 100."""

    @field_validator("quantiles")
    @classmethod
    def _ascending(cls, quantiles: tuple[float, ...]) -> tuple[float, ...]:
        if any(low > high for low, high in pairwise(quantiles)):
            raise ValueError("quantiles must not descend")
        return quantiles

    def contributions(self, change: Change) -> dict[str, float]:
        """Log-odds by feature, against the average change."""
        return {name: getattr(self.features, name).contribution(getattr(change, name)) for name in FEATURES}

    def log_odds(self, change: Change) -> float:
        """Log-odds that `change` introduces a defect."""
        return self.intercept + sum(self.contributions(change).values())

    def percentile(self, log_odds: float) -> float:
        """The share (0..1) of the reference changes that have lower log-odds; half of its equals count."""
        return interpolate(log_odds, self.quantiles, PERCENTILES)

    @property
    def median(self) -> Change:
        """The change that has the median of every feature."""
        return Change(**{name: getattr(self.features, name).median for name in FEATURES})


@cache
def shipped() -> Model:
    """The model that comes with the product; `source` in it says what it was fitted on."""
    return Model.model_validate_json(Path(__file__).with_name("model.json").read_bytes())


def score(change: object, model: Model | None = None) -> Risk:
    """The risk of `change`, a mapping or object with the names of `Change`, by `model` or the shipped one.

    The score is in 0..1 and never falls when a feature grows; percentile and probability are shares in 0..1.
    Raises ChangeError where the numbers cannot be those of a change.
    """
    model = model or shipped()
    read = Change.read(change)
    log_odds = model.log_odds(read)
    percentile = model.percentile(log_odds)
    return Risk(
        score=interpolate(percentile, *SCORE_CORNERS),
        reasons=_reasons(read, model),
        probability=_logistic(log_odds),
        percentile=percentile,
    )


def interpolate(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """y at `x` on straight lines through ascending corners; the ends hold beyond, a step has its middle."""
    low, high = bisect_left(xs, x), bisect_right(xs, x)
    if low < high:
        return (ys[low] + ys[high - 1]) / 2
    if low == 0:
        return ys[0]
    if low == len(xs):
        return ys[-1]
    share = (x - xs[low - 1]) / (xs[low] - xs[low - 1])
    return ys[low - 1] + share * (ys[low] - ys[low - 1])


def _logistic(log_odds: float) -> float:
    odds = math.exp(-abs(log_odds))  # never overflows
    return (1 if log_odds >= 0 else odds) / (1 + odds)


def _reasons(change: Change, model: Model) -> tuple[str, ...]:
    """What sets the change apart from the median one, heaviest first, all pulling to the same side."""
    mine, usual = model.contributions(change), model.contributions(model.median)
    apart = {name: mine[name] - usual[name] for name in FEATURES}
    side = math.copysign(1, sum(apart.values()))
    pulls = [name for name in FEATURES if side * apart[name] >= WORTH_SAYING]
    top = sorted(pulls, key=lambda name: -abs(apart[name]))[:TOP_REASONS]
    return tuple(_say(name, change, model.median) for name in top) or ("much like the median change",)


def _say(name: str, change: Change, median: Change) -> str:
    value, usual = getattr(change, name), getattr(median, name)
    if name == "fix":
        return f"{_fix(value)} (median change: {_fix(usual)})"
    if name == "entropy":
        return f"spread over its files: {value:.1f} bits (median change: {usual:.1f})"
    one, many = _NOUNS[name]
    return f"{value:,.0f} {one if value == 1 else many} (median change: {usual:,.0f})"


def _fix(value: float) -> str:
    return "a fix" if value else "not a fix"


_NOUNS = {
    "lines_added": ("line added", "lines added"),
    "lines_deleted": ("line deleted", "lines deleted"),
    "files": ("file", "files"),
    "dirs": ("directory", "directories"),
}
