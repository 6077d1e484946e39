"""What a source that adds up by itself cannot be asked of one side."""

from __future__ import annotations

from collections.abc import Mapping

from app.sources.errors import BadSelector
from checks.experiment import Side


def exact(side: Side, source: str) -> None:
    """Raises BadSelector for a latency: there are percentiles and ranks, which are estimates, and no counts."""
    if side.buckets is not None:
        raise BadSelector(f"{source} only estimates how many requests were slow: count them, and gate on their share")


def one_population(named: Mapping[str, Mapping[str, str]]) -> None:
    """Raises BadSelector where two counters differ in a tag or dimension that both of them name.

    An error counter of a canary that does not exist would read as a canary without errors.
    """
    first: dict[str, str] = {}
    for name, labels in named.items():
        for label, value in labels.items():
            if first.setdefault(label, value) != value:
                raise BadSelector(f"{name}: {label} is {value!r}, and {first[label]!r} in the counter beside it")
