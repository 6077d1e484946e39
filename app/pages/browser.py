"""What every page for a browser is sent with: nothing is fetched from elsewhere, nothing runs but our own files."""

from __future__ import annotations

from aiohttp import web

from app.render.assets import Asset, assets, bundle
from app.render.html import page


def _policy(forms: str, trusted_types: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            f"form-action {forms}",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types {trusted_types}",
        )
    )


POLICY = _policy("'none'", "'none'")
ACTING = {"Content-Security-Policy": _policy("'self'", "default")}
"""For pages on which people act: a form of ours may be sent, and `static/center/trust.js` makes the one policy that
jQuery needs to load. Give it to `html` beside the other headers.
"""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_KEPT = "public, max-age=31536000, immutable"


def routes() -> list[web.RouteDef]:
    """Where the files of `static/` are."""
    return [
        web.get("/static/{name}", static),
        web.get("/static/{digest:[0-9a-f]{12}}/{name:[a-z/_.]+}", module),
    ]


async def static(request: web.Request) -> web.Response:
    """200, to be kept for ever where the address is that of this very content; 404 for what there is not."""
    return _served(assets().get(request.match_info["name"]), request.query.get("v"))


async def module(request: web.Request) -> web.Response:
    """The same for what imports, and is imported, by relative addresses."""
    return _served(bundle().get(request.match_info["name"]), request.match_info["digest"])


def _served(asset: Asset | None, digest: str | None) -> web.Response:
    if asset is None:
        raise web.HTTPNotFound
    kept = _KEPT if digest == asset.digest else "no-cache"
    answer = web.Response(body=asset.content, content_type=asset.media_type, charset="utf-8", headers=HEADERS)
    answer.headers["Cache-Control"] = kept
    answer.enable_compression()
    return answer


def html(text: str, status: int = 200, **headers: str) -> web.Response:
    """A page; whoever keeps it asks each time whether it is still the one."""
    said = HEADERS | {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"} | headers
    answer = web.Response(text=text, status=status, content_type="text/html", headers=said)
    answer.enable_compression()
    return answer


def notice(status: int, title: str, advice: str) -> web.Response:
    """A page that says no, and what to do."""
    return html(page("pages/notice.html.j2", title=title, advice=advice), status)
