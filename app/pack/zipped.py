"""The file itself: written so that the same members are the same bytes, read as if an enemy had written it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from app.pack.limits import LONGEST_NAME, MOST_BYTES, MOST_MEMBERS, MOST_PACKED

_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)  # a zip knows no earlier moment
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}", re.ASCII)
_LOCAL, _CENTRAL, _END = 30, 46, 22  # bytes of the headers of a member, there and in the directory, and of its end
_LEVEL = 6


_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError),
    *(NotImplementedError, RuntimeError, OverflowError, IndexError),
)
"""What reading a zip raises that somebody broke."""


class BadPack(ValueError):
    """The file is no Repro Pack, or one that may not be read."""


def packed(members: Mapping[str, bytes], at: float) -> bytes:
    """A zip of `members` in their order, each dated `at` (epoch seconds)."""
    moment = max(datetime.fromtimestamp(at, UTC), _EPOCH)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=_LEVEL)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The members of a zip, in their order. Raises BadPack for whatever `packed` would not have written.

    Names that lead elsewhere or come twice, bytes that belong to no member, more or larger members than a pack may
    have, and checksums that do not fit are refused; no more is unpacked than was announced.
    """
    if len(content) > MOST_PACKED:
        raise BadPack(f"it is larger than {MOST_PACKED:,} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            _announced(infos, archive.comment, len(content))
            return {info.filename: _member(archive, info) for info in infos}
    except BadPack:
        raise
    except _BROKEN as error:
        raise BadPack(f"it is no whole zip: {error}") from None


def _announced(infos: list[zipfile.ZipInfo], comment: bytes, size: int) -> None:
    """Is what the directory announces a pack?"""
    if len(infos) > MOST_MEMBERS:
        raise BadPack(f"it has more than {MOST_MEMBERS:,} members")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise BadPack(f"its members are larger than {MOST_BYTES:,} bytes together")
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            raise BadPack(f"a member is named {name[:LONGEST_NAME]!r}, which no member of a pack is")
        if name.lower() in seen:
            raise BadPack(f"{name} is in it twice")
        if info.compress_type not in {zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED} or info.flag_bits:
            raise BadPack(f"{name} is packed in a way that no member of a pack is")
        seen.add(name.lower())
    _whole(infos, comment, size)


def _whole(infos: list[zipfile.ZipInfo], comment: bytes, size: int) -> None:
    """Do members and directory take up every byte of the file, in the order of the directory?"""
    at = 0
    for info in infos:
        if info.header_offset != at or info.extra or info.comment:
            raise BadPack(f"bytes that belong to no member stand before {info.orig_filename}")
        at += _LOCAL + len(info.orig_filename) + info.compress_size
    if comment or at + sum(_CENTRAL + len(info.orig_filename) for info in infos) + _END != size:
        raise BadPack("bytes that belong to no member stand after the last one")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        content = file.read(info.file_size + 1)  # where it is longer than announced, its checksum does not fit either
    if len(content) != info.file_size:
        raise BadPack(f"{info.filename} is not of the size that is announced")
    return content
