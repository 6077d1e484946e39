"""`/drift/{owner}/{repo}/{module}`: the page of a module that is watched for drift."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web
from pydantic import ValidationError

from app.pages.showing import Exhibit, Unreadable
from app.render.capability import of_module
from app.render.drift_page import Shown, drift_page
from app.store.drift import Drifts
from app.store.news import Edition
from app.store.provenance import Provenance
from checks.drift.told import load

DAYS = 60  # that are told of
_DAY = 86_400.0  # seconds
_EPOCH = 719_163  # 1970-01-01, as of `date.toordinal`


@dataclass(frozen=True, slots=True)
class DriftPages:
    """Draws what is stored. `github`: the root of GitHub's own pages; `now`: epoch seconds."""

    drifts: Drifts
    provenance: Provenance
    github: str
    now: Callable[[], float] = time.time
    where: str = "/drift/{owner:[^/]{1,100}}/{repo:[^/]{1,100}}/{module:[^/]{1,64}}"

    async def find(self, request: web.Request) -> Exhibit | None:
        """The module of that name, as long as it is watched."""
        asked = request.match_info
        kept = await self.drifts.get(f"{asked['owner']}/{asked['repo']}", asked["module"])
        return Exhibit(kept.id, of_module(kept.repository, kept.name)) if kept and kept.rules else None

    async def draw(self, exhibit: Exhibit, edition: Edition) -> str:
        """The page, whole. Raises Unreadable."""
        try:
            return drift_page(await self._read(exhibit.id, edition))
        except (msgspec.MsgspecError, ValidationError) as error:
            raise Unreadable(str(error)) from None

    async def _read(self, module: int, edition: Edition) -> Shown:
        kept = await self.drifts.one(module)
        assert kept is not None, "modules are never removed"
        now = self.now()
        steps = await self.drifts.steps(kept, _EPOCH + int(now // _DAY) - DAYS)
        log = await self.provenance.of_module(kept.repository, kept.name)
        days = tuple(load(step.told) for step in steps)
        return Shown(kept, await self.drifts.reference(kept), days, log, self.github, now, edition.word)
