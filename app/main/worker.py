"""The worker: the engine, over what it runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.exit import Exit
from app.main.events import understanding_of
from app.main.reached import Reached
from app.main.road import laid
from app.settings import Settings

if TYPE_CHECKING:
    from app.engine.engine import Engine, Pace


def engine_of(settings: Settings, reached: Reached, on_lost: Callable[[], None], pace: Pace | None = None) -> Engine:
    """Not yet started. `on_lost`: others may have been given its work, it must end."""
    from app.engine.engine import Engine, Pace  # here, because the web process must not pay for it: it takes a second

    async def owns() -> bool:
        return await engine.owns()

    work = laid(settings, reached, owns)
    periods = {name: seconds for name, (seconds, _) in work.schedules.items()}
    understand = understanding_of(int(settings.app_id))
    engine = Engine(
        reached.kept.address, understand, work.bodies(), schedules=periods, on_lost=on_lost, pace=pace or Pace()
    )
    return engine


def end_process() -> None:
    """Whoever runs web and worker in one has nobody to start it anew: the end must be seen."""
    os._exit(Exit.INFRASTRUCTURE)
