"""pyproject.toml: PEP 621 dependencies, PEP 735 groups, and the tables of Poetry."""

from __future__ import annotations

from typing import Any

from checks.sbom.manifests import toml
from checks.sbom.manifests.requirement import requirement, spelled
from checks.sbom.manifests.syntaxes import pep440, poetry
from checks.sbom.manifests.text import Lines
from checks.sbom.manifests.toml import Entry, Key, Place
from checks.sbom.manifests.words import MOST_REQUIREMENTS, Declared, Edited, Format, Refusal, Site, UnreadableError


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each requirement and each entry of a Poetry table, in the order of the text."""
    document, lines = toml.parse(text), Lines(text)
    required = [place for place in toml.places(text) if _listed(place.key)]
    if len(required) > MOST_REQUIREMENTS:
        raise UnreadableError(f"it has more than {MOST_REQUIREMENTS} requirements")
    listed = (_required(path, text, place, lines) for place in required)
    tabled = (_poetic(path, text, entry, lines) for entry in toml.entries(document, text, _poetry_entry))
    return tuple(sorted(filter(None, (*listed, *tabled)), key=lambda site: site.start))


def _listed(key: Key) -> str:
    """The scope of the lists of requirements; "" for any other place."""
    if key[:2] == ("project", "dependencies") and len(key) == 3:
        return "runtime"
    if key[:2] == ("project", "optional-dependencies") and len(key) == 4:
        return "optional"
    return "development" if key[0] == "dependency-groups" and len(key) == 3 else ""


def _required(path: str, text: str, place: Place, lines: Lines) -> Site | None:
    try:
        read = requirement(text[place.start : place.end])
    except UnreadableError:
        return None
    start, end = place.start + read.start, place.start + read.end
    declared = Declared("pypi", spelled(read.name), text[start:end], lines.of(place.start), _listed(place.key), path)
    return Site(declared, pep440, start, end, place.key, place.start, read.refusal, read.marker)


def _poetry_entry(key: Key) -> Key | None:
    if key[:2] != ("tool", "poetry"):
        return None
    if key[2:3] == ("group",) and key[4:5] == ("dependencies",):
        entry = key[:6]
    else:
        entry = key[:4] if key[2] in {"dependencies", "dev-dependencies"} else ()
    return None if len(entry) not in {4, 6} or entry[-1] == "python" else entry


def _poetic(path: str, text: str, entry: Entry, lines: Lines) -> Site:
    _, start, end, _ = entry.place
    table, constraint = entry.value if isinstance(entry.value, dict) else {}, text[start:end] if entry.states else ""
    scope = "runtime" if entry.key[2] == "dependencies" else "development"
    declared = Declared(
        "pypi",
        spelled(str(entry.key[-1])),
        constraint,
        lines.of(start),
        "optional" if table.get("optional") is True else scope,
        path,
    )
    return Site(declared, poetry, start, end, entry.place.key, start, "" if entry.states else _unstated(entry.value))


def _unstated(value: Any) -> str:
    if isinstance(value, list):
        return "it has several constraints, each under its own condition"
    return "it comes from a repository, a file or a URL, not from an index"


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """Refused: a project file has no place for packages that others bring along, but its lock file has."""
    return Refusal(f"`{name}` is settled by the lock file: lock it anew at {version} or above")


FORMAT = Format("pypi", ("pyproject.toml",), sites, toml.parse, override)
