"""`/experiments/{id}`: the page of an experiment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from app.model import KeptExperiment
from app.pages.door import OPEN
from app.pages.showing import Exhibit, Unreadable
from app.render.capability import of_experiment
from app.render.experiment_page import Shown, experiment_page
from app.store.experiments import Experiments
from app.store.news import Edition
from app.store.points import Points
from app.store.provenance import Provenance
from checks import shadow
from checks.experiment import StateError


@dataclass(frozen=True, slots=True)
class ExperimentPages:
    """Draws what is stored. `github`: the root of GitHub's own pages; `now`: epoch seconds."""

    experiments: Experiments
    points: Points
    provenance: Provenance
    github: str
    now: Callable[[], float] = time.time
    where: str = "/experiments/{experiment:[0-9]{1,18}}"

    async def find(self, request: web.Request) -> Exhibit | None:
        """The experiment of that id; its key ends a while after it."""
        kept = await self.experiments.get(int(request.match_info["experiment"]))
        if kept is None:
            return None
        expired = kept.ended and self.now() - kept.changed > OPEN
        return Exhibit(kept.id, of_experiment(kept.id, kept.canary.repository, kept.canary.sha), expired)

    async def draw(self, exhibit: Exhibit, edition: Edition) -> str:
        """The page, whole. Raises Unreadable."""
        try:
            return experiment_page(await self._read(exhibit.id, edition))
        except (StateError, shadow.StateError) as error:
            raise Unreadable(str(error)) from None

    async def _read(self, experiment: int, edition: Edition) -> Shown:
        kept = await self.experiments.get(experiment)
        assert kept is not None, "experiments are never removed"
        points = await self.points.of(experiment)
        log = await self.provenance.of_experiment(experiment, kept.canary.repository, kept.canary.sha)
        return Shown(kept, points, log, self._home(kept), self.now(), edition.word)

    def _home(self, kept: KeptExperiment) -> str:
        canary = kept.canary
        what = f"pull/{canary.number}" if canary.number else f"commit/{canary.sha}"
        return f"{self.github}/{quote(canary.repository)}/{what}"
