"""Who may see a page: whoever has its key, or a token of its repository, or signed in and may read the repository.

The key of an address is taken once, and exchanged for a cookie of that page alone: it then stands in no address bar, no
history and no line of a log. Whoever may not see a page, and whatever there is not, get the same 404.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from app.pages.browser import HEADERS, html
from app.pages.visitors import Nobody, Visitors
from app.render.capability import Pages, Subject
from app.render.html import page
from app.store.tokens import Tokens

OPEN = 30 * 86_400.0  # seconds for which the key of a page opens it, once that stays as it is


@dataclass(frozen=True, slots=True)
class Door:
    """Before every page."""

    pages: Pages
    tokens: Tokens
    visitors: Visitors = field(default_factory=Nobody)

    async def admits(self, request: web.Request, subject: Subject, expired: bool) -> bool:
        """Whether it opens for this request: by a key, unless that is `expired`, by a token of the repository, or for
        whoever signed in and may read it.
        """
        key = request.query.get("key", request.cookies.get(self._cookie, ""))
        if self.pages.opens(key, subject) and not expired:
            return True
        return await self._speaks(request, subject.repository) or await self.reads(request, subject)

    async def reads(self, request: web.Request, subject: Subject) -> bool:
        """Whether somebody who signed in asks, and GitHub lets them see the repository, not another of its name."""
        visitor = await self.visitors.known(request)
        repository = subject.repository, subject.repository_id
        return visitor is not None and await self.visitors.may_read(visitor, *repository)

    async def nothing(self, request: web.Request) -> web.Response:
        """The same for what there is not and for what may not be seen: 404, with the way home, and to the sign-in for
        whoever has not signed in yet.
        """
        visitor = await self.visitors.known(request)
        facts = {"after": request.rel_url.raw_path, "welcome": self.visitors.welcome, "visitor": visitor}
        return html(page("pages/unseen.html.j2", **facts), 404)

    def entered(self, request: web.Request, subject: Subject, beside: Sequence[str] = ()) -> web.Response:
        """Off to the page itself, the key in a cookie that goes nowhere else, but for the paths `beside` it, and ends
        with the browser. Whoever was admitted for another reason is given no key: it would outlast that reason.
        """
        answer = web.Response(status=303, headers=HEADERS | {"Location": request.path, "Cache-Control": "no-store"})
        key = request.query.get("key", "")
        if not self.pages.opens(key, subject):
            return answer
        for path in beside:
            answer.set_cookie(self._cookie, key, path=path, httponly=True, secure=self._secure, samesite="Lax")
            answer.headers.add("Set-Cookie", answer.cookies[self._cookie].OutputString())
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
