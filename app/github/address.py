"""Where a call goes: URI templates (RFC 6570) under one API root, and nowhere else.

URLs of payloads and answers are never used, but for `Link: next` and redirects on the same origin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import uritemplate
from gidgethub import sansio
from yarl import URL

Part = str | int | Sequence[str]
Parts = Mapping[str, Part]

_OWNER = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,99})")
_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_QUERY = re.compile(r"\{\?[^}]*\}")
_STEPS = re.compile(r"\{/(\w+)\*\}")


def owner_and_name(repository: str) -> tuple[str, str]:
    """Split "owner/name"; ValueError when either cannot be GitHub's."""
    owner, _, name = repository.partition("/")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name):
        raise ValueError(f"not a repository's owner/name: {repository[:200]!r}")
    return owner, name


def operation(method: str, template: str) -> str:
    """The name of a call for counters: "GET /repos/{owner}/{repo}/pulls/{pull_number}"."""
    path = _STEPS.sub(r"/{\1}", _QUERY.sub("", template))
    return f"{method} {path}"


def website(api_url: str) -> str:
    """The root of GitHub's pages, by that of its API: https://github.com, or https://ghe.example."""
    root = URL(api_url)
    host = (root.host or "").removeprefix("api.") if root.path.rstrip("/") == "" else root.host
    return str(root.origin().with_host(host or ""))


def plain_loopback(url: URL) -> bool:
    """Is `url` plain http on this machine, as a local stand-in for GitHub is?"""
    return url.scheme == "http" and url.host in {"127.0.0.1", "::1", "localhost"}


class Address:
    """One API root: https://api.github.com, or https://ghe.example/api/v3 with its path."""

    def __init__(self, api_url: str) -> None:
        root = URL(api_url)
        if root.scheme not in {"http", "https"} or not root.host:
            raise ValueError("the GitHub API address must be an http(s) URL")
        if root.user or root.password or root.query_string or root.fragment:
            raise ValueError("the GitHub API address must hold no user, query or fragment")
        self._root = str(root).rstrip("/")
        self.origin = root.origin()

    def __repr__(self) -> str:
        return f"Address({self._root!r})"

    def url(self, template: str, parts: Parts) -> URL:
        """Expand `template`; ValueError when a variable is not given or climbs out of its place."""
        if not template.startswith("/") or template.startswith("//"):
            raise ValueError(f"{template} must be a path: whole URLs are never called")
        wanted = list(uritemplate.variables(template))
        absent = [name for name in wanted if parts.get(name) in (None, "", [], ())]
        if absent:
            raise ValueError(f"{template} needs {', '.join(absent)}")
        if any(step in {".", "..", ""} for name in wanted for step in _steps(parts[name])):
            raise ValueError(f"{template} was given an empty or dotted path segment")
        # encoded=True: the URL goes out exactly as built; decoding %2E or %2F again would change its meaning
        return URL(sansio.format_url(template, dict(parts), base_url=self._root), encoded=True)

    @property
    def graphql(self) -> URL:
        """Where GraphQL is spoken: beside version 3 of the API, not below it."""
        return URL(f"{self._root.removesuffix('/v3')}/graphql", encoded=True)

    def same_origin(self, base: URL, location: str) -> URL | None:
        """`location` resolved against `base`; None when it leaves this API's scheme, host or port."""
        try:
            url = base.join(URL(location, encoded=True))
        except ValueError:
            return None
        return url if _place(url) == _place(self.origin) and not url.user else None


def _place(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, (url.host or "").lower(), url.port


def _steps(part: Part) -> Sequence[str]:
    return [str(part)] if isinstance(part, str | int) else part
