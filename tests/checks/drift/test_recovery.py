"""What moved has come back once its rows show it; a share at the border does by no more than the stated chance."""

from __future__ import annotations

import numpy as np
import pytest

from checks.drift import Kind
from checks.drift.column import Ints
from checks.drift.contrasts import contrasts
from checks.drift.evidence import Known
from checks.drift.recovery import SURE, returned

SHARES = np.array([0.1, 0.2, 0.7])
ASKED = contrasts(Kind.CATEGORICAL, (True, True, True))
KNOWN = Known(np.array([[1_500, 3_000, 10_500]]), ASKED, np.ones(len(ASKED.inside)), np.inf)
MOVED = 0.04


def window(left: float, rows: int = 3_500) -> Ints:
    """One stratum; `left`: how much of MOVED the first bin still has of the last one's."""
    gone = MOVED * left
    counts = np.rint((SHARES + np.array([gone, 0.0, -gone])) * rows)
    return np.array([counts], dtype=np.int64)


@pytest.mark.parametrize(("left", "back"), [(0.0, True), (0.5, False), (1.0, False), (-1.0, True)])
def test_less_than_half_is_left_or_it_is_not_over(left: float, back: bool) -> None:
    assert returned(KNOWN, window(left), 0, MOVED) is back
    assert returned(KNOWN, window(left), 2, -MOVED) is back


def test_few_rows_show_nothing() -> None:
    assert not returned(KNOWN, window(0.0, 100), 0, MOVED)


def test_days_that_vary_more_show_less() -> None:
    assert returned(KNOWN, window(0.0), 0, MOVED)
    varied = Known(KNOWN.counts, ASKED, np.full(len(ASKED.inside), 9.0), 26.0)
    assert not returned(varied, window(0.0), 0, MOVED)


def test_at_the_border_it_is_told_as_often_as_is_stated() -> None:
    draw = np.random.default_rng(3)
    half = SHARES + np.array([MOVED / 2, 0.0, -MOVED / 2])
    told = 0
    for _ in range(1_000):
        before, after = draw.multinomial(15_000, SHARES)[None], draw.multinomial(3_500, half)[None]
        told += returned(Known(before, ASKED, KNOWN.factor, np.inf), after, 0, MOVED)
    assert 0.5 * SURE < told / 1_000 < 1.6 * SURE
