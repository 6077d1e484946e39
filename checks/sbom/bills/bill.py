"""The words of this room: a bill of materials read from a file, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec


class UnreadableError(ValueError):
    """The file as a whole is no bill of materials we can read; the message says why, for people."""


class Scope(StrEnum):
    """What a component is there for; the development mark of npm beats `optional`."""

    RUNTIME = "runtime"
    DEVELOPMENT = "development"
    OPTIONAL = "optional"
    UNKNOWN = "unknown"


class Component(msgspec.Struct, frozen=True, gc=False):
    """One entry of a bill. `key` says what it is apart from its version; `ref` is its node in the graph.

    `licences` are the names and expressions as written, one an entry; `ecosystem` is the purl type, ""
    without a purl. `hashes` are (algorithm as the SPDX and CycloneDX names fold, such as "sha256"; hexadecimal digest
    in lower case), sorted.
    """

    key: str
    ecosystem: str
    name: str
    version: str
    purl: str = ""
    licences: tuple[str, ...] = ()
    scope: Scope = Scope.UNKNOWN
    ref: str = ""
    hashes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """An advisory that the bill itself carries, with the graph nodes it says are affected.

    `severity`: critical, high, medium, low, info or unknown.
    """

    id: str
    severity: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A part that could not be read, and where: the rest of the file was."""

    position: str  # "components[3].licenses"
    message: str


@dataclass(frozen=True, slots=True)
class Bom:
    """A whole bill: all components, nested ones included, parents first.

    `root` is the node of the product itself, "" when the file names none; `edges` maps a node to those it
    depends on; `flaws` are the parts that could not be read. `format` names what the file was ("CycloneDX 1.6 JSON").
    """

    components: tuple[Component, ...]
    root: str = ""
    edges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vulnerabilities: tuple[Vulnerability, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    format: str = ""
