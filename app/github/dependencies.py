"""What GitHub's dependency graph says of the packages that a change adds, read tolerantly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphAdvisory:
    """An advisory as the graph names it; `severity` in GitHub's words: low moderate high critical."""

    id: str
    severity: str
    summary: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that a change adds or removes. `purl` is "" where the graph knows none."""

    added: bool
    purl: str
    version: str
    advisories: tuple[GraphAdvisory, ...]


def read_dependency(data: Any) -> Dependency:
    """Read one entry of a comparison. Raises KeyError, TypeError for what is none."""
    return Dependency(
        added=data["change_type"] == "added",
        purl=_text(data, "package_url"),
        version=_text(data, "version"),
        advisories=tuple(_advisory(one) for one in data.get("vulnerabilities") or ()),
    )


def _advisory(data: Any) -> GraphAdvisory:
    return GraphAdvisory(data["advisory_ghsa_id"], _text(data, "severity"), _text(data, "advisory_summary"))


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
