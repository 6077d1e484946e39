"""Packages as a policy names them: a package URL with wildcards, and a range of versions.

`*` stays within one name, `**` spans several, as in every glob of the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from checks.globs import matches
from checks.sbom.versions import ranges

_GLOB = re.compile(r"pkg:([a-z][a-z0-9.+-]*)/([^\s?#@]+)", re.ASCII)
_COMPARATOR = re.compile(r"\s*(?:<=|>=|==|!=|<|>|=)?\s*[0-9A-Za-z][^\s,|<>=!]*\s*")
_VERS = re.compile(r"vers:[a-z0-9.+-]+/\S+", re.ASCII)
_FOLDED = frozenset({"pypi", "github", "bitbucket", "composer", "deb", "hex"})


@dataclass(frozen=True, slots=True)
class Target:
    """`glob` on canonical package URLs without version; `versions` "" means every version."""

    glob: str
    versions: str = ""

    def touches(self, purl: str, versions: Collection[str]) -> bool:
        """Is it this package, in at least one of `versions`? One that nobody can place is taken to be outside."""
        return self._matches(purl) and (not self.versions or any(self._holds(purl, each) for each in versions))

    def covers(self, purl: str, versions: Collection[str]) -> bool:
        """Is it this package, in every one of `versions`?"""
        if not self._matches(purl):
            return False
        return not self.versions or (bool(versions) and all(self._holds(purl, each) for each in versions))

    def _matches(self, purl: str) -> bool:
        return bool(purl) and matches(purl.partition("?")[0], (self.glob,))

    def _holds(self, purl: str, version: str) -> bool:
        ecosystem = purl.removeprefix("pkg:").partition("/")[0]
        return ranges.includes_vers(self.versions, ecosystem, version) is True


def parse(text: str, versions: str = "") -> Target:
    """Read `pkg:npm/@scope/name*` or, with a range, `pkg:npm/name@<1.2`. Raises ValueError that says what is wrong."""
    path, at, stated = text.rpartition("@")
    if not at or path.endswith("/") or ("/" in stated and not stated.startswith("vers:")):  # that @ opens a scope
        path, stated = text, ""
    if stated and versions:
        raise ValueError(f"{text!r} states versions already; write them once")
    return Target(_canonical(path, text), _span(stated or versions))


def _span(text: str) -> str:
    parts = [part for each in text.split("||") for part in each.split(",")]
    if text not in ("", "*") and not _VERS.fullmatch(text) and not all(map(_COMPARATOR.fullmatch, parts)):
        raise ValueError(f"{text!r} is no range of versions; write one as `<4.17.21`, `>=1,<2` or `1.2.3`")
    return text


def _canonical(path: str, text: str) -> str:
    """Scopes are written %40, and ecosystems whose names have no case are folded, as in the bills' own keys."""
    matched = _GLOB.fullmatch(path.replace("/@", "/%40"))
    if matched is None or "//" in path:
        raise ValueError(f"{text!r} is no package URL; write one as `pkg:npm/name`, with `*` for any text")
    ecosystem, name = matched.groups()
    if ecosystem in _FOLDED:
        name = name.lower()
    return f"pkg:{ecosystem}/{name.replace('_', '-') if ecosystem == 'pypi' else name}"
