"""`/studies/{id}`: the page of what a deployment did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from pydantic import ValidationError

from app.model import KeptStudy, Tally
from app.pages.door import OPEN
from app.pages.showing import Exhibit, Unreadable
from app.render.capability import of_study
from app.render.study_page import Shown, study_page
from app.store.news import Edition
from app.store.opinions import Opinions
from app.store.provenance import Provenance
from app.store.studies import Studies
from checks.impact.panels import PanelsError
from checks.impact.told import ToldError

_ID = "{study:[0-9]{1,18}}"


@dataclass(frozen=True, slots=True)
class StudyPages:
    """Draws what is stored. `github`: the root of GitHub's own pages; `now`: epoch seconds."""

    studies: Studies
    opinions: Opinions
    provenance: Provenance
    github: str
    now: Callable[[], float] = time.time
    where: str = f"/studies/{_ID}"

    async def find(self, request: web.Request) -> Exhibit | None:
        """The study of that id; its key ends a while after it."""
        kept = await self.studies.get(int(request.match_info["study"]))
        return exhibit(kept, self.now()) if kept else None

    async def draw(self, exhibit: Exhibit, edition: Edition) -> str:
        """The page, whole. Raises Unreadable."""
        try:
            shown = await self._read(exhibit.id, edition)
            return await asyncio.to_thread(study_page, shown)  # twenty pictures take half a second
        except (ToldError, PanelsError, ValidationError) as error:
            raise Unreadable(str(error)) from None

    async def _read(self, study: int, edition: Edition) -> Shown:
        kept = await self.studies.get(study)
        assert kept is not None, "studies are never removed"
        one = kept.intervention
        tally = (await self.opinions.of((study,))).get(study, Tally())
        rate = await self.opinions.rate(one.repository)
        panels = await self.studies.panels(study)
        log = await self.provenance.of_study(study, one.repository, one.sha)
        return Shown(kept, tally, rate, panels, log, self.github, self.now(), edition.word)


def exhibit(kept: KeptStudy, now: float) -> Exhibit:
    """What a study's page is about; its key ends a while after what it looks at."""
    expired = kept.done and now - kept.until > OPEN
    return Exhibit(kept.id, of_study(kept.id, kept.intervention.repository, kept.intervention.sha), expired)
