"""A real Prometheus, whose history was written for it, counts whole days by a label."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from app.sources import PrometheusCounts
from app.sources.counts import DAY
from app.wire import Wire, root
from checks.drift.counted import of_buckets, of_names
from tests.prometheus import NoPrometheusHere, running, write

pytestmark = pytest.mark.slow

MIDNIGHT = 1_700_006_400
SCRAPE = 600  # seconds
RESTART = DAY + DAY // 2  # when the service begins anew, with all counters at 0
ORDERS = {"visa": (7_000, 5_000), "amex": (3_000, 5_000)}  # on the first and on the second day
TOOK = {"0.1": 0.5, "0.5": 0.8, "+Inf": 1.0}
OTHERS = 1_000_000  # orders a day of another team


def total(rates: tuple[int, int], at: int) -> float:
    """What was counted since the first midnight."""
    return rates[0] * min(at, DAY) / DAY + rates[1] * max(at - DAY, 0) / DAY


def stood(rates: tuple[int, int], at: int) -> float:
    """What a counter of it stands at."""
    return total(rates, at) - (total(rates, RESTART) if at >= RESTART else 0)


def samples(series: str, rates: tuple[int, int], share: float = 1.0) -> Iterator[str]:
    for at in range(0, 2 * DAY + 1, SCRAPE):
        yield f"{series} {share * stood(rates, at)} {MIDNIGHT + at}\n"


def history() -> Iterator[str]:
    """Two days, as OpenMetrics tells them."""
    yield "# TYPE orders counter\n"
    for card, rates in ORDERS.items():
        yield from samples(f'orders_total{{team="shop",card="{card}"}}', rates)
    yield from samples('orders_total{team="other",card="visa"}', (OTHERS, OTHERS))
    yield "# TYPE took histogram\n"
    for bound, share in TOOK.items():
        yield from samples(f'took_bucket{{team="shop",le="{bound}"}}', (1_000, 1_000), share)
    yield "# EOF\n"


@pytest.fixture
async def counts(tmp_path: Path) -> AsyncIterator[PrometheusCounts]:
    try:
        write(tmp_path, history())
        async with running(tmp_path, {}) as address, aiohttp.ClientSession() as session:
            yield PrometheusCounts(Wire(session, root(address)), {"team": "shop"})
    except NoPrometheusHere as missing:
        pytest.skip(str(missing))


async def test_days_are_counted_as_they_were_and_of_this_team_alone(counts: PrometheusCounts) -> None:
    first, second = MIDNIGHT + DAY, MIDNIGHT + 2 * DAY
    assert of_names(await counts.by("card", "orders_total", first)).counts == {"visa": 7_000, "amex": 3_000}
    halves = await counts.by("card", 'orders_total{team=~".*"}', second)
    lost = 5_000 * SCRAPE / DAY  # between the last scrape before the restart and the restart
    assert halves == pytest.approx({"visa": 5_000 - lost, "amex": 5_000 - lost}, abs=1)
    sketch = of_buckets(await counts.by("le", "took_bucket", first))
    assert sketch.counts == {"≤ 0.1": 500, "0.1 to 0.5": 300, "> 0.5": 200}
    assert await counts.by("card", "orders_total", MIDNIGHT - DAY) == {}, "nothing was scraped that day"
