"""A version's place among the versions of its ecosystem, as a key to sort and to compare by.

The orders are those of `versions.compare`; a key spares parsing a version again for each comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key, lru_cache
from typing import Any

from checks.sbom import versions

_SEMANTIC = frozenset({"githubactions", "github", "julia", "pub", "swift", "vscode-extension"})
_PLAIN_V = frozenset({"golang", "npm", "cargo", "hex", "composer"}) | _SEMANTIC  # "v1.2" and "1.2" are one version


class IncomparableError(ValueError):
    """Two keys of one ecosystem that it does not rank against each other."""


@lru_cache(maxsize=32768)
def key(ecosystem: str, version: str) -> Any | None:
    """A value that orders versions of one `ecosystem` (purl type, or "semver"); None when `version` has no place there.

    Comparing two keys raises IncomparableError where each has a place, but not with respect to the other.
    """
    scheme = _scheme(ecosystem)
    if versions.compare(scheme, version, version) is None:
        return None
    return _pep440(version) if scheme == "pypi" else _keys(scheme)(version)


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
    return text.removeprefix("v") if ecosystem in _PLAIN_V else text


def compare(ecosystem: str, a: str, b: str) -> int | None:
    """As `versions.compare`, also where OSV knows an order: GitHub Actions, Pub, Swift ..., and "semver" itself."""
    return versions.compare(_scheme(ecosystem), a, b)


def _scheme(ecosystem: str) -> str:
    return "npm" if ecosystem == "semver" or ecosystem in _SEMANTIC else ecosystem


def _pep440(version: str) -> Any:
    from packaging.version import Version

    return Version(version)


@lru_cache
def _keys(scheme: str) -> Callable[[str], Any]:
    def ranked(a: str, b: str) -> int:
        answer = versions.compare(scheme, a, b)
        if answer is None:
            raise IncomparableError(f"{a} and {b}")
        return answer

    return cmp_to_key(ranked)
