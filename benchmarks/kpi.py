"""What do the outcome metrics cost over 100,000 decisions? Exit 1 when a bar is missed.

    python -m benchmarks.kpi

Twenty thousand pull requests of 20 repositories over 90 days, each judged five times, with records of some 3 KB that do
not compress, on an SQLite file: the figures of all repositories read, computed with their courses, and drawn as the
page, for 7, 30 and 90 days; and of one repository. Times are of the processor, each beside that of one bare scan of the
same table. The bar is for 30 days, which the page opens with, and for one repository; 90 days are told beside.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, text

from app.render.kpi_page import Wanted, kpi_page
from app.storage import Stores, stores
from app.store.asked_tables import commands
from app.store.remedial_tables import pull_times, usage
from app.store.tables import decisions
from program.kpi import report

REPOSITORIES, PULLS, HEADS, DAYS, ROUNDS = 20, 1_000, 5, 90, 5
RECORD = 3_000  # bytes
SECONDS = 1.0  # bar
_US, _DAY, _END = 1_000_000, 86_400, 1_800_000_000


def rows(chance: random.Random) -> Iterator[dict[str, Any]]:
    """Decisions, in the order of their making."""
    pulls = [(f"octo/shop-{one}", number) for one in range(REPOSITORIES) for number in range(PULLS)]
    begun = sorted((_END - chance.random() * DAYS * _DAY, *pull) for pull in pulls)
    made = ((at + look * 600, name, number, look) for at, name, number in begun for look in range(HEADS))
    for at, name, number, look in sorted(made):
        verdict = "ship" if look == HEADS - 1 else chance.choice(("hold", "block", "ship", "ship"))
        head = f"{number:08x}{look:08x}{name.partition('-')[2]:0>4}".ljust(40, "0")
        known = {"repository": name, "number": number, "head_sha": head, "verdict": verdict, "reason": "bench"}
        yield known | {"record": chance.randbytes(RECORD), "decided_at": round(at * _US)}


async def fill(kept: Stores) -> None:
    """Decisions, a command on every third pull request, the times of all, and usage of every second."""
    chance = random.Random(8)
    made = list(rows(chance))
    last = [one for one in made if one["head_sha"][8:16] == f"{HEADS - 1:08x}"]
    asked = [
        {name: one[name] for name in ("repository", "number", "head_sha")}
        | dict.fromkeys(("arguments", "role", "said", "before", "after"), "")
        | {"id": f"{place:032d}", "key": f"{place}", "verb": "retry", "who": "alice", "surface": "comment"}
        | {"state": "done"}
        | dict.fromkeys(("asked_at", "kept_at", "changed_at"), one["decided_at"])
        for place, one in enumerate(last[::3])
    ]
    closed = [
        {name: one[name] for name in ("repository", "number")}
        | {"opened_at": one["decided_at"] - 3_600 * _US, "closed_at": one["decided_at"] + 7_200 * _US}
        | {"merged": True, "bot": False, "draft": False}
        for one in last
    ]
    used = [
        {"repository": one["repository"], "sha": one["head_sha"], "trace": "", "report": "ci", "trusted": 1}
        | {"usd": 0.25, "ci_minutes": 4.0, "tokens": 1_000, "cached_tokens": 700, "model": ""}
        | {"received_at": one["decided_at"]}
        for one in last[::2]
    ]
    async with kept.main.begin() as connection:
        for table, some in ((decisions, made), (commands, asked), (pull_times, closed), (usage, used)):
            await connection.execute(insert(table), some)


async def drawn(kept: Stores, days: int, name: str = "") -> float:
    """Seconds of the processor from the question to the page."""
    began = time.process_time()
    known = await kept.reading.kpis.repositories()
    facts = await kept.reading.kpis.facts([name] if name else known, _END - days * _DAY, _END)
    kpi_page(report(facts), facts, Wanted(days, name), known, "alice", 0)
    return time.process_time() - began


async def scanned(kept: Stores) -> float:
    """Seconds of the processor for one bare count over all verdicts."""
    began = time.process_time()
    async with kept.reading.main.connect() as connection:
        await connection.execute(text("SELECT count(*), max(verdict) FROM decisions"))
    return time.process_time() - began


async def measure() -> bool:
    """Ask, print, and say whether the bars hold."""
    with tempfile.TemporaryDirectory() as directory:
        async with stores(f"sqlite:///{Path(directory) / 'maestro.db'}") as kept:
            await fill(kept)
            scan = median([await scanned(kept) for _ in range(ROUNDS)])
            print(f"{REPOSITORIES * PULLS * HEADS:,} decisions; a bare scan of them: {1e3 * scan:.1f} ms")
            worst = 0.0
            for days, name in ((7, ""), (30, ""), (90, ""), (90, "octo/shop-7")):
                took = median([await drawn(kept, days, name) for _ in range(ROUNDS)])
                worst = max(worst, 0.0 if days == DAYS and not name else took)
                print(f"{days} days of {name or 'all'}: {1e3 * took:.0f} ms ({took / scan:.0f} x)")
    return worst < SECONDS


def main() -> int:
    """Measure; 0 where the bars hold."""
    return int(not asyncio.run(measure()))


if __name__ == "__main__":
    sys.exit(main())
