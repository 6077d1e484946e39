"""Is this batch distributed as the reference? Feature by feature, whatever the data may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
from msgspec.structs import replace

from checks.drift.column import Column, Ints, Kind, Names, Numbers, column
from checks.drift.comparison import Bin, Comparison, Shift, Standing, Test, because, worst
from checks.drift.dispersion import variation
from checks.drift.limits import DriftLimits
from checks.drift.psi import adjusted, apart, pearson, smirnov
from checks.drift.reference import FeatureReference, Features, Reference

NEW_NAMES = 5  # told of those that the reference does not count by themselves
MISPLACED = "a sketch cannot be counted in the bins of raw values; make the reference of sketches"
CHANCE = 0.87  # the mean of Kolmogorov's law: so many standard errors is the distance by chance


def compare(reference: Reference | Features, batch: Features | None, limits: DriftLimits | None = None) -> Comparison:
    """`batch` against `reference`: columns or sketches by name; None where no batch came.

    Rows are taken as independent; a reference of days that vary more than that says by how much. Never raises for what
    the data is.

    >>> compare({"ms": range(1000)}, {"ms": range(500, 1500)}).state
    <Standing.DRIFT: 'drift'>
    """
    limits = limits or DriftLimits()
    known = reference if isinstance(reference, Reference) else Reference.of(named(reference), limits)
    came = None if batch is None else named(batch)
    shifts = [_shift(known, feature, came, limits) for feature in known.features]
    return _judged(shifts, limits)


def named(features: Any) -> Features:
    """Columns by name; one column alone is called `value`, those of a matrix by their numbers."""
    if isinstance(features, Mapping):
        return {str(name): values for name, values in features.items()}
    if hasattr(features, "columns"):  # a data frame
        return {str(name): features[name] for name in features.columns}
    if getattr(features, "ndim", 1) == 2:
        return {str(at): features[:, at] for at in range(features.shape[1])}
    return {"value": features}


def _shift(reference: Reference, feature: FeatureReference, batch: Features | None, limits: DriftLimits) -> Shift:
    if batch is None:
        return _blind(feature, 0, "no batch came")
    if feature.name not in batch or batch[feature.name] is None:
        return _blind(feature, 0, "not in the batch")
    found = column(batch[feature.name], feature.kind)
    why = unseen(feature, found, limits)
    return _blind(feature, found.rows, why) if why else _measured(reference, feature, found, limits)


def unseen(feature: FeatureReference, found: Column, limits: DriftLimits) -> str:
    """Why the column says nothing of the feature; empty where it does."""
    if feature.rows < limits.min_rows:
        return f"the reference has {feature.rows:,} rows, fewer than {limits.min_rows:,}"
    if feature.rows == feature.counts[-1]:
        return "the reference has missing values alone"
    if found.rows < limits.min_rows:
        return f"{found.rows:,} rows, fewer than {limits.min_rows:,}"
    if not found.present:
        return f"all {found.rows:,} values are missing" + (", or no numbers" if _unreadable(found) else "")
    return MISPLACED if misplaced(feature, found) else ""


def misplaced(feature: FeatureReference, found: Column) -> bool:
    """Whether the column is a sketch that the feature's bins would cut through."""
    return isinstance(found, Numbers) and found.bounds is not None and not feature.bins.rough


def rows_of(feature: FeatureReference, found: Column) -> Column:
    """The column as the feature's bins count it: by sketches, where they were made of sketches."""
    return found.sketched() if isinstance(found, Numbers) and feature.bins.rough else found


def _unreadable(found: Column) -> int:
    return found.unreadable if isinstance(found, Numbers) else 0


def _blind(feature: FeatureReference, rows: int, why: str) -> Shift:
    return Shift(feature.name, feature.kind, Standing.BLIND, why, feature.rows, rows)


def _measured(reference: Reference, feature: FeatureReference, found: Column, limits: DriftLimits) -> Shift:
    rows = rows_of(feature, found)
    before, after = np.array(feature.counts), feature.bins.count(rows)
    factor = variation(feature)
    far = apart(before, after, factor)
    tests = (Test("psi", far.psi, far.p, "bins"), _second(reference, feature, rows, before, after, factor))
    return Shift(
        name=feature.name,
        kind=feature.kind,
        state=Standing.OK,
        reason="",
        rows_before=feature.rows,
        rows_after=found.rows,
        psi=far.psi,
        threshold=far.threshold(limits.alpha),
        p=_both(feature.kind, tests),
        excess=far.excess,
        moved=far.moved,
        dispersion=factor,
        tests=tests,
        bins=tuple(_bins(feature.bins.labels, before, after)),
        notes=tuple(_notes(feature, found, before, after)),
    )


def _second(
    reference: Reference, feature: FeatureReference, found: Column, before: Ints, after: Ints, factor: float
) -> Test:
    """Kolmogorov and Smirnov's test of numbers, the chi-squared test of names."""
    if not isinstance(found, Numbers):
        return Test("chi2", *pearson(before, after, factor), "bins")
    column = reference.columns.get(feature.name)
    curve = feature.curve if column is None else column.sketched() if feature.bins.rough else column
    exact = column is not None and curve.bounds is None
    return Test("ks", *smirnov(curve, found, exact, factor), "values" if exact else "bins")


def _both(kind: Kind, tests: Sequence[Test]) -> float:
    """The p of a feature: of numbers the smaller of two, doubled for the choice; of names that of chi-squared."""
    return tests[-1].p if kind is Kind.CATEGORICAL else min(1.0, 2 * min(test.p for test in tests))


def _bins(labels: Sequence[str], before: Ints, after: Ints) -> Iterator[Bin]:
    n, m = int(before.sum()), int(after.sum())
    for label, one, other in zip(labels, before.tolist(), after.tolist(), strict=True):
        if one or other:
            pool = (one + other) / (n + m)
            spread = max(pool * (1 - pool) * (1 / n + 1 / m), 1e-300) ** 0.5
            yield Bin(label, one / n, other / m, (other / m - one / n) / spread)


def _notes(feature: FeatureReference, found: Column, before: Ints, after: Ints) -> Iterator[str]:
    if unreadable := _unreadable(found):
        yield f"{unreadable:,} values are no finite numbers, and count as missing"
    if isinstance(found, Names) and (fresh := new_names(feature, found)):
        yield f"not among the names of the reference: {', '.join(fresh)}"
    if int(((before + after) > 0).sum()) == 1:
        yield "one bin holds all rows, before and after"


def new_names(feature: FeatureReference, found: Names) -> list[str]:
    """The most frequent names that have no bin."""
    known = set(getattr(feature.bins, "names", ()))
    fresh = [(-times, name) for name, times in found.counts.items() if name not in known]
    return [name for _, name in sorted(fresh)[:NEW_NAMES]]


def _judged(shifts: Sequence[Shift], limits: DriftLimits) -> Comparison:
    """With the q of each p, and the states that follow."""
    seen = [at for at, shift in enumerate(shifts) if shift.p is not None]
    qs = dict(zip(seen, adjusted([shifts[at].p or 0.0 for at in seen]).tolist(), strict=True)) if seen else {}
    judged = tuple(_stated(shift, qs[at], limits) if at in qs else shift for at, shift in enumerate(shifts))
    return Comparison(worst(judged), because(judged), judged)


def _stated(shift: Shift, q: float, limits: DriftLimits) -> Shift:
    if q > limits.fdr:
        return replace(shift, q=q, reason="as the reference, as far as these rows show")
    if not _matters(shift, limits):
        return replace(shift, q=q, reason="moved by less than matters")
    if q > limits.alpha:
        return replace(shift, q=q, state=Standing.WATCH, reason="weak evidence of a shift")
    return replace(shift, q=q, state=Standing.DRIFT, reason=_moved(shift))


def _matters(shift: Shift, limits: DriftLimits) -> bool:
    """Whether PSI or the distance of Kolmogorov and Smirnov, chance taken off, reaches its limit."""
    chance = CHANCE * sqrt(1 / shift.rows_before + 1 / shift.rows_after)
    far = any(test.name == "ks" and test.statistic - chance >= limits.least_moved for test in shift.tests)
    return far or (shift.excess or 0.0) >= limits.least_psi


def moved(label: str, before: float, after: float) -> str:
    """The shares of one bin, in words."""
    return f"{label}: {100 * before:.3g} % of the rows became {100 * after:.3g} %"


def _moved(shift: Shift) -> str:
    """The bin that moved most, in words."""
    most = max(shift.bins, key=lambda each: abs(each.after - each.before))
    return moved(most.label, most.before, most.after)
