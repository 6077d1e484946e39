"""A real Prometheus, whose history was written for it, answers each form of the small language; no answer holds what is
another repository's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from app.sources import BadSelector, Grid, NoSeries, PrometheusRanges
from app.wire import Wire, root
from tests.prometheus import NoPrometheusHere, running, write

pytestmark = pytest.mark.slow

START = 1_700_000_040  # a multiple of 60
SCRAPE = 30  # seconds
SCRAPES = 480
LATER = Grid(START + 1_200, 60, 120)
REQUESTS = {"shop": 10, "other": 1_000}  # a second, half of them on either of two machines


def history() -> Iterator[str]:
    """Counters, a gauge and a histogram of two repositories, as OpenMetrics tells them."""
    for name, kind in (("requests", "counter"), ("errors", "counter"), ("load", "gauge"), ("took", "histogram")):
        yield f"# TYPE {name} {kind}\n"
        for team, rate in REQUESTS.items():
            for machine in "ab":
                yield from samples(name, f'team="{team}",machine="{machine}"', rate / 2)
    yield "# EOF\n"


def samples(name: str, labels: str, rate: float) -> Iterator[str]:
    for at in range(0, SCRAPES * SCRAPE, SCRAPE):
        count, stamp = rate * at, START + at
        if name == "load":
            yield f"load{{{labels}}} {rate} {stamp}\n"
        elif name == "took":
            for bound, share in (("0.1", 0.5), ("0.2", 0.9), ("+Inf", 1.0)):
                yield f'took_bucket{{{labels},le="{bound}"}} {share * count} {stamp}\n'
        else:
            yield f"{name}_total{{{labels}}} {count if name == 'requests' else count / 100} {stamp}\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose `data` holds that history."""
    directory = tmp_path_factory.mktemp("prometheus")
    try:
        write(directory, history())
    except NoPrometheusHere as missing:
        pytest.skip(str(missing))
    return directory


@pytest.fixture
async def shops(written: Path) -> AsyncIterator[PrometheusRanges]:
    try:
        async with running(written, {}) as address, aiohttp.ClientSession() as session:
            yield PrometheusRanges(Wire(session, root(address)), {"team": "shop"})
    except NoPrometheusHere as missing:
        pytest.skip(str(missing))


EACH = {
    'load{machine="a"}': 5.0,
    "sum(load)": 10.0,
    "avg(load)": 5.0,
    "count(load)": 2.0,
    'sum(load{team=~".*"})': 10.0,
    'max(load{machine!="a"})': 5.0,
    "sum(rate(requests_total[5m]))": 10.0,
    "sum(increase(requests_total[2m]))": 1_200.0,
    "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))": 0.01,
    "100 * (1 - sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])))": 99.0,
    "histogram_quantile(0.9, sum by (le) (rate(took_bucket[5m])))": 0.2,
    "max(avg_over_time(load[10m]) + min_over_time(load[10m])) by (team)": 10.0,
    "sum without (machine) (max_over_time(load[1m]))": 10.0,
}


async def test_each_form_comes_to_what_was_counted_of_this_repository(shops: PrometheusRanges) -> None:
    for query, value in EACH.items():
        assert list(await shops.points(query, LATER)) == pytest.approx([value] * LATER.count), query
    with pytest.raises(NoSeries):
        await shops.points('sum(load{team="other"})', LATER)
    with pytest.raises(BadSelector, match="2 series"):
        await shops.points("load", LATER)
    nothing = "sum(rate(errors_total[5m])) / (sum(load) - sum(load))"
    assert await shops.points(nothing, LATER) == (None,) * LATER.count, "infinite"


async def test_before_its_first_and_long_after_its_last_sample_there_is_nothing(shops: PrometheusRanges) -> None:
    at = Grid(START - 660, 60, 10 + 240 + 20)
    found = await shops.points("sum(load)", at)
    assert found == (None,) * 10 + (10.0,) * 245 + (None,) * 15, "it looks back for five minutes"


async def test_more_points_than_it_gives_at_a_time_come_all_the_same(shops: PrometheusRanges) -> None:
    found = await shops.points("sum(load)", Grid(START, 1, 14_000))
    assert found == (10.0,) * 14_000
