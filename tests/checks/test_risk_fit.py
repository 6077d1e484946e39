import csv
import io
import math

import numpy as np
import pytest

from checks.risk import Model, score
from checks.risk.change import FEATURES
from checks.risk.fit import FEWEST, L2, History, HistoryError, fit, read_history
from checks.risk.model import PERCENTILES

HEADER = "project,date,lines_added,lines_deleted,files,dirs,entropy,fix,bug"
ROW = "a,2020-01-01,10,2,3,1,0.5,1,0"


def drawn(n: int = 4000, seed: int = 1) -> History:
    """A history in which only added lines (weight 1 a unit of log) and fixes (0.8) bring defects."""
    random = np.random.default_rng(seed)
    changes = np.zeros((n, 6))
    changes[:, 0] = np.floor(np.exp(random.normal(3, 1.5, n)))
    changes[:, 1] = np.floor(np.exp(random.normal(2, 1.5, n)))
    changes[:, 2] = 1 + random.poisson(2, n)
    changes[:, 4] = random.random(n) * np.log2(changes[:, 2])
    changes[:, 5] = random.random(n) < 0.2
    log_odds = np.log1p(changes[:, 0]) + 0.8 * changes[:, 5] - 5
    defects = (random.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.float64)
    return History(changes, defects, np.array(["a", "b"])[random.integers(0, 2, n)])


# --- reading ------------------------------------------------------------------------------------------------


def test_a_history_is_read_by_its_header_whatever_the_order_of_columns() -> None:
    history = read_history([HEADER, ROW, "b,,0,0,1,0,0,0,1"])
    assert history.changes.tolist() == [[10, 2, 3, 1, 0.5, 1], [0, 0, 1, 0, 0, 0]]
    assert (history.defects.tolist(), history.projects.tolist()) == ([0, 1], ["a", "b"])
    assert history.has_lines.tolist() == [True, False]
    turned = read_history(["bug,fix,entropy,dirs,files,lines_deleted,lines_added", "1,0,0.5,1,3,2,10"])
    assert turned.changes.tolist() == [[10, 2, 3, 1, 0.5, 0]]
    assert (turned.defects.tolist(), turned.projects.tolist()) == ([1], [""])


def test_a_change_that_only_deletes_has_lines_too() -> None:
    assert read_history([HEADER, "a,,0,2,1,0,0,0,0"]).has_lines.tolist() == [True]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "the header lacks `lines_added`, `lines_deleted`, `files`, `dirs`, `entropy`, `fix`, `bug`"),
        (["lines_added,files,dirs,entropy,fix"], "the header lacks `lines_deleted`, `bug`"),
        ([HEADER], "the history holds no change"),
        ([HEADER, ROW, "a,,x,2,3,1,0.5,1,0"], "line 3: `lines_added` must be a number, not 'x'"),
        ([HEADER, "a,,10,2,3,1,,1,0"], "line 2: `entropy` must be a number, not ''"),
        ([HEADER, "a,,10"], "line 2: `lines_deleted` must be a number, not None"),
        (
            [HEADER, "a,,-1,2,3,1,0.5,1,0"],
            "line 2: `lines_added` must be between 0 and 1,000,000,000, not -1.0",
        ),
        (
            [HEADER, "a,,nan,2,3,1,0.5,1,0"],
            "line 2: `lines_added` must be between 0 and 1,000,000,000, not nan",
        ),
        ([HEADER, "a,,10,2,3,1,0.5,1,2"], "line 2: `bug` must be 0 or 1, not '2'"),
    ],
)
def test_a_history_that_cannot_be_read_says_where(lines: list[str], words: str) -> None:
    with pytest.raises(HistoryError) as caught:
        read_history(lines)
    assert str(caught.value) == words


# --- fitting ------------------------------------------------------------------------------------------------


def test_a_fit_finds_what_made_the_defects_and_nothing_else() -> None:
    features = fit(drawn(), "drawn").features
    slopes = {name: getattr(features, name).weight / getattr(features, name).scale for name in FEATURES}
    assert slopes["lines_added"] == pytest.approx(1.0, abs=0.2)  # a little less: L2 shrinks it
    assert slopes["fix"] * math.log(2) == pytest.approx(0.8, abs=0.2)
    assert max(slopes["lines_deleted"], slopes["files"], slopes["entropy"]) < 0.1


def test_a_fit_is_the_optimum_of_its_stated_loss() -> None:
    history = drawn()
    model = fit(history, "drawn")
    weights = np.array([getattr(model.features, name).weight for name in FEATURES])
    mean = np.array([getattr(model.features, name).mean for name in FEATURES])
    scale = np.array([getattr(model.features, name).scale for name in FEATURES])
    standard = (np.log1p(history.changes) - mean) / scale
    share = np.where(history.projects == "a", (history.projects == "a").mean(), (history.projects == "b").mean())
    miss = (1 / (1 + np.exp(-(model.intercept + standard @ weights))) - history.defects) / (2 * share)
    gradient = standard.T @ miss / len(miss) + L2 * weights
    assert miss.mean() == pytest.approx(0, abs=1e-5)
    assert gradient[weights > 0] == pytest.approx(0, abs=1e-5)
    assert (gradient[weights == 0] >= -1e-5).all()  # only the bound holds these weights at zero


def test_a_weight_that_the_data_want_negative_is_zero() -> None:
    history = drawn()
    reversed_ = History(history.changes, 1 - history.defects, history.projects)
    assert fit(reversed_, "reversed").features.lines_added.weight == 0


def test_every_project_weighs_the_same_however_long_its_history() -> None:
    clean = drawn(1000)
    buggy = History(clean.changes, np.maximum(clean.defects, np.arange(1000) % 2), clean.projects)
    once, thrice = joined(clean, buggy), joined(clean, buggy, buggy, buggy)
    assert fit(thrice, "").intercept == pytest.approx(fit(once, "").intercept, abs=1e-4)
    assert fit(thrice, "").features == fit(once, "").features
    assert thrice.defects.mean() > once.defects.mean() + 0.05  # while the raw rates do differ


def joined(clean: History, *buggy: History) -> History:
    parts = (clean, *buggy)
    names = np.repeat(["clean", "buggy"], [len(clean.defects), sum(len(part.defects) for part in buggy)])
    return History(
        np.concatenate([part.changes for part in parts]),
        np.concatenate([part.defects for part in parts]),
        names,
    )


def test_the_table_makes_the_median_score_035_and_one_in_twenty_score_above_065() -> None:
    history = drawn()
    model = fit(history, "drawn")
    scores = np.array([score(dict(zip(FEATURES, row, strict=True)), model).score for row in history.changes])
    with_lines = scores[history.has_lines]
    assert np.median(with_lines) == pytest.approx(0.35, abs=0.002)
    assert (with_lines > 0.65).mean() == pytest.approx(0.05, abs=0.002)
    assert len(model.quantiles) == len(PERCENTILES)


def test_medians_and_quantiles_leave_out_changes_without_lines() -> None:
    history = drawn()
    empty = np.zeros_like(history.changes)
    with_empty = joined(history, History(empty, np.zeros(len(empty)), history.projects))
    assert fit(with_empty, "").features.lines_added.median == fit(history, "").features.lines_added.median


def test_a_model_says_what_it_was_fitted_on_in_six_digits() -> None:
    history = drawn()
    model = fit(history, "the history of o/r")
    assert (model.source, model.changes) == ("the history of o/r", 4000)
    assert model.defect_rate == pytest.approx(history.defects.mean(), abs=1e-6)
    assert len(f"{model.intercept!r}".replace("-", "").replace(".", "").lstrip("0")) <= 6


def test_a_model_survives_being_printed_and_read() -> None:
    model = fit(drawn(), "drawn")
    assert Model.model_validate_json(model.model_dump_json()) == model


def test_the_same_history_gives_the_same_model() -> None:
    assert fit(drawn(), "drawn") == fit(drawn(), "drawn")


def test_a_feature_that_never_varies_has_no_weight_and_does_no_harm() -> None:
    feature = fit(drawn(), "drawn").features.dirs
    assert (feature.weight, feature.scale) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("bad", "good", "words"),
    [
        (
            FEWEST - 1,
            FEWEST,
            "the history holds 49 changes that introduced a defect; a fit needs at least 50",
        ),
        (FEWEST, FEWEST - 1, "the history holds 49 changes that introduced none; a fit needs at least 50"),
    ],
)
def test_too_short_a_history_is_refused_with_its_count(bad: int, good: int, words: str) -> None:
    lines = io.StringIO()
    table = csv.writer(lines)
    table.writerow([*FEATURES, "bug"])
    table.writerows([[i, 1, 1, 1, 0, 0, int(i < bad)] for i in range(bad + good)])
    with pytest.raises(HistoryError) as caught:
        fit(read_history(lines.getvalue().splitlines()), "short")
    assert str(caught.value) == words


def test_a_history_of_just_enough_changes_is_fitted() -> None:
    history = drawn()
    keep = np.zeros(len(history.defects), dtype=np.bool_)
    for label in (0, 1):
        keep[np.flatnonzero(history.defects == label)[:FEWEST]] = True
    assert fit(history.where(keep), "short").changes == 2 * FEWEST
