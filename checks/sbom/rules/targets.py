"""Packages as a policy names them: a package URL with wildcards, and a range of versions.

`*` stays within one name, `**` spans several, as in every glob of the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from checks.globs import matches
from checks.sbom.versions import ranges

_GLOB = re.compile(r"pkg:([a-z][a-z0-9.+-]*)/([^\s?#@]+)", re.ASCII)
_COMPARATOR = re.compile(r"\s*(?:<=|>=|==|!=|<|>|=)?\s*[0-9A-Za-z][^\s,|<>=!]*\s*")
_VERS = re.compile(r"vers:[a-z0-9.+-]+/\S+", re.ASCII)
_CASELESS = frozenset(
    ("alpm", "apk", "bitbucket", "cargo", "composer", "deb", "github", "gitlab", "hex", "nuget", "oci", "pub", "pypi")
)
_ALIKE = {"pypi": re.compile(r"[-_.]+"), **dict.fromkeys(("cargo", "hackage", "pub"), re.compile(r"[-_]"))}


@dataclass(frozen=True, slots=True)
class Target:
    """`glob` on package URLs without version, both folded; `versions` "" means every version."""

    glob: str
    versions: str = ""

    def touches(self, purl: str, versions: Collection[str]) -> bool:
        """Is it this package, in at least one of `versions`? One that nobody can place is taken to be outside."""
        return self._matches(purl) and (not self.versions or any(self._holds(purl, each) for each in versions))

    def threatens(self, purl: str, versions: Collection[str]) -> bool:
        """Is it this package, in at least one of `versions`, or in one that nobody can place?"""
        return self._matches(purl) and any(self._place(purl, each) is not False for each in versions)

    def covers(self, purl: str, versions: Collection[str]) -> bool:
        """Is it this package, in every one of `versions`?"""
        if not self._matches(purl):
            return False
        return not self.versions or (bool(versions) and all(self._holds(purl, each) for each in versions))

    def _matches(self, purl: str) -> bool:
        return bool(purl) and matches(_folded(purl.partition("?")[0]), (self.glob,))

    def _holds(self, purl: str, version: str) -> bool:
        return self._place(purl, version) is True

    def _place(self, purl: str, version: str) -> bool | None:
        """Is `version` in the range? None where it has no place in the order of its ecosystem."""
        if not self.versions:
            return True
        ecosystem = purl.removeprefix("pkg:").partition("/")[0]
        return ranges.includes_vers(self.versions, ecosystem, version)


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
    """Scopes are written %40, as in the bills' own keys."""
    matched = _GLOB.fullmatch(path.replace("/@", "/%40"))
    if matched is None or "//" in path:
        raise ValueError(f"{text!r} is no package URL; write one as `pkg:npm/name`, with `*` for any text")
    return _folded(matched[0])


@lru_cache(maxsize=16_384)
def _folded(purl: str) -> str:
    """Without what the ecosystem does not tell names apart by: case, and one mark between words for another."""
    ecosystem, _, name = purl.removeprefix("pkg:").partition("/")
    if ecosystem in _CASELESS:
        name = name.lower()
    if ecosystem in _ALIKE:
        name = _ALIKE[ecosystem].sub("-", name)
    return f"pkg:{ecosystem}/{name}"
