"""Prior `r` against what the R package CausalImpact printed, on the same series."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from checks.impact import estimate
from tests.checks.impact.series import published

MEAN = 0.1  # standard deviations of the posterior


class Printed(NamedTuple):
    """What R says of the average effect; n_pre points come before it, in seasons of `period`."""

    name: str
    n_pre: int
    effect: float
    lower: float
    upper: float
    period: int = 0
    end: float = 0.15  # standard deviations; an end of 1,000 draws is itself unsure by 0.09


PRINTED = (
    Printed("basic", 70, 2.9022749034, 2.3957227451, 3.3938780734),
    Printed("covariates", 70, 2.8858699154, 2.4680288425, 3.2974320329),
    Printed("no_effect", 70, -0.0977, -0.6043, 0.3939),
    Printed("strong_effect", 70, 7.9511, 7.6979, 8.1969),
    Printed("seasonal", 84, 2.9822451587, 2.7769556105, 3.1867622736, period=7),
    Printed("comparison", 90, -657, -2076, 832, end=0.2),
    Printed("basque", 21, -0.76, -1.4, -0.2),
)


@pytest.mark.parametrize("printed", PRINTED, ids=lambda printed: printed.name)
def test_prior_r_says_what_r_says(printed: Printed) -> None:
    y, x = published(printed.name)
    average = estimate(y, x, printed.n_pre, "r", period=printed.period, min_pre=20).average
    assert average is not None
    assert abs(average.effect - printed.effect) < MEAN * average.sd
    assert abs(average.lower - printed.lower) < printed.end * average.sd
    assert abs(average.upper - printed.upper) < printed.end * average.sd


def test_prior_r_lies_between_the_two_runs_of_r_on_the_vignette() -> None:
    """R against R differs by more in its ends than we do from either: 1,000 draws each."""
    y, x = published("vignette")
    total = estimate(y, x, 70, "r", kind="flow").cumulative
    assert total is not None
    assert total.actual == pytest.approx(3511.46, abs=0.01)
    assert abs(total.effect - 316) < MEAN * total.sd
    assert 291.7 < total.lower < 294.4 + 0.15 * total.sd
    assert 336 < total.upper < 340
