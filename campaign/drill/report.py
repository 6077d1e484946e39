"""What the repeats come to: how long bad canaries served on, and where the time went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from campaign.drill.repeat import GOOD, ROLLBACK, STAGES, Repeat

BAR = 420.0  # seconds: the 95th percentile of the time to recovery may be so long
QUANTILES = {"min": 0.0, "median": 0.5, "p95": 0.95, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Row:
    """Repeats of one ratio and onset. Times in seconds of the drill; None where no canary was taken back."""

    ratio: float
    after: float
    repeats: int
    otherwise: tuple[str, ...]  # how those ended that were not taken back
    total: Mapping[str, float] | None
    stages: Mapping[str, Mapping[str, float]]

    @property
    def holds(self) -> bool:
        """Whether all were taken back, and 95 of 100 in time. One that never went bad is no repeat."""
        missed = [how for how in self.otherwise if not how.endswith(GOOD)]
        return not missed and self.total is not None and self.total["p95"] <= BAR


def rows(repeats: Sequence[Repeat]) -> list[Row]:
    """One for each ratio and onset, in order."""
    kinds = sorted({(one.plan.after, one.plan.ratio) for one in repeats})
    return [_row([one for one in repeats if (one.plan.after, one.plan.ratio) == kind]) for kind in kinds]


def _row(repeats: Sequence[Repeat]) -> Row:
    back = [one for one in repeats if one.ended == ROLLBACK]
    stages = {name: _spread([one.stages[at] for one in back]) for at, name in enumerate(STAGES)} if back else {}
    return Row(
        repeats[0].plan.ratio,
        repeats[0].plan.after,
        len(repeats),
        tuple(one.ended for one in repeats if one.ended != ROLLBACK),
        _spread([one.seconds for one in back]) if back else None,
        stages,
    )


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {name: round(float(np.quantile(seconds, share)), 1) for name, share in QUANTILES.items()}


def lines(found: Sequence[Row]) -> Iterator[str]:
    """The rows in words, for a terminal."""
    yield (
        f"{'ratio':>5} {'good for':>9} {'n':>4}   t4 - t0 in s: " + _heads(QUANTILES) + "   median (p95) of each stage"
    )
    for row in found:
        yield f"{row.ratio:>5g} {row.after:>5g} min {row.repeats:>4}   " + " " * 15 + _told(row)
        yield from (f"{'':>22}{how}" for how in row.otherwise)


def _heads(names: Mapping[str, float]) -> str:
    return " ".join(f"{name:>6}" for name in names)


def _told(row: Row) -> str:
    if row.total is None:
        return "none was taken back"
    stages = ", ".join(f"{name} {spread['median']:.0f} ({spread['p95']:.0f})" for name, spread in row.stages.items())
    return " ".join(f"{seconds:>6.0f}" for seconds in row.total.values()) + f"   {stages}"


def written(found: Sequence[Row], repeats: Sequence[Repeat], ground: Mapping[str, Any]) -> str:
    """All of it as JSON; `ground`: what the drill was run with."""
    each = [
        {"ratio": one.plan.ratio, "after": one.plan.after, "number": one.plan.number, "ended": one.ended}
        | ({"seconds": one.seconds, "stages": dict(zip(STAGES, one.stages, strict=True))} if one.stages else {})
        for one in repeats
    ]
    summed = [
        {"ratio": row.ratio, "after": row.after, "repeats": row.repeats, "otherwise": row.otherwise}
        | {"total": row.total, "stages": row.stages, "holds": row.holds}
        for row in found
    ]
    return json.dumps({**ground, "rows": summed, "repeats": each}, indent=1) + "\n"
