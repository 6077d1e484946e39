"""What is asked of a source of advisories, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from checks.advised import Listing, Unread

_UNUSED = ("details", "references", "credits")  # the longest parts of a record, which no check reads


class BadRecord(ValueError):
    """This is no record of OSV; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One version of a package. `purl` names it without the version, canonical as `checks.sbom.purl` writes it."""

    purl: str
    version: str

    def __str__(self) -> str:
        return f"{self.purl}@{self.version}"


@dataclass(frozen=True, slots=True)
class Record:
    """One OSV record as JSON text; `modified` is when its database last changed it, RFC 3339."""

    id: str
    modified: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Records in the order of their ids, each once; the rest as in `checks.model.Advisories`."""

    records: tuple[Record, ...] = ()
    unasked: tuple[str, ...] = ()
    listed: tuple[Listing, ...] = ()
    unread: tuple[Unread, ...] = ()


class Source(Protocol):
    """Whoever knows advisories. Raises `app.wire.Unavailable` when it cannot be asked now."""

    @property
    def name(self) -> str:
        """Who that is, for people."""

    async def about(self, packages: Collection[Package]) -> Found:
        """All records of each package of which one concerns a version of `packages`, as far as the source can tell."""


class Shelf(Protocol):
    """Where records are kept from one question to the next."""

    async def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Those that are kept, by id."""

    async def put(self, records: Collection[Record]) -> None:
        """Keep these, each in place of the one with its id."""


def read_record(data: Any) -> Record:
    """The record that decoded JSON is, without what no check reads. Raises BadRecord where it is none."""
    if not isinstance(data, dict) or not isinstance(data.get("id"), str):
        raise BadRecord("no OSV record: it has no `id`")
    modified = data.get("modified")
    useful = {key: value for key, value in data.items() if key not in _UNUSED}
    try:
        text = json.dumps(useful, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    except RecursionError:
        raise BadRecord("no OSV record: its JSON is nested too deep") from None
    return Record(_characters(data["id"]), modified if isinstance(modified, str) else "", _characters(text))


def _characters(text: str) -> str:
    """Half a surrogate pair, which JSON can spell, is no character: "?" takes its place."""
    return text.encode("utf-8", "replace").decode()
