"""Advisories from files: OSV records as JSON, one a file or many, as JSON lines, packed or not, or the zip that OSV
publishes of an ecosystem. Nothing is asked of anybody.
"""

from __future__ import annotations

import gzip
import json
import lzma
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.osv.model import BadRecord, Found, Package, Record, read_record
from checks.advised import Unread
from checks.sbom import osv
from checks.sbom.purl import identify
from checks.sbom.versions.ecosystems import Place, locate

MAX_BYTES = 2 * 1024 * 1024 * 1024  # of one file, unpacked
MAX_RECORD = osv.MAX_BYTES
_BROKEN = (OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError)


class BadAdvisories(ValueError):
    """A file that holds no advisories, or whose advisories cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Files:
    """The advisories of some files, by package. `name` says which files, for people."""

    name: str
    unread: tuple[Unread, ...] = ()
    _filed: Mapping[tuple[str, str], tuple[Record, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, records: Iterable[Record]) -> Files:
        """File `records` under the packages that they are about."""
        filed: dict[tuple[str, str], dict[Record, None]] = defaultdict(dict)
        unread = []
        for record in records:
            try:
                found = osv.parse(record.text)
            except osv.UnreadableError as error:
                unread.append(Unread(record.id[: osv.MAX_ID], str(error)))
                continue
            if found.untold:
                unread.append(Unread(record.id, found.untold))
            for place in {place[:2] for entry in found.affected for place in entry.places}:
                filed[place][record] = None
        return cls(name, tuple(unread), {place: tuple(some) for place, some in filed.items()})

    async def about(self, packages: Collection[Package]) -> Found:
        """All records on each of `packages`, whatever version they concern; two texts of one id are two records."""
        found = {
            record
            for package in set(packages)
            if (place := _place(package)) is not None
            for record in self._filed.get(place[:2], ())
        }
        return Found(tuple(sorted(found, key=lambda one: (one.id, one.text))), unread=self.unread)


def at(place: Path) -> Files:
    """The advisories at `place`, a file or a directory of files. Raises BadAdvisories, OSError."""
    files = sorted(_files(place)) if place.is_dir() else [place]
    if not files:
        raise BadAdvisories(f"{place} holds no .json, .jsonl, .jsonl.gz or .zip file")
    return Files.of(str(place), (record for file in files for record in _read(file)))


def records_in(name: str, content: str | bytes) -> Iterator[Record]:
    """The records in a text: one, a list of them, or one a line. Raises BadAdvisories where it holds something else."""
    if name.endswith((".jsonl", ".ndjson")):
        raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
        for number, line in enumerate(raw.split(b"\n"), 1):
            if line.strip():
                yield _one(f"{name}:{number}", _decoded(f"{name}:{number}", line))
        return
    data = _decoded(name, content)
    for one in data if isinstance(data, list) else [data]:
        yield _one(name, one)


def _files(directory: Path) -> Iterator[Path]:
    wanted = (".json", ".jsonl", ".ndjson", ".jsonl.gz", ".json.gz", ".zip")
    return (file for file in directory.rglob("*") if file.name.endswith(wanted) and not file.is_dir())


def _read(file: Path) -> Iterator[Record]:
    if not file.is_file():  # a pipe would keep its reader waiting
        raise BadAdvisories(f"{file} is no regular file")
    try:
        if file.name.endswith(".zip"):
            yield from _zipped(file)
        elif file.name.endswith(".gz"):
            with gzip.open(file) as packed:
                yield from records_in(file.name.removesuffix(".gz"), _whole(str(file), packed.read(MAX_BYTES + 1)))
        else:
            with file.open("rb") as opened:
                yield from records_in(file.name, _whole(str(file), opened.read(MAX_BYTES + 1)))
    except BadAdvisories:
        raise
    except _BROKEN as error:
        raise BadAdvisories(f"{file} cannot be read: {type(error).__name__}") from None


def _zipped(file: Path) -> Iterator[Record]:
    with zipfile.ZipFile(file) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith((".json", ".jsonl")):
                with archive.open(name) as member:
                    content = member.read(MAX_RECORD + 1)
                if len(content) > MAX_RECORD:
                    raise BadAdvisories(f"{file}: {name} has more than {MAX_RECORD:,} bytes")
                yield from records_in(f"{file.name}/{name}", content)


def _whole(name: str, content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise BadAdvisories(f"{name} has more than {MAX_BYTES:,} bytes")
    return content


def _decoded(where: str, content: str | bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise BadAdvisories(f"{where} is not JSON") from None


def _one(where: str, data: Any) -> Record:
    try:
        return read_record(data)
    except BadRecord as error:
        raise BadAdvisories(f"{where} is {error}") from None


def _place(package: Package) -> Place | None:
    stated = identify(package.purl)
    return None if stated is None else locate(stated[0].ecosystem, stated[0].name)
