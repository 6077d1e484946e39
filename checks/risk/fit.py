"""Fit the change-risk model to a history of labelled changes. Needs numpy and scipy; scoring does not."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from checks.risk.change import FEATURES, Change, ChangeError
from checks.risk.model import PERCENTILES, Feature, Features, Model

L2 = 0.01  # on standardised weights, against the mean log-loss; the intercept goes free
FEWEST = 50  # changes of either kind without which six weights mean nothing
DIGITS = 6  # significant digits of a published figure

Floats = NDArray[np.float64]


class HistoryError(ValueError):
    """A history that cannot be read or is too small to fit; the message names the line, or what is short."""


@dataclass(frozen=True, slots=True)
class History:
    """n labelled changes: `changes` n x 6 in the order of `FEATURES`, `defects` n of 0 or 1, `projects` n."""

    changes: Floats
    defects: Floats
    projects: NDArray[np.str_]

    def where(self, keep: NDArray[np.bool_]) -> History:
        """The changes for which `keep` (n) is true."""
        return History(self.changes[keep], self.defects[keep], self.projects[keep])

    @property
    def has_lines(self) -> NDArray[np.bool_]:
        """Which changes add or delete at least one line (n)."""
        return self.changes[:, 0] + self.changes[:, 1] > 0


def read_history(lines: Iterable[str]) -> History:
    """The History in the lines of a CSV file whose header has the names of `FEATURES` and `bug` (0 or 1).

    A column `project` is read where there is one, any other is ignored. Raises HistoryError with the line.
    """
    table = csv.DictReader(lines)
    absent = [name for name in (*FEATURES, "bug") if name not in (table.fieldnames or ())]
    if absent:
        raise HistoryError(f"the header lacks {', '.join(f'`{name}`' for name in absent)}")
    rows = [_row(table.line_num, row) for row in table]
    if not rows:
        raise HistoryError("the history holds no change")
    numbers = np.array([row[:-1] for row in rows], dtype=np.float64)
    return History(numbers[:, :-1], numbers[:, -1], np.array([row[-1] for row in rows], dtype=np.str_))


def fit(history: History, source: str) -> Model:
    """The logistic regression of defects on standardised log(1 + feature); every project weighs the same.

    No weight may be negative: what is added to a change must not lower its risk. Quantiles and medians are
    those of the changes that have lines. `source` says in words what the history is. Raises HistoryError when
    fewer than `FEWEST` changes have, or lack, a defect.
    """
    _require_enough(history)
    logs = np.log1p(history.changes)
    mean, spread = logs.mean(axis=0), logs.std(axis=0)
    scale = np.where(spread < 1e-6, 1.0, spread)  # a feature that never varies cannot tell anything
    standard = (logs - mean) / scale
    intercept, weights = _solve(standard, history.defects, _weights(history.projects))
    reference = history.has_lines
    medians = np.median(history.changes[reference], axis=0)
    quantiles = np.quantile((intercept + standard @ weights)[reference], PERCENTILES)
    columns = zip(mean, scale, weights, medians, strict=True)
    return Model(
        source=source,
        changes=len(history.defects),
        defect_rate=_publish(history.defects.mean()),
        intercept=_publish(intercept),
        features=Features(**dict(zip(FEATURES, (_feature(*column) for column in columns), strict=True))),
        quantiles=tuple(_publish(value) for value in quantiles),
    )


def _row(line: int, row: Mapping[str, str | None]) -> tuple[Any, ...]:
    try:
        change = Change.read({name: _float(name, row[name]) for name in FEATURES})
    except ChangeError as error:
        raise HistoryError(f"line {line}: {error}") from None
    if row["bug"] not in {"0", "1"}:
        raise HistoryError(f"line {line}: `bug` must be 0 or 1, not {row['bug']!r}")
    return (*(getattr(change, name) for name in FEATURES), float(row["bug"]), row.get("project") or "")


def _float(name: str, text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise ChangeError(f"`{name}` must be a number, not {text!r}") from None


def _require_enough(history: History) -> None:
    for label, words in ((1, "that introduced a defect"), (0, "that introduced none")):
        count = int((history.defects == label).sum())
        if count < FEWEST:
            raise HistoryError(f"the history holds {count} changes {words}; a fit needs at least {FEWEST}")


def _weights(projects: NDArray[np.str_]) -> Floats:
    """n weights of mean 1 under which every project counts the same, however long its history."""
    names, index, counts = np.unique(projects, return_inverse=True, return_counts=True)
    return np.asarray(len(projects) / (len(names) * counts[index]), dtype=np.float64)


def _solve(x: Floats, y: Floats, weights: Floats) -> tuple[float, Floats]:
    """Intercept and slopes that minimise the weighted mean log-loss + L2 / 2 * |slopes|^2, slopes >= 0."""
    count, width = x.shape

    def loss(beta: Floats) -> tuple[float, Floats]:
        log_odds = beta[0] + x @ beta[1:]
        value = weights @ (np.logaddexp(0, log_odds) - y * log_odds) / count + L2 / 2 * (beta[1:] @ beta[1:])
        miss = weights * (expit(log_odds) - y) / count
        return float(value), np.concatenate(([miss.sum()], x.T @ miss + L2 * beta[1:]))

    bounds = [(None, None)] + [(0, None)] * width
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000}
    found = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return float(found.x[0]), found.x[1:]


def _feature(*figures: float) -> Feature:
    mean, scale, weight, median = map(_publish, figures)
    return Feature(mean=mean, scale=scale, weight=weight, median=median)


def _publish(value: Any) -> float:
    return float(f"{value:.{DIGITS}g}")
