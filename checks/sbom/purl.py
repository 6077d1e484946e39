"""Package URLs as identities: canonical, without version and without what varies from build to build.

The form is that of the package-url specification. Most purls are canonical already and take a fast path; the
rest go through packageurl-python, which is imported only then.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

# Types whose names stay as they are, and types whose names are compared in lower case: nothing here needs decoding.
_PLAIN = re.compile(r"pkg:(npm|cargo|golang|maven|gem)/((?:(?:%40)?[\w.\-~]+/)*)([\w.\-~]+)", re.ASCII)
_LOWER = re.compile(
    r"pkg:(alpm|apk|bitbucket|composer|deb|github|gitlab|hex|nuget|rpm)/((?:[a-z0-9._\-~]+/)*)([a-z0-9._\-~]+)"
)
_PYPI = re.compile(r"pkg:pypi/()([\w.\-]+)", re.ASCII)
# Qualifiers that make another artefact of the same coordinates; all others (arch ...) are volatile.
_IDENTITY = {"maven": ("classifier", "type")}
_DEFAULTS = {("type", "jar")}


class Identity(NamedTuple):
    """A package apart from its version: `purl` canonical, `name` as its ecosystem spells it (namespace
    included).
    """

    purl: str
    ecosystem: str
    name: str


def identify(text: str) -> tuple[Identity, str] | None:
    """The identity and the version ("" when there is none) that a purl states; None when it is not a purl.

    >>> identify("pkg:npm/%40colors/colors@1.6.0?arch=amd64")
    (Identity(purl='pkg:npm/%40colors/colors', ecosystem='npm', name='@colors/colors'), '1.6.0')
    """
    bare, _, qualifiers = text.strip().partition("#")[0].partition("?")
    path, at, version = bare.rpartition("@")
    if not at or "/" in version:  # "pkg:npm/@scope/name": that @ opens a scope
        path, version = bare, ""
    identity = _identity(path, qualifiers if qualifiers and path[:10].lower() == "pkg:maven/" else "")
    return (identity, unquote(version) if "%" in version else version) if identity else None


def with_version(purl: str, version: str) -> str:
    """A purl without a version, given one: the version goes before the qualifiers, percent-encoded."""
    from urllib.parse import quote

    path, mark, qualifiers = purl.partition("?")
    return f"{path}@{quote(version, safe=':')}{mark}{qualifiers}" if purl and version else purl


@lru_cache(maxsize=65536)
def _identity(path: str, qualifiers: str) -> Identity | None:
    if not qualifiers or qualifiers == "type=jar":
        if plain := _PLAIN.fullmatch(path) or _LOWER.fullmatch(path):
            ecosystem, namespace, name = plain.groups()
            return Identity(path, ecosystem, _spell(ecosystem, namespace[:-1].replace("%40", "@"), name))
        if pypi := _PYPI.fullmatch(path):
            name = re.sub(r"[-_.]+", "-", pypi[2]).lower()  # PEP 503
            return Identity(f"pkg:pypi/{name}", "pypi", name)
    scheme, mark, rest = path.partition(":")
    return _parsed(f"{scheme.lower()}{mark}{rest}", qualifiers)


def _parsed(path: str, qualifiers: str) -> Identity | None:
    from packageurl import PackageURL

    try:
        found = PackageURL.from_string(f"{path}?{qualifiers}" if qualifiers else path)
        kept = _kept(found.type, found.qualifiers)
        name = _folded(found.type, found.name)
        canonical = PackageURL(found.type, found.namespace, name, qualifiers=kept).to_string()
    except ValueError:
        return None
    return Identity(canonical, found.type, _spell(found.type, found.namespace or "", name))


def _folded(ecosystem: str, name: str) -> str:
    """The name as its ecosystem compares it, where packageurl-python leaves the spelling alone."""
    if ecosystem == "pypi":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name.lower() if ecosystem == "nuget" else name


def _kept(ecosystem: str, qualifiers: object) -> dict[str, str]:
    if not isinstance(qualifiers, dict):
        return {}
    names = _IDENTITY.get(ecosystem, ())
    return {name: value for name, value in qualifiers.items() if name in names and (name, value) not in _DEFAULTS}


def _spell(ecosystem: str, namespace: str, name: str) -> str:
    if not namespace:
        return name
    return f"{namespace}:{name}" if ecosystem == "maven" else f"{namespace}/{name}"
