"""Would a package manager take this version for that declaration? And: is a version within a range of a policy?

Each answer is True, False, or None where the declaration is not understood (a URL, a tag, a path, another syntax).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import unquote

from checks.sbom.versions import order
from checks.sbom.versions.comparators import Clause, Comparator, clause, every, holds, some
from checks.sbom.versions.dialects import DIALECTS, clauses
from checks.sbom.versions.ecosystems import PURL_TYPES

_MAX_LENGTH = 1_000
_SAME_TUPLE = frozenset({"npm", "cargo"})  # a prerelease only where one of that very version is named
_STABILITY = re.compile(r"@(dev|alpha|beta|rc|stable)\b", re.IGNORECASE)
_INTERVAL = re.compile(r"\s*([\[(])\s*([^\[\](),\s]*)\s*(?:(,)\s*([^\[\](),\s]*)\s*)?([\])])\s*(,|$)")
_FLOATING = re.compile(r"(\d+(?:\.\d+)*)\.\*|\*", re.ASCII)


def meets(ecosystem: str, declared: str, version: str) -> bool | None:
    """Whether the ecosystem's package manager would take `version` where a manifest declares `declared`.

    `ecosystem` is the purl type. Prereleases are taken only where the declaration names one, as the managers do.
    A plain Maven version is taken for just that version, since nothing else comes of it unasked; a version in go.mod is
    the least that is taken. None: not understood, or the versions have no order.

    >>> meets("npm", "^1.2.3", "1.9.0"), meets("pypi", "~=1.4", "2.0"), meets("npm", "file:../x", "1.0.0")
    (True, False, None)
    """
    reader = _READERS.get(ecosystem)
    if reader is None or not version or max(len(declared), len(version)) > _MAX_LENGTH:
        return None
    if order.key(ecosystem, version) is None:
        return None
    return reader(declared.strip(), version)


def includes_vers(text: str, ecosystem: str, version: str) -> bool | None:
    """Whether `version` lies in a range as policies and exceptions state it; None when that cannot be told.

    `text` is a `vers:` URI, whose scheme is the ecosystem's (or `semver`, `generic`), or plain comparisons: "<4.17.21",
    ">=1, <2 || >=3", "1.2.3". `*` is every version. Prereleases count by their order alone.

    >>> includes_vers("vers:npm/>=1.0.0|<1.2.0", "npm", "1.1.0"), includes_vers("<4.17.21", "npm", "4.17.21")
    (True, False)
    """
    text = text.strip()
    if not text or len(text) > _MAX_LENGTH:
        return None
    if text.startswith("vers:"):
        return _vers(text.removeprefix("vers:"), ecosystem, version)
    if text == "*":
        return True
    alternatives = [clause(part) for part in text.split("||")]
    return some(None if each is None else every(ecosystem, each, version) for each in alternatives)


# --- carets, tildes and their like -------------------------------------------------------------------------


def _spoken(ecosystem: str, dialect: str) -> Callable[[str, str], bool | None]:
    def met(declared: str, version: str) -> bool | None:
        read = clauses(DIALECTS[dialect], declared)
        if read is None:
            return None
        return some(_taken(ecosystem, each, version) for each in read)

    return met


def _taken(ecosystem: str, each: Clause, version: str) -> bool | None:
    answer = every(ecosystem, each, version)
    if not answer or not order.is_prerelease(ecosystem, version):
        return answer
    named = [one for one in each if order.is_prerelease(ecosystem, one.version)]
    if ecosystem in _SAME_TUPLE:
        return _release(ecosystem, version) in {_release(ecosystem, one.version) for one in named}
    return any(one.op != "<" for one in named)  # what it stays below may be a floor of ours


def _release(ecosystem: str, version: str) -> tuple[int, ...]:
    return (*order.numbers(ecosystem, version), 0, 0)[:3]


def _composer(declared: str, version: str) -> bool | None:
    flags = [flag.lower() for flag in _STABILITY.findall(declared)]
    plain = _STABILITY.sub("", declared).strip()
    if any(flag != "stable" for flag in flags):
        read = clauses(DIALECTS["composer"], plain)
        return None if read is None else some(every("composer", each, version) for each in read)
    return _spoken("composer", "composer")(plain, version)


def _hex(declared: str, version: str) -> bool | None:
    plain = re.sub(r"\s+or\s+", " || ", re.sub(r"\s+and\s+", ", ", declared))
    return _spoken("hex", "hex")(plain, version)


def _pub(declared: str, version: str) -> bool | None:
    return _spoken("pub", "pub")("" if declared == "any" else declared, version)


def _pypi(declared: str, version: str) -> bool | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        asked = SpecifierSet(declared)
    except InvalidSpecifier:
        return _spoken("pypi", "poetry")(declared, version)
    if order.is_prerelease("pypi", version) and not asked.prereleases:
        return False
    return asked.contains(version, prereleases=True)


# --- intervals ---------------------------------------------------------------------------------------------


def _golang(declared: str, version: str) -> bool | None:
    return holds("golang", Comparator(">=", declared), version)


def _maven(declared: str, version: str) -> bool | None:
    if declared[:1] not in {"[", "("}:
        return holds("maven", Comparator("=", declared), version) if order.numbers("maven", declared) else None
    return _within("maven", declared, version)


def _nuget(declared: str, version: str) -> bool | None:
    if declared[:1] in {"[", "("}:
        return _within("nuget", declared, version)
    if floating := _FLOATING.fullmatch(declared):
        begin = order.numbers("nuget", floating[1] or "")
        same = order.numbers("nuget", version)[: len(begin)] == begin
        return same and not order.is_prerelease("nuget", version)
    return _taken("nuget", (Comparator(">=", declared),), version)


def _within(ecosystem: str, declared: str, version: str) -> bool | None:
    """A set of intervals: "[1.0,2.0)", "(,1.0],[1.2,)", "[1.5]"."""
    found, at = [], 0
    while at < len(declared):
        matched = _INTERVAL.match(declared, at)
        read = _interval(matched) if matched else None
        if matched is None or read is None:
            return None
        found.append(read)
        at = matched.end()
    return some(_taken(ecosystem, each, version) for each in found)


def _interval(matched: re.Match[str]) -> Clause | None:
    opening, low, comma, high, closing, _ = matched.groups()
    if not comma:
        return (Comparator("=", low),) if low and (opening, closing) == ("[", "]") else None
    lower = (Comparator(">=" if opening == "[" else ">", low),) if low else ()
    upper = (Comparator("<=" if closing == "]" else "<", high),) if high else ()
    return (*lower, *upper)


_READERS: Mapping[str, Callable[[str, str], bool | None]] = MappingProxyType({
    "npm": _spoken("npm", "npm"),
    "cargo": _spoken("cargo", "cargo"),
    "composer": _composer,
    "gem": _spoken("gem", "gem"),
    "golang": _golang,
    "hex": _hex,
    "maven": _maven,
    "nuget": _nuget,
    "pub": _pub,
    "pypi": _pypi,
})  # fmt: skip


# --- vers: -------------------------------------------------------------------------------------------------


def _vers(text: str, ecosystem: str, version: str) -> bool | None:
    """The containment algorithm of the version range specifier."""
    scheme, _, constraints = text.partition("/")
    if _scheme(scheme) not in {_scheme(ecosystem), "semver", "generic"}:
        return None
    if constraints.strip() == "*":
        return True
    read = [clause(unquote(part.strip())) for part in constraints.split("|")]
    flat = [each[0] for each in read if each is not None and len(each) == 1]
    if len(flat) < len(read):
        return None
    return _contained(flat, _scheme(ecosystem), version)


def _contained(constraints: list[Comparator], ecosystem: str, version: str) -> bool | None:
    sides = [order.compare(ecosystem, each.version, version) for each in constraints]
    if None in sides:
        return None
    level = [each for each, side in zip(constraints, sides, strict=True) if side == 0]
    if level:
        return all("=" in each.op and each.op != "!=" for each in level)
    bounds = [each for each in constraints if each.op not in {"=", "!="}]
    return _between_bounds(bounds, ecosystem, version) if bounds else all(each.op == "!=" for each in constraints)


def _between_bounds(bounds: list[Comparator], ecosystem: str, version: str) -> bool:
    """Whether the nearest bound below opens upwards, and the nearest above closes; none lies at the version itself."""
    ranked = _simplified(sorted(bounds, key=lambda each: order.sort_key(ecosystem, each.version)))
    below = [each for each in ranked if order.compare(ecosystem, each.version, version) == -1]
    above = ranked[len(below) :]
    return (not below or below[-1].op[0] == ">") and (not above or above[0].op[0] == "<")


def _simplified(ranked: list[Comparator]) -> list[Comparator]:
    """Of bounds in a row that open, the first; of bounds in a row that close, the last."""
    signs = ["", *(each.op[0] for each in ranked), ""]
    around = zip(signs, ranked, signs[2:], strict=False)
    return [each for before, each, after in around if each.op[0] != (before if each.op[0] == ">" else after)]


def _scheme(name: str) -> str:
    folded = {osv.lower(): purl_type for osv, purl_type in PURL_TYPES.items()}
    return folded.get(name.strip().lower(), name.strip().lower())
