"""Cargo.toml: the dependency tables of a package, of its targets and of a workspace."""

from __future__ import annotations

from typing import Any

from checks.sbom.manifests import syntaxes, toml
from checks.sbom.manifests.text import Lines
from checks.sbom.manifests.toml import Entry, Key
from checks.sbom.manifests.words import Declared, Edited, Format, Refusal, Site

_SCOPES = {"dependencies": "runtime", "dev-dependencies": "development", "build-dependencies": "development"}


def sites(path: str, text: str) -> tuple[Site, ...]:
    """Each dependency, in the order of the text."""
    document, lines = toml.parse(text), Lines(text)
    return tuple(_site(path, text, entry, lines) for entry in toml.entries(document, text, _entry))


def _entry(key: Key) -> Key | None:
    for holder in ((), ("workspace",), (*key[:2],)):
        depth = len(holder) + 2
        known = key[: len(holder)] == holder and len(key) >= depth and key[depth - 2] in _SCOPES
        if known and (len(holder) < 2 or holder[0] == "target"):
            return key[:depth]
    return None


def _site(path: str, text: str, entry: Entry, lines: Lines) -> Site:
    _, start, end, _ = entry.place
    table = entry.value if isinstance(entry.value, dict) else {}
    name, constraint = str(table.get("package", entry.key[-1])), text[start:end] if entry.states else ""
    scope = "optional" if table.get("optional") is True else _SCOPES[str(entry.key[-2])]
    declared = Declared("cargo", name, constraint, lines.of(start), scope, path)
    return Site(declared, syntaxes.cargo, start, end, entry.place.key, start, _refused(table, entry.states))


def _refused(table: dict[str, Any], states: bool) -> str:
    if table.get("workspace") is True:
        return "its version is that of the workspace: raise it in the workspace's Cargo.toml"
    if table.keys() & {"path", "git"}:
        return "it comes from a path or a repository, not from an index"
    return "" if states else "it states no version"


def override(path: str, text: str, name: str, version: str) -> Edited | Refusal:
    """Refused: Cargo has no override by version alone, but its lock file can be moved."""
    return Refusal(f"`{name}` is settled by the lock file: `cargo update {name} --precise {version}`")


FORMAT = Format("cargo", ("Cargo.toml",), sites, toml.parse, override)
