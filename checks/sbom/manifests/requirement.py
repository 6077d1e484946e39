"""A requirement of PEP 508 and where its constraint stands: `name[extra] >=1,<2 ; marker`."""

from __future__ import annotations

import re
from typing import NamedTuple

from checks.sbom.manifests.words import UnreadableError

_HEAD = re.compile(r"\s*(?P<name>[A-Za-z0-9._\-]+)\s*(?:\[[^\]]*\]\s*)?")
_LONGEST = 4096


class Requirement(NamedTuple):
    """`text[start:end]` is the constraint, "" where there is none; `refusal` says why it cannot be edited."""

    name: str
    start: int
    end: int
    marker: str
    refusal: str


def spelled(name: str) -> str:
    """A project's name as its purl spells it."""
    return name.lower().replace("_", "-")


def canonical(name: str) -> str:
    """A project's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(text: str) -> Requirement:
    """Reads one requirement; packaging must read it too, and the same name and constraint (UnreadableError)."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Official
    from packaging.specifiers import SpecifierSet

    if len(text) > _LONGEST:
        raise UnreadableError(f"it is longer than {_LONGEST} characters")
    try:
        official = Official(text)
    except InvalidRequirement as error:
        raise UnreadableError(f"it is no requirement: {error}") from error
    if official.url:
        return Requirement(official.name, 0, 0, "", "it comes from a URL, not from an index")
    start, end, marker = _constraint(text)
    if SpecifierSet(text[start:end]) != official.specifier:
        raise UnreadableError("it is no requirement that can be followed")
    return Requirement(official.name, start, end, marker, "")


def _constraint(text: str) -> tuple[int, int, str]:
    """Where the constraint stands, without space and brackets around it, and the marker."""
    head = _HEAD.match(text)
    start = head.end() if head else 0
    semicolon = text.find(";", start)
    end = len(text) if semicolon < 0 else semicolon
    stated = text[start:end].rstrip()
    if stated.startswith("(") and stated.endswith(")"):
        inner = stated[1:-1]
        start += 1 + len(inner) - len(inner.lstrip())
        stated = inner.strip()
    return start, start + len(stated), text[end + 1 :].strip()
