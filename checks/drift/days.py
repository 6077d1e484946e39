"""Which days count: what is over, what a reference is made of, and what each day says once it is over.

Days are numbered as by `date.toordinal`, in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from checks.drift.block import Module, day_of
from checks.drift.compare import compare
from checks.drift.comparison import Standing
from checks.drift.reference import Features, Reference
from checks.drift.sketch import Sketch, joined
from checks.drift.told import Told, tell
from checks.drift.watch import Watch, advance

LATE_DAYS = 3  # for which batches of a day are still taken
LATEST = 60  # days that are looked back on at most
POOLED = 28  # days of a drift that are shown together

Days = Mapping[int, Mapping[str, Sketch]]
"""What came, by day and feature."""


PULLED = 40  # days that a source is asked about at most


class NotFull(ValueError):
    """The days of a reference are not there yet, and how many are."""


def opening(rules: Module, days: Days, today: int) -> tuple[int, int]:
    """The window of the first reference, by the rules: the days that are named, or the first that are full enough.
    Raises NotFull.
    """
    if rules.reference.first:
        return _over(day_of(rules.reference.first), day_of(rules.reference.last), today)
    full = _full(rules, days, today)
    if len(full) < rules.reference.days:
        raise NotFull(f"the reference is being gathered: {len(full)} of {rules.reference.days} days")
    return full[0], full[rules.reference.days - 1]


def renewed(
    rules: Module, days: Days, today: int, first: str | None = None, last: str | None = None
) -> tuple[int, int]:
    """The window of another reference: the days that are asked for, or the newest. Raises NotFull, or ValueError."""
    if first is not None or last is not None:
        if first is None or last is None:
            raise NotFull("`first` and `last` belong together")
        return _over(day_of(first), day_of(last), today)
    full = _full(rules, days, today)
    if len(full) < rules.reference.days:
        raise NotFull(
            f"{len(full)} days have {rules.limits.min_rows:,} rows, and a reference takes {rules.reference.days}"
        )
    return full[-rules.reference.days], full[-1]


def frozen(rules: Module, days: Days, first: int, last: int) -> Reference:
    """The reference of the days from `first` to `last`. Raises NotFull where fewer than two have enough rows."""
    chosen = {day: features for day, features in days.items() if first <= day <= last and _enough(rules, features)}
    if len(chosen) < 2:
        raise NotFull(f"{len(chosen)} of these days have {rules.limits.min_rows:,} rows, and a reference takes two")
    return Reference.of_days(chosen, rules.limits, rules.kinds)


def held(reference: Reference) -> tuple[int, ...]:
    """The days that a reference is made of, in order: of those that were asked for the ones that have enough rows."""
    return tuple(sorted({day.day for feature in reference.features for day in feature.days}))


def missed(rules: Module, there: Collection[int], last: int | None, today: int) -> list[int]:
    """The days that a source is yet to be asked about, the newest first. `there`: those of which something came;
    `last`: the last one of the reference. Without a reference it is those that one is made of.
    """
    named = rules.reference.first
    begins = today - rules.reference.days if last is None else last + 1
    first = max(day_of(named) if named else begins, today - PULLED)
    return [day for day in range(today - 1, first - 1, -1) if day not in there]


def told(rules: Module, reference: Reference, watch: Watch, days: Days, span: range) -> Iterator[tuple[Watch, Told]]:
    """What each day of `span` says of which anything came, after the last that `watch` knows.

    A day of which nothing came says nothing: how long a module may be silent is the rules' to say.
    """
    for day in sorted(day for day in days if day in span):
        watch = advance(watch, reference, day, days[day], rules.limits)
        comparison = compare(reference, _shown(watch, days, day), rules.limits)
        yield watch, tell(watch, comparison, rules)


def _shown(watch: Watch, days: Days, day: int) -> Features:
    """What is compared for people to see: the day, or where there is a drift all days since it began."""
    begun = [one.first for one in watch.features if one.state is Standing.DRIFT and one.first is not None]
    first = max(min(begun, default=day), day - POOLED + 1)
    pooled: dict[str, Sketch] = {}
    for features in (days[one] for one in sorted(days) if first <= one <= day):
        for name, sketch in features.items():
            pooled[name] = (joined(pooled[name], sketch) if name in pooled else None) or sketch
    return pooled


def _over(first: int, last: int, today: int) -> tuple[int, int]:
    if last >= today:
        raise NotFull("the last day of the reference is not over")
    if not first < last:
        raise NotFull("the reference takes two days at least")
    return first, last


def _full(rules: Module, days: Days, today: int) -> list[int]:
    return [day for day, features in sorted(days.items()) if day < today and _enough(rules, features)]


def _enough(rules: Module, features: Mapping[str, Sketch]) -> bool:
    return any(sketch.rows >= rules.limits.min_rows for sketch in features.values())
