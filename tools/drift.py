"""A made-up module that is watched for drift, and its page as the web process serves it: for pictures.

Rows are drawn by chance of a fixed seed: 4,000 a day, of which from the twelfth day on some pay in another way.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from app.commands.running import listening
from app.model import Cause, KeptModule, KeptReference, KeptStep
from app.pages.door import Door
from app.pages.drift_page import DriftPages
from app.pages.live import Live
from app.pages.showing import Showing
from app.render.capability import Pages, derived, of_module
from app.storage import stores
from app.store.drift import Drifts
from app.store.news import DriftNews
from checks.drift import NameSketch, NumberSketch, Sketch, begin, dump_watch
from checks.drift.alarm import Acted, Course, after, dump, load
from checks.drift.block import Module
from checks.drift.days import frozen, told
from checks.drift.told import dump as dump_told
from tools.experiment import application

FIRST = date(2026, 11, 1).toordinal()
NOON = 1_795_435_200.0  # epoch seconds: 2026-11-23 12:00 UTC
REFERENCE, DAYS, BEGINS = 7, 22, 15
WAYS = ("visa", "mastercard", "paypal", "invoice", "gift card")
CAUSE = Cause("drift.look")
NAMED = ("octo/shop", "ranking")
Came = Mapping[str, Sketch]
"""What came of one day, by feature."""

RULES = Module.model_validate(
    {
        "name": NAMED[1],
        "features": [
            {"name": "card", "kind": "categorical"},
            {"name": "price", "kind": "numeric"},
            {"name": "score", "kind": "numeric", "role": "output"},
        ],
    }
)


def day(at: int) -> dict[str, Sketch]:
    """What came of the day `at`, counted from FIRST."""
    chance = np.random.default_rng(at)
    moved = 0.04 if at >= BEGINS else 0.0
    ways = chance.choice(len(WAYS), size=4_000, p=[0.45 - moved, 0.25, 0.15, 0.1, 0.05 + moved])
    return {
        "card": NameSketch().add_many([WAYS[way] for way in ways]),
        "price": NumberSketch().add_many(chance.lognormal(3, 0.5, size=4_000)),
        "score": NumberSketch().add_many(chance.beta(2, 5, size=4_000)),
    }


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The address of its page."""
    with tempfile.TemporaryDirectory(prefix="maestro-drift-") as directory:
        async with stores(f"sqlite:///{Path(directory) / 'maestro.db'}") as kept:
            await _watched(kept.drifts)
            opening = Pages("", derived("an example"))
            drawn = DriftPages(kept.drifts, kept.provenance, "https://github.com", lambda: NOON)
            shown = Showing(drawn, Door(opening, kept.tokens), Live(DriftNews(kept.main).of), lambda: NOON)
            async with listening(application(shown), "127.0.0.1", 0, 1.0) as root:
                yield Pages(root, opening.key).address(of_module(*NAMED))


async def compared(drifts: Drifts, module: KeptModule, before: Sequence[Came], since: Sequence[Came]) -> None:
    """From FIRST on came the days `before`, of which the reference is made, and each day `since` is looked at."""
    rules = Module.model_validate_json(module.rules)
    days = {FIRST + at: came for at, came in enumerate([*before, *since])}
    last = FIRST + len(before) - 1
    made = frozen(rules, days, FIRST, last)
    await drifts.freeze(module, KeptReference(1, "", FIRST, last, made.dump(), NOON), CAUSE)
    seen = list(told(rules, made, begin(made), days, range(last + 1, FIRST + len(days))))
    steps = [KeptStep(one.day, dump_watch(watch), dump_told(one)) for watch, one in seen]
    course = after(Course(), [one for _, one in seen], None, "")
    frozen_by = await drifts.one(module.id)
    assert frozen_by is not None, "modules are never removed"
    await drifts.looked(frozen_by, steps, dump(course), f"{rules.name}: {course.word}", CAUSE)


async def acted(drifts: Drifts, module: int, done: Acted) -> None:
    """Something was done about it."""
    kept = await drifts.one(module)
    assert kept is not None, "modules are never removed"
    await drifts.acted(module, dump(replace(load(kept.course), acted=done)), kept.course)


async def _watched(drifts: Drifts) -> None:
    await drifts.note(*NAMED, RULES.model_dump_json())
    module = await drifts.get(*NAMED)
    assert module is not None, "it was just noted"
    days = [day(at) for at in range(DAYS)]
    await compared(drifts, module, days[:REFERENCE], days[REFERENCE:])
    await acted(drifts, module.id, Acted(issue=31))
