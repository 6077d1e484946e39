"""The cookies of whoever signs in, and the forms of a request that only our own page, or an overlay, can send."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from yarl import URL

from app.github.address import plain_loopback

CONTENT = "application/json"
CSRF = "X-CSRF"
_EXTENSIONS = ("chrome-extension://", "moz-extension://", "safari-web-extension://")


@dataclass(frozen=True, slots=True)
class Home:
    """Our own address, `root`, without a slash at its end: where the cookies of a browser belong."""

    root: str

    @property
    def secure(self) -> bool:
        """Plain http serves on this machine alone (app.settings sees to it)."""
        return not plain_loopback(URL(self.root))

    def name(self, what: str) -> str:
        """The name of a cookie; the prefix has the browser refuse it to anybody but this host, over https."""
        return f"__Host-{what}" if self.secure else what

    def put(self, answer: web.StreamResponse, what: str, value: str, seconds: float | None = None) -> None:
        """Give the browser a cookie, for so long, or until it is closed."""
        age = None if seconds is None else int(seconds)
        named = self.name(what)
        answer.set_cookie(named, value, max_age=age, path="/", secure=self.secure, httponly=True, samesite="Lax")

    def take(self, answer: web.StreamResponse, what: str) -> None:
        """Take it back."""
        answer.del_cookie(self.name(what), path="/", secure=self.secure, httponly=True, samesite="Lax")

    def shown(self, request: web.Request, what: str) -> str:
        """What the browser shows of it, or ""."""
        return request.cookies.get(self.name(what), "")

    def own(self, request: web.Request) -> bool:
        """Whether a page of ours sent it: browsers name the page behind each POST, and let no script say another."""
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        return request.headers.get("Origin") == str(URL(self.root).origin()) and site == "same-origin"


def of_no_page(request: web.Request) -> bool:
    """Whether no web page sent it: an extension names itself, and what is no browser names nobody."""
    origin = request.headers.get("Origin")
    return origin is None or origin.startswith(_EXTENSIONS)


def local(address: str) -> str:
    """`address` if it is a path on this site, as a browser reads it; else "/".

    A browser takes a backslash for a slash and leaves tabs and line breaks out, so that none may stand in it at all.
    """
    within = address.startswith("/") and not address.startswith("//") and len(address) <= _LONGEST
    return address if within and all("!" <= letter <= "~" and letter != "\\" for letter in address) else "/"


_LONGEST = 2_000  # characters
