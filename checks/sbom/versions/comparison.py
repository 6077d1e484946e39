"""Which of two versions is newer, by the rules of their ecosystem; "cannot say" is an answer.

Semantic Versioning 2.0.0 section 11 for npm, Cargo, Go and Hex; PEP 440 (packaging) for PyPI; univers for the
rest, imported only when such a package changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cmp_to_key, lru_cache
from typing import Any

_SEMVER = frozenset({"npm", "cargo", "golang", "hex"})
_UNIVERS = {
    "alpm": "ArchLinuxVersion",
    "apk": "AlpineLinuxVersion",
    "composer": "ComposerVersion",
    "conan": "ConanVersion",
    "deb": "DebianVersion",
    "ebuild": "GentooVersion",
    "gem": "RubygemsVersion",
    "maven": "MavenVersion",
    "nuget": "NugetVersion",
    "rpm": "RpmVersion",
}
_SEMANTIC = re.compile(r"[v=]?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.\-]+))?(?:\+[0-9A-Za-z.\-]*)?", re.ASCII)
_NUMERIC = re.compile(r"v?\d+(\.\d+)*", re.ASCII)
_MAX_LENGTH = 256


def compare(ecosystem: str, a: str, b: str) -> int | None:
    """-1 when `a` is older than `b`, 1 when newer, 0 when both rank alike, None when they cannot be compared.

    >>> compare("npm", "1.0.0-rc.2", "1.0.0"), compare("npm", "latest", "1.0.0")
    (-1, None)
    """
    if not a or not b or max(len(a), len(b)) > _MAX_LENGTH:
        return None
    key = _scheme(ecosystem, a, b)
    if key is None:
        return None
    try:
        left, right = key(a), key(b)
        return int(left > right) - int(left < right)
    except Exception:  # every scheme of univers raises errors of its own
        return None


def ordered(ecosystem: str, every: Iterable[str]) -> list[str]:
    """Each once, the oldest first; what cannot be compared, by its text.

    >>> ordered("npm", ["1.10.0", "1.9.0", "1.9.0"])
    ['1.9.0', '1.10.0']
    """

    def order(a: str, b: str) -> int:
        return compare(ecosystem, a, b) or (a > b) - (a < b)

    return sorted(sorted(set(every)), key=cmp_to_key(order))


def _scheme(ecosystem: str, a: str, b: str) -> Callable[[str], Any] | None:
    if ecosystem == "golang":
        return _go
    if ecosystem in _SEMVER:
        return _semantic
    if ecosystem == "pypi":
        return _pep440
    if ecosystem in _UNIVERS:
        return _universal(_UNIVERS[ecosystem])
    # Plain numbers rank alike in every scheme there is; anything else would be a guess.
    return _semantic if _NUMERIC.fullmatch(a) and _NUMERIC.fullmatch(b) else None


def _semantic(text: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    matched = _SEMANTIC.fullmatch(text.strip())
    if matched is None:
        raise ValueError(text)
    core = [int(part) for part in matched[1].split(".")]
    while len(core) > 1 and core[-1] == 0:
        core.pop()
    before = matched[2] or ""
    return tuple(core), not before, tuple(_identifier(part) for part in before.split("."))


def _go(text: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """The toolchain, and with it the standard library, calls itself `go1.20.1`."""
    return _semantic(text.strip().removeprefix("go"))


def _identifier(part: str) -> tuple[bool, int, str]:
    """Numbers rank below words and among themselves by size."""
    return (False, int(part), "") if part.isdecimal() else (True, 0, part)


def _pep440(text: str) -> Any:
    from packaging.version import Version

    return Version(text)


@lru_cache
def _universal(name: str) -> Callable[[str], Any]:
    from univers import versions

    scheme: Callable[[str], Any] = getattr(versions, name)
    return scheme
