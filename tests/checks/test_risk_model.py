import math
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from checks.risk import Change, Model, score, shipped
from checks.risk.model import PERCENTILES, interpolate

NOTHING = {"mean": 0.0, "scale": 1.0, "weight": 0.0, "median": 0.0}


def small(**features: dict[str, float]) -> dict[str, Any]:
    """A model in which only the given features weigh; its quantiles run from -1.3 to 1.2 in steps of 0.1."""
    names = ("lines_added", "lines_deleted", "files", "dirs", "entropy", "fix")
    return {
        "source": "ours",
        "changes": 10,
        "defect_rate": 0.5,
        "intercept": -1.0,
        "features": {name: {**NOTHING, **features.get(name, {})} for name in names},
        "quantiles": [(step - 13) / 10 for step in range(len(PERCENTILES))],
    }


def change(**numbers: float) -> dict[str, float]:
    return {"lines_added": 0, "lines_deleted": 0, "files": 0, "dirs": 0, "entropy": 0, "fix": 0, **numbers}


# --- arithmetic, by hand ------------------------------------------------------------------------------------


def test_log_odds_are_the_intercept_and_the_standardised_logs() -> None:
    model = Model.model_validate(
        small(
            lines_added={"mean": 1.0, "scale": 2.0, "weight": 0.5},
            entropy={"mean": 0.5, "scale": 0.25, "weight": 0.125},
        )
    )
    asked = Change.read(change(lines_added=math.e**3 - 1, entropy=math.e - 1))
    assert model.log_odds(asked) == pytest.approx(-1 + 0.5 * (3 - 1) / 2 + 0.125 * (1 - 0.5) / 0.25)


def test_probability_is_the_logistic_of_the_log_odds_on_both_sides_of_zero() -> None:
    model = Model.model_validate(small(lines_added={"weight": 1.0}))
    assert score(change(), model).probability == pytest.approx(1 / (1 + math.e))
    assert score(change(lines_added=math.e - 1), model).probability == pytest.approx(0.5)
    assert score(change(lines_added=math.e**3 - 1), model).probability == pytest.approx(1 / (1 + math.e**-2))


@pytest.mark.parametrize(
    ("log_odds", "percentile", "score_"),
    [
        (-5, 0, 0),
        (-1.3, 0, 0),
        (-1.2, 0.01, 0.007),
        (-1.1, 0.05, 0.035),
        (-0.2, 0.5, 0.35),
        (-0.15, 0.525, 0.35 + 0.30 * 0.025 / 0.45),
        (0.7, 0.95, 0.65),
        (0.8, 0.975, 0.825),
        (1.2, 1, 1),
        (9, 1, 1),
    ],
)
def test_the_score_is_the_percentile_seen_through_its_corners(
    log_odds: float, percentile: float, score_: float
) -> None:
    model = Model.model_validate(small() | {"intercept": log_odds})
    answer = score(change(), model)
    assert answer.percentile == pytest.approx(percentile)
    assert answer.score == pytest.approx(score_)


@pytest.mark.parametrize(
    ("x", "y"), [(-1, 10), (0, 10), (0.5, 15), (1, 25), (1.5, 35), (2, 40), (3, 40)]
)  # a step at x = 1
def test_interpolation_is_linear_holds_at_the_ends_and_halves_a_step(x: float, y: float) -> None:
    assert interpolate(x, (0, 1, 1, 2), (10, 20, 30, 40)) == y


# --- reasons ------------------------------------------------------------------------------------------------


def test_reasons_name_the_three_heaviest_pulls_first() -> None:
    weighty = {
        "lines_added": {"weight": 1.0, "median": 1.0},
        "lines_deleted": {"weight": 0.5},
        "files": {"weight": 2.0, "median": 1.0},
        "dirs": {"weight": 0.4},
    }
    answer = score(change(lines_added=1240, lines_deleted=1, files=12, dirs=3), Model.model_validate(small(**weighty)))
    assert answer.reasons == (
        "1,240 lines added (median change: 1)",
        "12 files (median change: 1)",
        "3 directories (median change: 0)",
    )


def test_a_change_below_the_median_says_what_makes_it_small() -> None:
    model = Model.model_validate(
        small(lines_added={"weight": 1.0, "median": 38.0}, entropy={"weight": 0.2, "median": 0.5})
    )
    answer = score(change(lines_added=1, entropy=1.0), model)
    assert answer.reasons == ("1 line added (median change: 38)",)  # its spread pulls the other way


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("lines_added", 2, "2 lines added (median change: 0)"),
        ("lines_deleted", 1, "1 line deleted (median change: 0)"),
        ("lines_deleted", 2, "2 lines deleted (median change: 0)"),
        ("files", 1, "1 file (median change: 0)"),
        ("dirs", 1, "1 directory (median change: 0)"),
        ("entropy", 3.14, "spread over its files: 3.1 bits (median change: 0.0)"),
        ("fix", 1, "a fix (median change: not a fix)"),
    ],
)
def test_each_feature_has_its_words(name: str, value: float, words: str) -> None:
    model = Model.model_validate(small(**{name: {"weight": 1.0}}))
    assert score(change(**{name: value}), model).reasons == (words,)


def test_the_median_change_is_said_to_be_usual() -> None:
    assert score(change(), Model.model_validate(small())).reasons == ("much like the median change",)


def test_a_pull_too_small_to_matter_is_not_a_reason() -> None:
    quiet = Model.model_validate(small(lines_added={"weight": 0.0499}))
    loud = Model.model_validate(small(lines_added={"weight": 0.0501}))
    assert score(change(lines_added=math.e - 1), quiet).reasons == ("much like the median change",)
    assert score(change(lines_added=math.e - 1), loud).reasons == ("2 lines added (median change: 0)",)


# --- the shipped model --------------------------------------------------------------------------------------


def test_the_shipped_model_says_where_it_comes_from() -> None:
    model = shipped()
    assert "lining-nwpu/JiTReliability v1.01" in model.source
    assert (model.changes, model.defect_rate) == (103966, 0.114855)
    assert shipped() is model


def test_the_change_of_median_features_scores_about_the_stated_median() -> None:
    assert score(shipped().median).score == pytest.approx(0.35, abs=0.02)


@pytest.mark.parametrize(
    ("numbers", "low", "high"),
    [
        (change(), 0, 0),
        (change(lines_added=1, lines_deleted=1, files=1, dirs=1), 0.05, 0.1),
        (change(lines_added=400, files=6, dirs=2, entropy=2.0), 0.60, 0.65),
        (change(lines_added=5000, files=40, dirs=9, entropy=4.0), 0.9, 1),
        (change(lines_added=1e9, lines_deleted=1e9, files=1e9, dirs=1e9, entropy=30, fix=1), 1, 1),
    ],
)
def test_scores_of_known_sizes_lie_where_the_docs_say(numbers: dict[str, float], low: float, high: float) -> None:
    assert low <= score(numbers).score <= high


def test_scoring_loads_neither_numpy_nor_scipy() -> None:
    code = (
        "import sys; from checks import risk; risk.score(risk.shipped().median);"
        "sys.exit(bool({'numpy', 'scipy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- models of others ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        small(files={"weight": -0.1}),
        small(files={"scale": 0.0}),
        small(files={"mean": math.nan}),
        small(files={"median": -1.0}),
        small() | {"intercept": math.inf},
        small() | {"intercept": 1e7},
        small() | {"quantiles": [0.0] * (len(PERCENTILES) - 1)},
        small() | {"quantiles": [0.0] * (len(PERCENTILES) + 1)},
        small() | {"changes": 0},
        small() | {"defect_rate": 1.1},
        small() | {"extra": 1},
    ],
)
def test_a_model_that_could_not_score_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Model.model_validate(broken)


def test_quantiles_that_descend_are_refused() -> None:
    table = [0.0] * (len(PERCENTILES) - 1) + [-1.0]
    with pytest.raises(ValidationError, match="quantiles must not descend"):
        Model.model_validate(small() | {"quantiles": table})


def test_quantiles_that_stand_still_are_fine() -> None:
    flat = Model.model_validate(small() | {"quantiles": [-1.0] * len(PERCENTILES)})
    assert score(change(), flat).percentile == 0.5
