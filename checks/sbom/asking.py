"""Whether anybody can be asked about a component at all: advisories are filed by kind, name and version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checks.sbom.bills.bill import Component
from checks.sbom.purl import with_version
from checks.sbom.versions.ecosystems import PURL_TYPES

NO_PURL, NO_VERSION, NO_ADVISORIES = "no_purl", "no_version", "no_advisories"
WHY: Mapping[str, str] = {
    NO_PURL: "without a package URL",
    NO_VERSION: "without a version",
    NO_ADVISORIES: "of a kind that no advisories are filed under",
}
_TYPES = frozenset(PURL_TYPES.values())


def unidentified(component: Component) -> str:
    """Why nobody can be asked, one of WHY; "" where somebody can."""
    if not component.purl:
        return NO_PURL
    if component.ecosystem not in _TYPES:
        return NO_ADVISORIES
    return "" if component.version else NO_VERSION


def sorted_out(components: Iterable[Component]) -> dict[str, tuple[str, ...]]:
    """By reason, in the order of WHY, the components that nobody can be asked about: sorted, each once."""
    found: dict[str, set[str]] = {why: set() for why in WHY}
    for component in components:
        if why := unidentified(component):
            found[why].add(say(component))
    return {why: tuple(sorted(names)) for why, names in found.items() if names}


def say(component: Component) -> str:
    """A component by its package URL, else by its name, with its version."""
    if component.purl:
        return with_version(component.purl, component.version)
    return f"{component.name} {component.version}".strip()
