"""What a licence asks in return, roughly: a table of SPDX identifiers, and how expressions combine them.

The grouping is ours, after what the licence texts oblige to; it is no legal advice. A family ends in "*".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any, Literal

from checks.sbom.licences.terms import leaves, operator, parse

Category = Literal[
    "permissive",
    "weak_copyleft",
    "exception",
    "copyleft",
    "network_copyleft",
    "source_available",
    "proprietary",
    "unknown",
]
# From the least that is asked for to the most; what nobody can tell comes last.
CATEGORIES: tuple[Category, ...] = (
    "permissive",
    "weak_copyleft",
    "exception",
    "copyleft",
    "network_copyleft",
    "source_available",
    "proprietary",
    "unknown",
)

_FAMILIES: dict[Category, str] = {
    "permissive": (
        "0BSD AAL AFL-* AMDPLPA ANTLR-PD* Apache-* Artistic-2.0 Artistic-1.0* Bahyph Barr Beerware BlueOak-1.0.0 "
        "Boehm-GC BSD BSD-* BSL-1.0 blessing bzip2-* Caldera CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CC-PDDC "
        "CC0-1.0 CDLA-Permissive-* CNRI-* curl diffmark DOC ECL-* EFL-* Entessa Fair FSFAP FSFUL* FTL GD Glulxe HPND* "
        "IBM-pibs ICU IJG ImageMagick Info-ZIP Intel ISC JasPer-2.0 Jam Latex2e Leptonica libpng-2.0 Libpng libtiff "
        "Linux-OpenIB LPL-* MirOS MIT MIT-* MITNFA Minpack MPICH2 MS-PL MTLL MulanPSL-* NAIST-2003 "
        "NBPL-1.0 NCSA Net-SNMP NetCDF Newsletr NIST-PD* NLPL NTP NTP-0 OFL-* OGC-1.0 OLDAP-* OLFL-1.3 OML OpenSSL "
        "ODC-By-1.0 PDDL-1.0 PHP-* Plexus PostgreSQL PSF-2.0 psfrag Python-2.0* Qhull Rdisc Ruby Saxpath SGI-B-2.0 "
        "SHL-* SMLNJ snprintf StandardML-NJ SunPro SWL TCL TCP-wrappers TU-Berlin-* UCAR Unicode-* Unlicense UPL-1.0 "
        "Vim VSL-1.0 W3C* WTFNMFPL WTFPL X11* Xerox XFree86-1.1 xinetd Xnet XSkat Zed Zend-2.0 Zlib ZPL ZPL-* "
        "ESA-PL-permissive-2.4"
    ),
    "weak_copyleft": (
        "APSL-* CDDL CDDL-* CECILL-C CERN-OHL-W-2.0 CDLA-Sharing-1.0 CPL-1.0 EPL EPL-* ErlPL-1.1 EUDatagrid IPL-1.0 "
        "LGPL LGPL-* LGPLLR LPPL-* MPL MPL-* MS-RL NOSL NPL-* Nokia ODbL-1.0 OSET-PL-2.1 SISSL* SPL-1.0 wxWindows "
        "YPL-* zimbra-* ESA-PL-weak-copyleft-2.4"
    ),
    "copyleft": (
        "CC-BY-SA-* CECILL-1.0 CECILL-1.1 CECILL-2.0 CECILL-2.1 CERN-OHL-S-2.0 copyleft-next-* EUPL EUPL-* GFDL-* GPL "
        "GPL-* HPL NGPL QPL-1.0* Sleepycat TMate BSD-Protection ESA-PL-strong-copyleft-2.4"
    ),
    "network_copyleft": "AGPL AGPL-* APL-1.0 CPAL-1.0 NPOSL-3.0 OSL-* OCLC-2.0 RPL-* RPSL-1.0 SimPL-2.0 Watcom-1.0",
    "exception": "eCos-2.0",
    "source_available": (
        "BUSL-1.1 CAL-1.0* CC-BY-NC-* CC-BY-ND-* Elastic-2.0 FSL-* Hippocratic-2.1 JPNIC NCGL-UK-2.0 Parity-* "
        "PolyForm-* Prosperity-3.0.0 SSPL-1.0 SSPL-1.0-only"
    ),
    "proprietary": "UNLICENSED LicenseRef-Proprietary* LicenseRef-Commercial* LicenseRef-scancode-proprietary*",
}


@lru_cache(maxsize=8192)
def category(expression: str) -> Category:
    """The category of a normal expression: of a choice the mildest, of a conjunction the strictest.

    A copyleft licence with an exception is `exception`: what is lifted, the exception says.

    >>> category("MIT OR GPL-3.0-only"), category("MIT AND GPL-3.0-only")
    ('permissive', 'copyleft')
    """
    tree = parse(expression)
    return "unknown" if tree is None else _of(tree)


def holds(expression: str, wanted: str) -> bool:
    """Is `expression` of the category `wanted`, or does it name the licence `wanted`?"""
    if wanted in CATEGORIES:
        return category(expression) == wanted
    tree, sought = parse(expression), parse(wanted)
    if tree is None or sought is None:
        return expression.strip().lower() == wanted.strip().lower()
    return str(sought).lower() in {str(leaf).lower() for leaf in leaves(tree)}


def _of(tree: Any) -> Category:
    if joined := operator(tree):
        found = [_of(branch) for branch in tree.args]
        return _pick(min if joined == "OR" else max, found)
    if not hasattr(tree, "exception_symbol"):
        return _single(tree.key)
    base = _single(tree.license_symbol.key)
    return "exception" if base in ("copyleft", "network_copyleft") else base


def _pick(choose: Callable[..., Category], found: Iterable[Category]) -> Category:
    return choose(found, key=CATEGORIES.index)


def _single(key: str) -> Category:
    name = key.removesuffix("+").lower()
    exact, families = _table()
    if name in exact:
        return exact[name]
    return next((found for stem, found in families if name.startswith(stem)), "unknown")


@cache
def _table() -> tuple[dict[str, Category], tuple[tuple[str, Category], ...]]:
    """Names that stand alone, and the stems of families, the longest first."""
    listed = [(name.lower(), found) for found, names in _FAMILIES.items() for name in names.split()]
    families = [(name.removesuffix("*"), found) for name, found in listed if name.endswith("*")]
    exact = {name: found for name, found in listed if not name.endswith("*")}
    return exact, tuple(sorted(families, key=lambda family: -len(family[0])))
