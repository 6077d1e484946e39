"""`/pr/.../evidence.zip`: the Repro Pack of a decision, for whoever may see the page of the pull request."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil

from aiohttp import web
from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError

from app.pack.evidence import Sources, chosen
from app.pack.pack import pack_of
from app.pack.redaction import Unmade
from app.pack.signing import Signer
from app.pages.browser import HEADERS, notice
from app.pages.door import Door
from app.pages.pace import Pace
from app.pages.pull_page import WHICH, asked
from app.pages.pull_reading import Reading
from app.record import BadRecord
from app.store import away
from app.store.decisions import Judged

WELL_KNOWN = "/.well-known/maestro-evidence.pem"
MOST = 6  # packs of one pull request that are made in a minute; what was made lately costs nothing
_KEPT = 32 * 1024 * 1024  # bytes of packs that are kept as they were made last
_DECISION = re.compile(r"[0-9]{1,18}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]", re.ASCII)


def _lately() -> LRUCache[int, bytes]:
    return LRUCache(_KEPT, getsizeof=len)


@dataclass(frozen=True, slots=True)
class EvidenceApi:
    """Gives packs away. `own`: secrets of the App itself, which no pack may hold."""

    reading: Reading
    door: Door
    sources: Sources
    signer: Signer
    own: Sequence[str] = ()
    pace: Pace = field(default_factory=lambda: Pace(MOST))
    made: MutableMapping[int, bytes] = field(default_factory=_lately)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get(f"/pr/{WHICH}/evidence.zip", self.one), web.get(WELL_KNOWN, self.key)]

    async def key(self, _request: web.Request) -> web.Response:
        """200 with the key that packs are signed with, for anybody."""
        pem = self.signer.public.pem
        return web.Response(body=pem, content_type="application/x-pem-file", headers=HEADERS)

    async def one(self, request: web.Request) -> web.Response:
        """200 with the pack of the newest decision, or of the one that `decision` names; 304; 404 for what there is not
        and for whoever may not see it; 409 where none can be made; 429, 503.
        """
        key = asked(request)
        try:
            exhibit = await self.reading.exhibit(key)
            admitted = exhibit and await self.door.admits(request, exhibit.subject, exhibit.expired)
            judged = await self._chosen(request) if admitted else None
            return await self.door.nothing(request) if judged is None else await self._pack(request, judged)
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            return notice(503, "The database cannot be read just now", "Ask again in a moment.")

    async def _chosen(self, request: web.Request) -> Judged | None:
        """Of its own decisions: not of those of another repository that bore the name before."""
        said = request.query.get("decision", "")
        if said and not _DECISION.fullmatch(said):
            return None
        return chosen(await self.reading.history(asked(request)), int(said) if said else None)

    async def _pack(self, request: web.Request, judged: Judged) -> web.Response:
        if judged.id not in self.made:
            wait = self.pace.wait((judged.repository, judged.number))
            if wait:
                answer = notice(429, "Too many packs at once", "Ask again in a minute.")
                answer.headers["Retry-After"] = str(ceil(wait))
                return answer
        made = await self._made(judged)
        if isinstance(made, Unmade):
            return notice(409, "No pack can be made of this decision", f"{made.why[:1].upper()}{made.why[1:]}.")
        return _answered(request, judged, made)

    async def _made(self, judged: Judged) -> bytes | Unmade:
        """As it was made before, or anew: beside the loop, and one at a time, for each takes its seconds."""
        async with self.one_at_a_time:
            if judged.id in self.made:
                return self.made[judged.id]
            try:
                evidence = await self.sources.of(judged)
                made = await asyncio.to_thread(pack_of, evidence, self.signer, self.own)
            except BadRecord as error:
                return Unmade(f"another version kept it: {error}")
            if not isinstance(made, Unmade) and len(made) <= _KEPT:
                self.made[judged.id] = made
            return made


def _answered(request: web.Request, judged: Judged, made: bytes) -> web.Response:
    tag = f'"{sha256(made).hexdigest()[:32]}"'
    name = _UNSAFE.sub("-", f"{judged.repository}-{judged.number}-{judged.head_sha[:12]}-{judged.id}.zip")
    headers = HEADERS | {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return web.Response(body=made, content_type="application/zip", headers=headers)
