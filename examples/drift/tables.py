"""The tables of this directory, made up: how long a shop's answers took, and on which plan its customers are.

python examples/drift/tables.py examples/drift

`reference.csv` is of four weeks in which all was well, `today.csv` of the three weeks after it. From 8 October 2026 on
a cache answers in place of the database now and then: a part of the answers is faster. The plans are as they were.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FIRST, AFTER, CACHED = date(2026, 9, 1), date(2026, 9, 29), date(2026, 10, 8)
ROWS = 100  # a day
PLANS, SHARES = ("free", "team", "enterprise"), (0.6, 0.3, 0.1)


def lines(first: date, days: int, seed: int) -> Iterator[str]:
    """The file, line by line."""
    chance = random.Random(seed)
    yield "day,ms,plan"
    for at in range(days):
        day = first + timedelta(days=at)
        for _ in range(ROWS):
            cached = day >= CACHED and chance.random() < 0.2
            ms = chance.gammavariate(4, 5) * (0.3 if cached else 1.0)
            yield f"{day},{ms:.1f},{chance.choices(PLANS, SHARES)[0]}"


def write(into: Path) -> None:
    """Both files."""
    for name, first, days, seed in (("reference", FIRST, 28, 1), ("today", AFTER, 21, 2)):
        (into / f"{name}.csv").write_text("\n".join(lines(first, days, seed)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
