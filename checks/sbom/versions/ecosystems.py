"""One name for one package: OSV's ecosystems and the types of package URLs, and how each spells a name.

The names are those of the OSV schema 1.7 ("Defined ecosystems") and of the package-url type list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

_CRATES = ".".join(("crates", "io"))  # OSV's word for Cargo's packages; no host is meant
PURL_TYPES: Mapping[str, str] = MappingProxyType({
    "Alpaquita": "apk",
    "AlmaLinux": "rpm",
    "Alpine": "apk",
    "Bioconductor": "bioconductor",
    "Bitnami": "bitnami",
    "Chainguard": "apk",
    "ConanCenter": "conan",
    "CRAN": "cran",
    _CRATES: "cargo",
    "Debian": "deb",
    "Echo": "deb",
    "GitHub Actions": "githubactions",
    "Go": "golang",
    "Hackage": "hackage",
    "Hex": "hex",
    "Julia": "julia",
    "Mageia": "rpm",
    "Maven": "maven",
    "MinimOS": "apk",
    "npm": "npm",
    "NuGet": "nuget",
    "opam": "opam",
    "openEuler": "rpm",
    "openSUSE": "rpm",
    "Packagist": "composer",
    "Photon OS": "rpm",
    "Pub": "pub",
    "PyPI": "pypi",
    "Red Hat": "rpm",
    "Rocky Linux": "rpm",
    "RubyGems": "gem",
    "SUSE": "rpm",
    "SwiftURL": "swift",
    "Ubuntu": "deb",
    "VSCode": "vscode-extension",
    "Wolfi": "apk",
})  # fmt: skip
"""OSV's ecosystem, without a release, to the purl type of its packages."""

# Types that several distributions share: there the distribution is the purl's namespace.
_SHARED = frozenset({"apk", "deb", "rpm"})
_NAMESPACES = {"Photon OS": "photon", "Red Hat": "redhat", "Rocky Linux": "rocky-linux"}

OSV_NAMES: Mapping[str, str] = MappingProxyType(
    {purl_type: name for name, purl_type in PURL_TYPES.items() if purl_type not in _SHARED}
)
"""Purl type to OSV's ecosystem, where there is exactly one."""

_BY_FOLDED = {name.casefold(): name for name in PURL_TYPES}
# Registries that know no two names apart by case; npm, Maven, RubyGems and CRAN do.
_CASELESS = frozenset(
    {"pypi", "cargo", "composer", "nuget", "golang", "hex", "pub", "swift", "githubactions", *_SHARED}
)
_MAX_LENGTH = 1024


class Place(NamedTuple):
    """Where advisories on a package are filed: `type` is the purl type, `name` folded as its registry compares names.

    `release` is that of a distribution ("11" of `Debian:11`), "" for any.
    """

    type: str
    name: str
    release: str = ""


@lru_cache(maxsize=65536)
def locate(ecosystem: str, name: str) -> Place:
    """The place of a package. `ecosystem`: OSV's name, with or without `:release`, or the purl type, in any case.

    >>> locate("PyPI", "Zope.Interface"), locate("Debian:11", "curl")
    (Place(type='pypi', name='zope-interface', release=''), Place(type='deb', name='debian/curl', release='11'))
    """
    base, _, release = ecosystem.strip().partition(":")
    known = _BY_FOLDED.get(base.strip().casefold())
    purl_type = PURL_TYPES[known] if known else base.strip().lower()
    purl_type = "githubactions" if purl_type == "github" else purl_type
    folded = _fold(purl_type, name.strip()[:_MAX_LENGTH])
    if known and purl_type in _SHARED:
        folded = f"{_NAMESPACES.get(known, known.lower())}/{folded.rpartition('/')[2]}"
    return Place(purl_type, folded, release.strip().lower().removeprefix("v"))


def _fold(purl_type: str, name: str) -> str:
    folded = name.lower() if purl_type in _CASELESS else name
    if purl_type == "pypi":
        return re.sub(r"[-_.]+", "-", folded)
    if purl_type == "cargo":
        return folded.replace("_", "-")
    if purl_type == "maven":
        return folded.replace("/", ":")
    if purl_type == "swift":
        return folded.removeprefix("https://").removesuffix(".git")
    return folded
