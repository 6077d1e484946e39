"""A version's place among the versions of its ecosystem, as a key to sort and to compare by.

The orders are those of `comparison.compare`; a key spares parsing a version again for each comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cmp_to_key, lru_cache
from typing import Any

from checks.sbom.versions import comparison

_SEMANTIC = frozenset({"githubactions", "github", "julia", "pub", "swift", "vscode-extension"})
_PLAIN_V = frozenset({"golang", "npm", "cargo", "hex", "composer"}) | _SEMANTIC  # "v1.2" and "1.2" are one version

_HYPHENED = frozenset({"npm", "cargo", "golang", "hex", "nuget"})  # what follows a hyphen comes before the release
_WORDED = {
    "composer": re.compile(r"^dev-|[-._]?(dev|alpha|a|beta|b|rc)[-._]?\d*(\+|$)"),
    "gem": re.compile(r"[a-z]"),
    "maven": re.compile(r"[-.](snapshot|alpha|a|beta|b|milestone|m|rc|cr|ea|pre|preview)[-.]?\d*(?![a-z])"),
}
_NUMBERS = re.compile(r"[v=]?(?:(\d{1,9})[!:])?(\d{1,18}(?:\.\d{1,18})*)", re.ASCII)
_MAX_LENGTH = 256


class IncomparableError(ValueError):
    """Two keys of one ecosystem that it does not rank against each other."""


@lru_cache(maxsize=32768)
def key(ecosystem: str, version: str) -> Any | None:
    """A value that orders versions of one `ecosystem` (purl type, or "semver"); None when `version` has no place there.

    Comparing two keys raises IncomparableError where each has a place, but not with respect to the other.
    """
    scheme = _scheme(ecosystem)
    if comparison.compare(scheme, version, version) is None:
        return None
    return _pep440(version) if scheme == "pypi" else _keys(scheme)(version)


def sort_key(ecosystem: str, version: str) -> tuple[bool, Any]:
    """As `key`, for every text: those without a place come first, all alike."""
    at = key(ecosystem, version)
    return at is not None, at or 0


@lru_cache(maxsize=32768)
def spelling(ecosystem: str, version: str) -> str:
    """The version as its ecosystem writes it: two spellings of one version come out alike.

    >>> spelling("pypi", "1.0.0"), spelling("golang", "v1.2.3")
    ('1', '1.2.3')
    """
    if ecosystem == "pypi":
        from packaging.utils import canonicalize_version

        return canonicalize_version(version.strip())
    text = version.strip()
    if ecosystem == "golang":
        text = text.removeprefix("go")
    return text.removeprefix("v") if ecosystem in _PLAIN_V else text


def compare(ecosystem: str, a: str, b: str) -> int | None:
    """As `comparison.compare`, also where OSV knows an order: GitHub Actions, Pub, Swift ..., and "semver" itself."""
    return comparison.compare(_scheme(ecosystem), a, b)


def _scheme(ecosystem: str) -> str:
    return "npm" if ecosystem == "semver" or ecosystem in _SEMANTIC else ecosystem


def _pep440(version: str) -> Any:
    from packaging.version import Version

    return Version(version)


@lru_cache
def _keys(scheme: str) -> Callable[[str], Any]:
    def ranked(a: str, b: str) -> int:
        answer = comparison.compare(scheme, a, b)
        if answer is None:
            raise IncomparableError(f"{a} and {b}")
        return answer

    return cmp_to_key(ranked)


@lru_cache(maxsize=32768)
def numbers(ecosystem: str, version: str) -> tuple[int, ...]:
    """The leading numbers of a version, an epoch of PEP 440 before them; empty when it begins with none.

    >>> numbers("npm", "v1.20.3-rc.1"), numbers("pypi", "1!2.0")
    ((1, 20, 3), (1, 2, 0))
    """
    found = _NUMBERS.match(version.strip()[:_MAX_LENGTH])
    if found is None:
        return ()
    epoch = (int(found[1]),) if found[1] and int(found[1]) else ()
    return (*epoch, *map(int, found[2].split(".")))


def is_prerelease(ecosystem: str, version: str) -> bool:
    """Whether the ecosystem's tools take this version only when asked for it: alpha, release candidate, snapshot ..."""
    text = version.strip().lower()[:_MAX_LENGTH]
    if ecosystem == "pypi":
        at = key("pypi", text)
        return bool(at is not None and at.is_prerelease)
    if ecosystem in _WORDED:
        return bool(_WORDED[ecosystem].search(text))
    return _scheme(ecosystem) in _HYPHENED and "-" in text.partition("+")[0]
