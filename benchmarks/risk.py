"""How well does the risk model rank and calibrate on projects it has not seen? Exit 1 when a bar is missed.

    python -m benchmarks.risk COMMITS.csv[.gz]        (or MAESTRO_RISK_DATA=...)

The file has the columns of `checks.risk.fit.read_history` and a `project`. Each project is scored, by the
same `score` that ships, with a model fitted on all the others.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit, stdtrit
from scipy.stats import rankdata

from checks.risk import Change, Model, score, shipped
from checks.risk.fit import Floats, History, fit, read_history

LEAST_AUC = 0.78
MOST_ABOVE = 0.10  # share of changes above LIMIT
LIMIT = 0.65
MEDIAN_SCORE = (0.30, 0.40)


@dataclass(frozen=True, slots=True)
class Held:
    """One project scored by models that never saw it; arrays of its n changes."""

    project: str
    history: History
    scores: Floats
    probabilities: Floats
    baseline: Floats  # probabilities of a model that knows the added lines alone

    @property
    def above(self) -> float:
        """Share of the changes that have lines whose score is above LIMIT."""
        return float((self.scores[self.history.has_lines] > LIMIT).mean())

    @property
    def median(self) -> float:
        """Median score of the changes that have lines."""
        return float(np.median(self.scores[self.history.has_lines]))


def main() -> int:
    """Print the report; 0 when every bar holds, 1 when one is missed, 2 without data."""
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MAESTRO_RISK_DATA")
    if not path:
        print(__doc__)
        return 2
    history = load(Path(path))
    held = list(leave_one_out(history))
    auc = print_projects(held)
    print_calibration(held)
    share = print_shipped(history)
    return print_bars(auc, held, share)


def load(path: Path) -> History:
    """The labelled changes of a CSV file, gzipped or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return read_history(lines)


def leave_one_out(history: History) -> Iterator[Held]:
    """Each project in turn, scored by a model of the others."""
    for project in sorted(set(history.projects)):
        mine = history.projects == project
        rest, held = history.where(~mine), history.where(mine)
        scores, probabilities = apply(fit(rest, "the other projects"), held)
        _, baseline = apply(fit(lines_alone(rest), "added lines alone"), lines_alone(held))
        yield Held(str(project), held, scores, probabilities, baseline)


def lines_alone(history: History) -> History:
    """The same history with nothing but the added lines, at their place among zeros."""
    changes = np.zeros_like(history.changes)
    changes[:, 0] = history.changes[:, 0]
    return replace(history, changes=changes)


def apply(model: Model, history: History) -> tuple[Floats, Floats]:
    """Scores and probabilities (n each) of the n changes of `history`."""
    risks = [score(Change(*map(float, row)), model) for row in history.changes]
    return np.array([risk.score for risk in risks]), np.array([risk.probability for risk in risks])


def auc_of(defects: Floats, ranked: Floats) -> float:
    """Area under the ROC curve: how often a defective change outranks a clean one, ties counting half."""
    ranks = rankdata(ranked)
    bad = int(defects.sum())
    return float((ranks[defects == 1].sum() - bad * (bad + 1) / 2) / (bad * (len(defects) - bad)))


def brier(defects: Floats, probabilities: Floats) -> float:
    """Mean squared error of the probabilities."""
    return float(((probabilities - defects) ** 2).mean())


def recalibration(defects: Floats, probabilities: Floats) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of outcome on predicted log-odds: 0 and 1 at best."""
    log_odds = logit(probabilities)

    def loss(beta: Floats) -> tuple[float, Floats]:
        fitted = beta[0] + beta[1] * log_odds
        miss = expit(fitted) - defects
        value = float((np.logaddexp(0, fitted) - defects * fitted).mean())
        return value, np.array([miss.mean(), (miss * log_odds).mean()])

    found = minimize(loss, np.array([0.0, 1.0]), jac=True, method="BFGS", options={"gtol": 1e-7})
    return float(found.x[0]), float(found.x[1])


def print_projects(held: list[Held]) -> float:
    """One line a project; returns the mean AUC."""
    print("Leave one project out: each is scored by a model of the others.\n")
    print("project     changes  defects    AUC  lines alone  median  > 0.65")
    model = [auc_of(one.history.defects, one.probabilities) for one in held]
    alone = [auc_of(one.history.defects, one.baseline) for one in held]
    for one, ours, base in zip(held, model, alone, strict=True):
        count, rate = len(one.scores), one.history.defects.mean()
        figures = f"{count:>8,} {rate:>8.1%} {ours:>6.3f} {base:>12.3f} {one.median:>7.2f} {one.above:>7.1%}"
        print(f"{one.project:<10} {figures}")
    print(f"mean AUC {_interval(model)}; lines alone {_interval(alone)}")
    print(f"gain over lines alone {_interval(np.subtract(model, alone))}\n")
    return float(np.mean(model))


def _interval(values: npt.ArrayLike) -> str:
    """Mean and 95 % t interval over projects, each project one observation."""
    each = np.asarray(values, dtype=np.float64)
    half = stdtrit(len(each) - 1, 0.975) * each.std(ddof=1) / np.sqrt(len(each))
    return f"{each.mean():.4f} (95 % interval {each.mean() - half:.4f} .. {each.mean() + half:.4f})"


def print_calibration(held: list[Held]) -> None:
    """Observed against predicted, over all held-out changes."""
    defects = np.concatenate([one.history.defects for one in held])
    ours = np.concatenate([one.probabilities for one in held])
    alone = np.concatenate([one.baseline for one in held])
    print("Calibration of the held-out probabilities, by decile (n, mean predicted, observed):")
    for part in np.array_split(np.argsort(ours, kind="stable"), 10):
        print(f"  {len(part):>7,} {ours[part].mean():>7.1%} {defects[part].mean():>7.1%}")
    rate = defects.mean()
    intercept, slope = recalibration(defects, ours)
    print(f"  slope {slope:.3f} (1 is perfect), intercept {intercept:+.3f} (0 is perfect)")
    print(
        f"  Brier {brier(defects, ours):.4f}; lines alone {brier(defects, alone):.4f}; "
        f"base rate alone {rate * (1 - rate):.4f}\n"
    )


def print_shipped(history: History) -> float:
    """What the shipped coefficients say of this data; returns the share of changes above LIMIT."""
    model = shipped()
    scores, _ = apply(model, history)
    scores = scores[history.has_lines]
    share = float((scores > LIMIT).mean())
    print("Shipped coefficients on the same data (changes that have lines):")
    print(f"  above {LIMIT}: {share:.1%}; at or below 0.35: {(scores <= 0.35).mean():.1%}")
    print(f"  score of the change that has every median: {score(model.median).score:.3f}\n")
    return share


def print_bars(auc: float, held: list[Held], share: float) -> int:
    """Each bar and whether it holds; 1 when one does not."""
    above = float(np.mean([one.above for one in held]))
    usual = float(np.mean([one.median for one in held]))
    bars = (
        (auc >= LEAST_AUC, f"mean AUC {auc:.4f} >= {LEAST_AUC}"),
        (
            above <= MOST_ABOVE,
            f"above {LIMIT}, mean of the held-out projects {above:.1%} <= {MOST_ABOVE:.0%}",
        ),
        (share <= MOST_ABOVE, f"above {LIMIT}, shipped coefficients {share:.1%} <= {MOST_ABOVE:.0%}"),
        (
            MEDIAN_SCORE[0] <= usual <= MEDIAN_SCORE[1],
            f"median score, mean of the held-out projects {usual:.3f} within {MEDIAN_SCORE}",
        ),
    )
    for holds, words in bars:
        print(f"{'holds ' if holds else 'MISSED'} {words}")
    return 0 if all(holds for holds, _ in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
