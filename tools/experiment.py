"""A made-up experiment and its page, as the web process serves it: for pictures, and to measure with.

Counts are drawn by chance of a fixed seed: 2,700 requests of the control and 300 of a canary that is as good in each
half minute, but for some of which nobody tells.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from app.commands.running import listening
from app.model import Canary, Cause
from app.pages import browser
from app.pages.door import Door
from app.pages.experiment_page import ExperimentPages
from app.pages.live import Live
from app.pages.showing import Showing
from app.render.capability import Pages, derived, of_experiment
from app.storage import Stores, stores
from app.store.experiments import Experiments, SentTick
from checks.experiment import Config, GateConfig

START = 1_790_000_000.0  # epoch seconds
TICK = 30.0  # seconds
CANARY = Canary("octo/shop", "c0ffee1" + "0" * 33, "canary", "main", 7)
NAMED = (CANARY.repository, CANARY.sha)
CAUSE = Cause("experiment.begin")
GATE = {"baseline": 0.01, "expected_share": 0.1, "max_missing_ticks": 10, "metrics": [{"name": "errors"}]}


def ticks(number: int, seed: int = 8) -> Iterator[dict[str, Any]]:
    """That many, some of which are not sent, and one of which cannot be used."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    for at in range(1, number + 1):
        sides = [_counted(requests, chance) for requests in (2_700, 300)]
        metrics = {name: {"control": sides[0][name], "canary": sides[1][name]} for name in sides[0]}
        if at == number // 4:
            metrics["errors"]["canary"] = {"good": 301, "total": 300}
        if not 0 <= at - number // 2 < 4:
            yield {"t": START + TICK * at, "metrics": metrics}


def _counted(requests: int, chance: random.Random) -> dict[str, dict[str, Any]]:
    bad, slow, slower = (_some(requests, share, chance) for share in (0.01, 0.045, 0.05))
    buckets = {"320": requests - slow - slower, "400": requests - slow, "+Inf": requests}
    cost = {"n": requests, "sum": requests * chance.gauss(0.003, 0.0001)}
    return {"errors": {"good": requests - bad, "total": requests}, "p95": {"buckets": buckets}, "cost": cost}


def _some(requests: int, share: float, chance: random.Random) -> int:
    """About that share of them."""
    return max(0, round(chance.gauss(requests * share, (requests * share * (1 - share)) ** 0.5)))


@asynccontextmanager
async def served(number: int) -> AsyncIterator[str]:
    """The address of the page of an experiment that was sent `number` ticks."""
    clock = [START]
    with tempfile.TemporaryDirectory(prefix="maestro-experiment-") as directory:
        async with stores(f"sqlite:///{Path(directory) / 'maestro.db'}") as kept:
            key = await _fed(Experiments(kept.main, lambda: int(clock[0] * 1e6)), number, clock)
            opening = Pages("", derived("an example"))
            async with listening(application(pages(kept.reading, opening, clock)), "127.0.0.1", 0, 1.0) as root:
                yield Pages(root, opening.key).address(of_experiment(key, *NAMED))


def pages(kept: Stores, opening: Pages, clock: list[float]) -> Showing:
    """The pages of the experiments in `kept`, as seen at `clock` (epoch seconds)."""
    drawn = ExperimentPages(kept.experiments, kept.points, kept.provenance, "https://github.com", lambda: clock[0])
    return Showing(drawn, Door(opening, kept.tokens), Live(kept.news.of), now=lambda: clock[0])


def application(shown: Showing) -> web.Application:
    """A web process that has these pages alone, and the files that they need."""
    made = web.Application()
    made.add_routes([*browser.routes(), *shown.routes()])
    made.on_shutdown.append(shown.live.close)
    return made


async def _fed(experiments: Experiments, number: int, clock: list[float]) -> int:
    rules = Config(environments=("canary",), gate=GateConfig.model_validate(GATE))
    kept, _ = await experiments.begin(CANARY, rules, CAUSE)
    for tick in ticks(number):
        clock[0] = tick["t"] + 1
        await experiments.feed(kept.id, [SentTick(tick["t"], tick)])
        await experiments.look(kept.id, CAUSE)
    return kept.id
