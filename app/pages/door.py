"""Who may see a page: whoever has its key, or a token of its repository.

The key of an address is taken once, and exchanged for a cookie of that page alone: it then stands in no address bar, no
history and no line of a log. Whoever may not see a page, and whatever there is not, get the same 404.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from app.pages.browser import HEADERS, notice
from app.render.capability import Pages, Subject
from app.store.tokens import Tokens

OPEN = 30 * 86_400.0  # seconds for which the key of a page opens it, once that stays as it is


@dataclass(frozen=True, slots=True)
class Door:
    """Before every page."""

    pages: Pages
    tokens: Tokens

    async def admits(self, request: web.Request, subject: Subject, expired: bool) -> bool:
        """Whether it opens for this request: by a key, unless that is `expired`, or by a token of the repository."""
        key = request.query.get("key", request.cookies.get(self._cookie, ""))
        return (self.pages.opens(key, subject) and not expired) or await self._speaks(request, subject.repository)

    def entered(self, request: web.Request, subject: Subject) -> web.Response:
        """Off to the page itself, the key in a cookie that goes nowhere else and ends with the browser."""
        answer = web.Response(status=303, headers=HEADERS | {"Location": request.path, "Cache-Control": "no-store"})
        key = self.pages.key_of(subject)
        answer.set_cookie(self._cookie, key, path=request.path, httponly=True, secure=self._secure, samesite="Lax")
        return answer

    async def _speaks(self, request: web.Request, repository: str) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        grant = await self.tokens.grant(token.strip())
        return grant is not None and (grant.repository, grant.sha, grant.path) == (repository.lower(), "", "")

    @property
    def _cookie(self) -> str:
        return "__Secure-maestro-page" if self._secure else "maestro-page"

    @property
    def _secure(self) -> bool:
        return self.pages.root.startswith("https:")


def nothing() -> web.Response:
    """The same for what there is not and for what may not be seen."""
    advice = "Open it from GitHub: what leads to a page ends 30 days after there was news of it, and takes a cookie."
    return notice(404, "There is no such page", advice)
