"""What a source of advisories names besides their records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listing:
    """The advisories that a source itself names for one version of a package, whatever their records say of it.

    `purl` is canonical and without the version, `ids` are sorted.
    """

    purl: str
    version: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """An advisory that was asked for and could not be read; `why` in words."""

    id: str
    why: str
