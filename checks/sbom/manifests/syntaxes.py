"""How each ecosystem writes a constraint, and the rule that raises it (the engine is bounds.py)."""

from __future__ import annotations

import re
from functools import partial

from checks.sbom.manifests import bounds
from checks.sbom.manifests.bounds import Syntax, UnsaidError, Written, numbers
from checks.sbom.manifests.words import Refusal, Rule
from checks.sbom.versions.comparison import compare

_VERSION = r"(?P<version>[0-9A-Za-z*][0-9A-Za-z.!+_*\-]*)"
_COMMA = re.compile(r"(?:\s|\\\r?\n)*,(?:\s|\\\r?\n)*")  # a requirement may go on over the end of a line


def _within(version: str, parts: int) -> Written:
    """`==4.2.*`, whose floor has to be said apart."""
    return Written(f"=={'.'.join(map(str, _first(version, parts)))}.*", floors=False)


def _caret(version: str, parts: int) -> Written:
    """`1.x` is `^1.5.2` and `1.2.x` is `~1.2.9`; before 1.0.0 a caret holds the second number as well."""
    if parts == 1 and numbers(version)[0] == 0:
        return Written(f">={version} <1", floors=True)
    return Written(f"{'^' if parts == 1 else '~'}{version}", floors=True)


def _comma_caret(version: str, parts: int) -> Written:
    written = _caret(version, parts)
    return written._replace(text=written.text.replace(" ", ", "))


def _no_span(version: str, parts: int) -> Written:
    raise UnsaidError(f"{version} cannot be said with a wildcard of {parts} numbers")


def _first(version: str, parts: int) -> list[int]:
    return (numbers(version) + [0] * parts)[:parts]


_PEP440 = Syntax(
    "pypi",
    re.compile(rf"(?P<op>===|==|~=|!=|<=|>=|<|>)\s*{_VERSION}"),
    _COMMA,
    bare="==",
    floor=">={}",
    join=",",
    span=_within,
)
_POETRY = Syntax(
    "pypi",
    re.compile(rf"(?P<op>===|==|~=|!=|<=|>=|<|>|\^|~|=|)\s*{_VERSION}"),
    _COMMA,
    bare="==",
    floor=">={}",
    join=",",
    span=_comma_caret,
)
_NPM = Syntax(
    "npm",
    re.compile(r"(?P<op>\^|~>|~|>=|<=|>|<|=|)\s*v?(?P<version>[0-9xX*][0-9A-Za-z.+*\-]*)"),
    re.compile(r"\s+"),
    bare="=",
    floor=">={}",
    join=" ",
    span=_caret,
    partial_is_range=True,
)
_CARGO = Syntax(
    "cargo",
    re.compile(r"(?P<op>\^|~|>=|<=|>|<|=|)\s*(?P<version>[0-9*][0-9A-Za-z.+*\-]*)"),
    _COMMA,
    bare="^",
    floor=">={}",
    join=", ",
    span=_comma_caret,
)


def pep440(constraint: str, version: str) -> str | Refusal | None:
    """`==1.2` and `>=1.2,<2` of PEP 440; what comes out admits the version by that rule."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    new = bounds.raised(_PEP440, constraint, version)
    if not isinstance(new, str):
        return new
    try:
        admits = SpecifierSet(new.replace("\\", "")).contains(version, prereleases=True)
    except InvalidSpecifier:
        return Refusal(f"`{new}` is no version specifier")
    return new if admits else Refusal(f"`{constraint}` cannot be raised to {version}")


def poetry(constraint: str, version: str) -> str | Refusal | None:
    """`^1.2`, `~1.2` and all of PEP 440; a version alone is that version."""
    return bounds.raised(_POETRY, constraint, version)


def npm(constraint: str, version: str) -> str | Refusal | None:
    """`^1.2.3`, `~1.2`, `1.x`, `>=1 <2` and exact versions."""
    return bounds.raised(_NPM, constraint, _plain(version))


def cargo(constraint: str, version: str) -> str | Refusal | None:
    """`1.2` is `^1.2`; build metadata is no part of a requirement."""
    return bounds.raised(_CARGO, constraint, _plain(version))


def gem(quote: str) -> Rule:
    """The rule for Ruby's string literals as they stand in the file, in these quotes: `'~> 1.2', '>= 1.2.4'`."""
    clause = rf"{quote}\s*(?P<op>~>|!=|<=|>=|<|>|=|)\s*(?P<version>[0-9][0-9A-Za-z.\-]*)\s*{quote}"
    floor = f"{quote}>= {{}}{quote}"
    syntax = Syntax("gem", re.compile(clause), _COMMA, bare="=", floor=floor, join=", ", span=_no_span)
    return partial(bounds.raised, syntax)


_MAVEN_RANGE = re.compile(r"(?P<open>[\[(])\s*(?P<low>[^\[\](),\s]*)\s*(?P<comma>,?)\s*(?P<high>[^\[\](),\s]*)\s*[\])]")


def maven(constraint: str, version: str) -> str | Refusal | None:
    """A version alone, or one interval: `[1.2,2.0)`, whose upper bound is never moved."""
    if not re.match(r"\d", version):
        return Refusal(f"`{version}` is not a version that a constraint can name")
    matched = _MAVEN_RANGE.fullmatch(constraint)
    if matched is None:
        return _soft(constraint, version)
    if not matched["low"]:
        return Refusal(f"`{constraint}` has no lower bound to raise")
    if matched["high"] and not _above(constraint, matched["high"], version):
        return Refusal(f"`{constraint}` ends below {version}; how far it may go is a person's decision")
    if (order := compare("maven", matched["low"], version)) is None or order >= 0:
        return _standing(order, constraint, version)
    low = constraint[: matched.start("low")] + version + constraint[matched.end("low") :]
    return "[" + low[1:]


def _above(constraint: str, high: str, version: str) -> bool:
    order = compare("maven", version, high)
    return order is not None and (order < 0 or (order == 0 and constraint.endswith("]")))


def _soft(constraint: str, version: str) -> str | Refusal | None:
    if not re.fullmatch(r"\d[\w.\-+]*", constraint, re.ASCII):
        return Refusal(f"`{constraint}` is not a version or a single range of versions")
    order = compare("maven", constraint, version)
    return version if order == -1 else _standing(order, constraint, version)


def _standing(order: int | None, constraint: str, version: str) -> Refusal | None:
    return Refusal(f"`{constraint}` and `{version}` cannot be compared") if order is None else None


def go(constraint: str, version: str) -> str | Refusal | None:
    """The minimal version of a module: `v1.2.3`."""
    new = f"v{version.removeprefix('v')}"
    if not re.fullmatch(r"v\d+\.\d+\.\d+[0-9A-Za-z.+\-]*", new, re.ASCII):
        return Refusal(f"`{version}` is not a module version")
    order = compare("golang", constraint, new)
    return new if order == -1 else _standing(order, constraint, version)


def _plain(version: str) -> str:
    return version.removeprefix("v").partition("+")[0]
