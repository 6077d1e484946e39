"""What does the page of an experiment cost that ran for a day? Exit 1 when a bar is missed.

    python -m benchmarks.page

2,880 ticks of three metrics, in SQLite; the page over HTTP on loopback, one request after the other: drawn anew for
each, as it was drawn before, and as the browser has it already (304), beside a handler of the same process that says
"ok", asked in turn with them. Bars are on processor time, of client and server together, which other work on the
machine leaves alone; the time to the first byte is told beside it.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
from aiohttp import web
from sqlalchemy import update

from app.commands.running import listening
from app.pages.showing import Showing
from app.render.capability import Pages, derived, of_experiment
from app.storage import Stores, stores
from app.store.experiments import Experiments
from app.store.points import keep, point_of, thinned
from app.store.tables import experiments as table
from checks.experiment import Config, GateConfig, advance, begin, dump
from tools import experiment

TICKS, ROUNDS = 2_880, 60
DRAWN, KEPT, KNOWN = 100.0, 20.0, 20.0  # bars: times the plain handler's median of processor time
BYTES, PACKED = 100_000, 25_000  # bars: of the page, plain and with gzip
NAMES = ("errors", "timeouts", "refusals")
NOT_SOON = {"alpha": 1e-9, "beta": 1e-9, "margin": 1.03}
GATE = experiment.GATE | NOT_SOON | {"metrics": [{"name": name} for name in NAMES]}


@dataclass(frozen=True, slots=True)
class Site:
    """A process with one experiment: where its page is, what opens it, and who shows it."""

    root: str
    path: str
    opens: dict[str, str]
    shown: Showing


async def day(kept: Stores) -> int:
    """An experiment of TICKS ticks that has no answer yet, its points as the looks would have left them."""
    gate = GateConfig.model_validate(GATE)
    rules = Config(environments=("canary",), gate=gate)
    key = (await Experiments(kept.main).begin(experiment.CANARY, rules, experiment.CAUSE))[0].id
    state, points = begin(gate), {}
    for tick in experiment.ticks(TICKS):
        sent = tick | {"metrics": dict.fromkeys(NAMES, tick["metrics"]["errors"])}
        state = advance(state, [sent], gate, tick["t"] + 1)
        if point := point_of(state, gate):
            points[point.restarts, point.t] = point
    assert not state.status.final, state
    async with kept.main.begin() as connection:
        values = {"state": dump(state), "status": state.status.value}
        await connection.execute(update(table).where(table.c.id == key).values(**values))
        for place in thinned(list(points)):
            await keep(connection, key, points[place])
    return key


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """The pages of one process, and a plain handler beside them."""
    with tempfile.TemporaryDirectory(prefix="maestro-page-") as directory:
        async with stores(f"sqlite:///{Path(directory) / 'maestro.db'}") as kept:
            key, pages = await day(kept), Pages("", derived("a benchmark"))
            shown = experiment.pages(kept, pages, [experiment.START])
            application = experiment.application(shown)
            application.router.add_get("/plain", plain)
            async with listening(application, "127.0.0.1", 0, 1.0) as root:
                opens = {"Cookie": f"maestro-page={pages.key_of(of_experiment(key, *experiment.NAMED))}"}
                yield Site(root, f"/experiments/{key}", opens, shown)


async def plain(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: seconds to the first byte, seconds of processor time, the status, the body as it was sent."""

    waited: float
    worked: float
    status: int
    body: bytes


async def ask(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> Asked:
    began, worked = time.perf_counter(), time.process_time()
    async with session.get(url, headers=headers) as answer:
        waited = time.perf_counter() - began
        body = await answer.read()
    return Asked(waited, time.process_time() - worked, answer.status, body)


async def measure() -> bool:
    """Ask in turns, print, and say whether the bars hold."""
    packed = {"Accept-Encoding": "gzip"}
    async with (
        site() as here,
        aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        async with session.get(here.root + here.path, headers=here.opens | packed) as answer:
            tag = answer.headers["ETag"]
        asked: dict[str, tuple[str, dict[str, str]]] = {
            "plain": ("/plain", packed),
            "drawn": (here.path, here.opens | packed),
            "kept": (here.path, here.opens | packed),
            "known": (here.path, here.opens | packed | {"If-None-Match": tag}),
        }
        told: dict[str, list[Asked]] = {name: [] for name in asked}
        for _ in range(ROUNDS):
            for name, (path, headers) in asked.items():
                if name == "drawn":
                    here.shown.drawn.clear()
                told[name].append(await ask(session, here.root + path, headers))
    assert {one.status for one in told["known"]} == {304}
    assert {one.status for name in ("drawn", "kept") for one in told[name]} == {200}
    return report(told)


def report(told: dict[str, list[Asked]]) -> bool:
    """The figures, and whether the bars hold."""
    worked = {name: median(one.worked for one in each) for name, each in told.items()}
    ratio = {name: each / worked["plain"] for name, each in worked.items()}
    for name, each in told.items():
        waited = median(one.waited for one in each)
        print(f"{name:>6}: {1e3 * worked[name]:6.2f} ms of processor time, {ratio[name]:5.1f} x plain", end="; ")
        print(f"{1e3 * waited:6.1f} ms to the first byte")
    packed = told["kept"][0].body
    whole = len(gzip.decompress(packed))
    print(f"  page: {whole:,} bytes, {len(packed):,} with gzip")
    bars = (ratio["drawn"] <= DRAWN, ratio["kept"] <= KEPT, ratio["known"] <= KNOWN, whole <= BYTES)
    return all(bars) and len(packed) <= PACKED


def main() -> int:
    """Measure; 0 where the bars hold."""
    return int(not asyncio.run(measure()))


if __name__ == "__main__":
    sys.exit(main())
