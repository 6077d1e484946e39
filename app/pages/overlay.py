"""`GET /static/maestro-overlay.zip` and `/static/decision-center.user.js`: the Decision Center on GitHub itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from aiohttp import web

from app.pages.answers import refuse
from app.render.overlay import Deployment, extension, userscript

_NOWHERE = "this App does not know its own address: its operator has to set MAESTRO_URL"


@dataclass(frozen=True)
class Overlay:
    """Both shells, made for `deployment` when first asked for."""

    deployment: Deployment

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [
            web.get("/static/maestro-overlay.zip", self.zipped),
            web.get("/static/decision-center.user.js", self.script),
        ]

    async def zipped(self, request: web.Request) -> web.Response:
        """200 with the extension, 304, 404 where MAESTRO_URL is not set."""
        answer = self._answer(request, lambda: self._extension, "application/zip")
        answer.headers["Content-Disposition"] = 'attachment; filename="maestro-overlay.zip"'
        return answer

    async def script(self, request: web.Request) -> web.Response:
        """200 with the userscript, 304, 404 where MAESTRO_URL is not set."""
        return self._answer(request, lambda: self._userscript, "text/javascript")

    def _answer(self, request: web.Request, made: Callable[[], bytes], media_type: str) -> web.Response:
        if not self.deployment.root:
            refuse(404, _NOWHERE)
        content = made()
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        charset = "utf-8" if media_type.startswith("text/") else None
        return web.Response(body=content, content_type=media_type, charset=charset, headers=headers)

    @cached_property
    def _extension(self) -> bytes:
        return extension(self.deployment)

    @cached_property
    def _userscript(self) -> bytes:
        return userscript(self.deployment).encode()
