"""What a source counted in a day, by the values of a label: `increase()` of Prometheus, added up.

It is an estimate: what was added between the last scrape before a counter was reset and the reset is lost, and to the
ends of the day it is extrapolated. How the rows of a day are distributed it tells all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from app.sources.errors import BadAnswer, BadSelector
from app.sources.promql import demanding
from app.sources.query_api import QueryApi, Wire
from app.sources.selector import selector

DAY = 86_400  # seconds
MOST_VALUES = 10_000  # of one label


class Counts(Protocol):
    """Whoever says what was counted in a day. There is one adapter a kind of source."""

    async def by(self, label: str, counter: str, end: int) -> Mapping[str, float]:
        """What `counter` added in the day that ends at `end` (epoch seconds), by the values of `label`; "" where it has
        none. Empty where nothing is known of that day. Raises BadSelector, BadAnswer, and what the wire raises.
        """


@dataclass(frozen=True, slots=True)
class PrometheusCounts:
    """Reads through `wire`. `demanded`: labels that the selector is made to demand, as of a Prometheus."""

    wire: Wire
    demanded: Mapping[str, str]

    async def by(self, label: str, counter: str, end: int) -> Mapping[str, float]:
        """As `Counts.by`; `counter` is a selector."""
        text = f"sum by ({label}) (increase({selector(counter)}[{DAY}s]))"
        found = await QueryApi(self.wire, self.demanded).once(demanding(text, self.demanded), end)
        if len(found) > MOST_VALUES:
            raise BadSelector(f"`{label}` has more than {MOST_VALUES:,} values")
        counts = {dict(labels).get(label, ""): value for labels, value in found}
        if any(not isfinite(count) or count < 0 for count in counts.values()):
            raise BadAnswer("a count that is no number of rows")
        return counts
