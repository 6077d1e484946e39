"""What the clock asks for: what heals, and what is forgotten."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from app import record
from app.gather.census import Census
from app.gather.closed import ClosedPulls
from app.gather.hooks import Hooks
from app.gather.standing import Standings
from app.github.client import GitHub
from app.model import Trigger
from app.render.actions import DECISION
from app.settings import Settings
from app.storage import Stores
from handlers.advisories import DailyLook
from handlers.drift import DriftWatch
from handlers.redelivery import Redelivery
from handlers.sweep import Sweep
from handlers.timing import Timing
from handlers.unanswered import LeftOver

Scheduled = Callable[[], Awaitable[tuple[Trigger, ...]]]
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0  # seconds
_DRIFT_KEPT = 60 * _DAY  # of what came of a day that no reference is made of
_BILLS_KEPT, _ADVISORIES_KEPT = 90 * _DAY, 30 * _DAY  # of a bill since it came, of an advisory since it was used


def schedules(
    settings: Settings, github: GitHub, kept: Stores, rounds: Mapping[str, Scheduled], drift: DriftWatch
) -> Mapping[str, tuple[float, Scheduled]]:
    """What heals and what is forgotten, and how many seconds lie between two runs; what is set to 0 never runs.

    `rounds`: what is looked after each minute, by its name.
    """
    standings = Standings(kept.decisions, kept.effects, record.base_of, DECISION)

    async def forget() -> tuple[Trigger, ...]:
        await kept.deliveries.prune(time.time() - settings.keep_days * _DAY)
        await kept.bills.prune(time.time() - _BILLS_KEPT)
        await kept.advisories.prune(time.time() - _ADVISORIES_KEPT)
        await kept.triples.prune(time.time() - settings.keep_days * _DAY)
        await kept.drifts.prune(time.time() - _DRIFT_KEPT)
        await kept.sessions.prune()
        await kept.series.prune(time.time() - settings.keep_days * _DAY)
        await kept.speclive.prune(time.time() - settings.keep_days * _DAY)
        return ()

    every: dict[str, tuple[float, Scheduled]] = {
        "sweep": (settings.sweep_seconds, Sweep(Census(github), standings)),
        "redelivery": (settings.redelivery_seconds, Redelivery(Hooks(github), kept.deliveries)),
        "advisories": (settings.advisories_seconds, DailyLook(Census(github))),
        "pull_times": (settings.pull_times_seconds, Timing(ClosedPulls(github), kept.pull_times)),
        "unanswered": (_MINUTE, LeftOver(kept.commands, kept.deliveries, kept.inbox, kept.lanes_of_commands)),
        **{name: (_MINUTE, run) for name, run in rounds.items()},
        "drift": (_HOUR, drift.round),
        "retention": (_HOUR, forget),
    }
    return {name: (seconds, run) for name, (seconds, run) in every.items() if seconds}
