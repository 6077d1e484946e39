"""A real Prometheus scrapes a real service; what is read is what was counted."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from app.sources import BadSelector, NoSeries, Prometheus, Reading, Window
from app.wire import Wire, root
from checks.experiment import GateConfig, Side
from tests.sources.service import SCRAPE, Service, prometheus, serving
from tests.waiting import until

pytestmark = pytest.mark.slow

OK, ERROR = 'http_requests_total{code="200"}', 'http_requests_total{code="500"}'
REQUESTS = Side(total="http_requests_total", bad='http_requests_total{code=~"5.."}')
(ERRORS,) = GateConfig(baseline=0.01).designs
TICK = 2 * SCRAPE


async def scraped(session: aiohttp.ClientSession, address: str, processes: int) -> None:
    """Wait until each process was scraped: a Prometheus that starts takes some seconds to see to them."""
    source = Prometheus(Wire(session, root(address)), {})

    async def all_up() -> bool:
        return len(await source.series("up", Window(time.time() - SCRAPE, SCRAPE, 1))) >= processes

    await until(all_up, seconds=30)


async def settled(source: Prometheus, window: Window) -> Reading:
    """The window, read when its last sample is there."""
    await asyncio.sleep(max(0.0, window.end + SCRAPE - time.time()))
    return await source.count(ERRORS, REQUESTS, window)


def summed(found: Reading, name: str) -> float:
    return sum(count or 0 for count in found.counts[name])


async def test_each_request_is_counted_once_through_resets_first_errors_and_new_processes(tmp_path: Path) -> None:
    old, new = Service({OK: 1_000}), Service()
    async with (
        serving(old) as first,
        serving(new) as second,
        prometheus(tmp_path, first, second) as address,
        aiohttp.ClientSession() as session,
    ):
        source = Prometheus(Wire(session, root(address)), {"job": "web"})
        await scraped(session, address, processes=2)
        window = Window(time.time(), TICK, 6)
        for step in range(4 * window.ticks):
            old.add(OK, 10)
            if step == 8:
                old.add(ERROR)  # its first
            if step > 8:
                old.add(ERROR, 2)
            if step == 12:
                new.counters[OK] = 5_000.0  # a process that ran before anybody looked
            if step > 14:
                new.add(OK, 3)
            await asyncio.sleep(TICK / 4 - 0.01)
        found = await settled(source, window)
        assert found.series == {"total": 3, "bad": 1}
        assert None not in found.counts["total"]
        late = 10 + 2 + 3  # what the last quarter of a tick added may have come after the last scrape
        assert 240 + 31 + 27 - 2 * late <= summed(found, "total") <= 240 + 31 + 27
        assert 31 - 4 <= summed(found, "bad") <= 31

        total = old.counters[OK]
        old.counters.clear()  # the process starts anew
        old.add(OK, 4)
        after = Window(window.end, TICK, 3)
        again = await settled(source, after)
        assert again.resets >= 1
        whole = await source.count(ERRORS, REQUESTS, Window(window.start, TICK, 9))
        added = total - 1_000 + 4 + new.counters[OK] - 5_000 + 31
        assert summed(whole, "total") == pytest.approx(added, abs=late)


async def test_a_process_that_is_not_scraped_leaves_ticks_missing(tmp_path: Path) -> None:
    service = Service({OK: 5})
    async with (
        serving(service) as port,
        prometheus(tmp_path, port) as address,
        aiohttp.ClientSession() as session,
    ):
        await scraped(session, address, processes=1)
        window = Window(time.time(), TICK, 5)
        await asyncio.sleep(TICK)
        service.down = True
        await asyncio.sleep(2 * TICK)
        service.down = False
        found = await settled(Prometheus(Wire(session, root(address)), {}), window)
        counts = found.counts["total"]
        assert counts[0] == 0
        assert None in counts[1:4]
        assert counts[4] == 0
        assert found.counts["bad"] == counts  # no error is none, where somebody looked


async def test_a_selector_that_matches_nothing_is_told_apart_from_no_requests(tmp_path: Path) -> None:
    async with (
        serving(Service({OK: 5})) as port,
        prometheus(tmp_path, port) as address,
        aiohttp.ClientSession() as session,
    ):
        await scraped(session, address, processes=1)
        window = Window(time.time() - TICK, TICK, 1)
        demanding = Prometheus(Wire(session, root(address)), {"job": "another"})
        with pytest.raises(NoSeries, match="`http_requests_total` matches no series"):
            await demanding.count(ERRORS, REQUESTS, window)
        with pytest.raises(BadSelector, match="no selector"):
            await demanding.series('up[5m]) or vector(1) or ({job="x"}', window)
