"""The words of this room: what a manifest declares, where in its text, and what an edit of it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 2 * 1024 * 1024
MOST_REQUIREMENTS = 5_000  # of Python's, whose reading is slow
PEER = "peer"


class UnreadableError(ValueError):
    """The text is no manifest of its kind; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One dependency as a manifest states it.

    `ecosystem` is the purl type and `name` the package as checks.sbom.purl spells it ("group:artifact" for Maven).
    `constraint` is as written, "" when there is none; `line` counts from 1; `scope` is runtime, development, optional
    or peer.
    """

    ecosystem: str
    name: str
    constraint: str
    line: int
    scope: str
    path: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A manifest after an edit: the whole `text`, and at `line` (from 1) the constraint `before` and `after`."""

    path: str
    text: str
    before: str
    after: str
    line: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was edited, in a sentence for people."""

    reason: str


# A rule of a syntax: (constraint, version) -> the constraint with its floor at the version; None when the floor is
# there already, a Refusal when this syntax cannot say it.
Rule = Callable[[str, str], "str | Refusal | None"]


@dataclass(frozen=True, slots=True)
class Site:
    """A declaration and where it can be edited: the constraint is `text[start:end]`.

    `key` leads to the leaf of the parsed document that holds it, and that leaf begins at `leaf_at` of the text.
    `refusal`, when not "", is why this declaration cannot be edited; `condition` is the marker it holds under.
    `prefix` goes before a constraint where there was none; `said` turns what stands in the file into
    `Declared.constraint`.
    """

    declared: Declared
    rule: Rule
    start: int
    end: int
    key: tuple[Any, ...]
    leaf_at: int
    refusal: str = ""
    condition: str = ""
    prefix: str = ""
    said: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Format:
    """What a kind of manifest can do.

    `sites(path, text)` lists the declarations in the order of the text; `parse(text)` is an independent reading, of
    lists and dictionaries with text at the leaves; both raise ValueError. `override(path, text, name, version)`
    settles a package that others bring along.
    """

    ecosystem: str
    patterns: tuple[str, ...]
    sites: Callable[[str, str], tuple[Site, ...]]
    parse: Callable[[str], Any]
    override: Callable[[str, str, str, str], Edited | Refusal]
