"""What is said where a request leads to nothing, or GitHub does not answer: a page to browsers, JSON to programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from app.pages.answers import Refused
from app.pages.believing import FAILED, NoAnswer
from app.pages.browser import HEADERS, notice
from app.pages.door import Door

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_UNKNOWN = "GitHub cannot be asked just now what you may see"


def unanswered(door: Door) -> Middleware:
    """Around every route. `door`: whose page for what there is not is shown."""

    @web.middleware
    async def said(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except NoAnswer:
            return _unknown(request)
        except web.HTTPNotFound as nothing:
            if isinstance(nothing, Refused) or not _reads(request):
                raise
            return _without_slash(request) or await door.nothing(request)

    return said


def _unknown(request: web.Request) -> web.Response:
    """503: nothing is shown, and nothing is said to be missing."""
    if request.path.startswith("/api/"):
        return Refused(503, f"{_UNKNOWN}; please try again", FAILED)
    answer = notice(503, _UNKNOWN, "Nothing is lost. Reload this page in a moment.")
    answer.headers["Retry-After"] = str(round(FAILED))
    return answer


def _reads(request: web.Request) -> bool:
    """Whether a person looks, with a browser."""
    return request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", "")


def _without_slash(request: web.Request) -> web.Response | None:
    """Off to the page of a pull request whose address somebody ended with a slash."""
    path = request.rel_url.raw_path
    if not (path.startswith("/pr/") and path.endswith("/")):
        return None
    return web.Response(
        status=308,
        headers=HEADERS | {"Location": str(request.rel_url.with_path(path.rstrip("/"), encoded=True, keep_query=True))},
    )
