"""`GET /api/studies/{id}`: what one deployment did, with the points behind it, for whoever may see its page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from app.model import Tally
from app.pages.answers import refuse
from app.pages.browser import HEADERS
from app.pages.door import Door
from app.pages.studies import plain, tally_of
from app.pages.study_page import exhibit
from app.store.opinions import Opinions
from app.store.studies import Studies


@dataclass(frozen=True, slots=True)
class StudyJson:
    """Tells whoever has the key of its page, or a token of its repository. `now`: epoch seconds."""

    studies: Studies
    opinions: Opinions
    door: Door
    now: Callable[[], float] = time.time

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get("/api/studies/{study:[0-9]{1,18}}", self.one)]

    async def one(self, request: web.Request) -> web.Response:
        """200 with all there is; 404 for what there is not, and for whoever may not see it."""
        kept = await self.studies.get(int(request.match_info["study"]))
        seen = exhibit(kept, self.now()) if kept else None
        if kept is None or seen is None or not await self.door.admits(request, seen.subject, seen.expired):
            refuse(404, "there is no such study")
        tally = (await self.opinions.of((kept.id,))).get(kept.id, Tally())
        rate = await self.opinions.rate(kept.intervention.repository)
        panels = msgspec.json.decode(await self.studies.panels(kept.id) or '{"traces":[]}')
        told = plain(kept, tally) | {"agreement": tally_of(rate), "panels": panels["traces"]}
        return web.json_response(told, headers=HEADERS | {"Cache-Control": "private, no-store"})
