"""The Decision Center: whatever shows pull requests, over what is stored of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from aiohttp import web

from app.gather.roles import Roles
from app.github.connecting import Connector
from app.main.reached import Reached, pages_of
from app.pages.door import Door
from app.pages.history import History
from app.pages.outcomes import Outcomes
from app.pages.pull_json import PullJson
from app.pages.pull_list import PullList
from app.pages.pull_reading import Reading
from app.render.capability import Pages
from app.settings import Settings
from app.storage import Stores
from handlers.commands import VERBS
from handlers.commands.roles import suffices


def reading_of(kept: Stores, pages: Pages, now: Callable[[], float] = time.time) -> Reading:
    """What is stored of pull requests. `now`: epoch seconds."""
    return Reading(
        kept.decisions,
        kept.effects,
        kept.measurements,
        kept.experiments,
        kept.points,
        kept.studies,
        kept.drifts,
        kept.commands,
        kept.provenance,
        kept.remediations,
        kept.spending,
        kept.speclive,
        pages,
        now,
    )


def reading(settings: Settings, reached: Reached) -> Reading:
    """The same, of what this process shows."""
    return reading_of(reached.kept.reading, pages_of(settings))


def center(settings: Settings, reached: Reached, door: Door) -> Iterator[web.RouteDef]:
    """The routes beside the page of a pull request itself."""
    roles, least = Roles(Connector(reached.github)), {verb.name: verb.role for verb in VERBS}
    told, kept = reading(settings, reached), reached.kept.reading
    yield from PullJson(told, door, roles, kept.pull_news.of, least, suffices).routes()
    yield from History(told, door).routes()
    yield from PullList(kept.decisions, door.visitors).routes()
    yield from Outcomes(kept.kpis, kept.decisions, door.visitors).routes()
