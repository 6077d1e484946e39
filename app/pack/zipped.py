"""The file itself: written so that the same members are the same bytes, read as if an enemy had written it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from app.pack.limits import LONGEST_NAME, MOST_BYTES, MOST_MEMBERS, MOST_PACKED

_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)  # a zip knows no earlier moment
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}", re.ASCII)
_LEVEL = 6
_VERSION, _UNIX, _MODE = 20, 3 << 8, 0o644 << 16  # what unpacks it, and whose a file is and who may read it


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
            info.create_system, info.external_attr = _UNIX >> 8, _MODE
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=_LEVEL)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The members of a zip, in their order. Raises BadPack for whatever `packed` would not have written.

    Names that lead elsewhere or come twice, more or larger members than a pack may have, and checksums that do not fit
    are refused; so is each byte of a header, of the directory or of its end that is not as it is written here, so that
    all who read it, from whichever end, find the same members. No more is unpacked than was announced.
    """
    if len(content) > MOST_PACKED:
        raise BadPack(f"it is larger than {MOST_PACKED:,} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
        _announced(infos)
        places = _framed(content, infos)
        return {info.filename: _member(content[place : place + info.compress_size], info) for info, place in places}
    except BadPack:
        raise
    except _BROKEN as error:
        raise BadPack(f"it is no whole zip: {error}") from None


def _announced(infos: list[zipfile.ZipInfo]) -> None:
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
        seen.add(name.lower())


def _framed(content: bytes, infos: list[zipfile.ZipInfo]) -> list[tuple[zipfile.ZipInfo, int]]:
    """Where the stream of each member begins, once all around the streams was found as `packed` writes it."""
    at, places, directory = 0, [], []
    for info in infos:
        name, known = info.filename.encode("ascii"), _known(info)
        header = struct.pack("<4s2H", b"PK\3\4", _VERSION, 0) + known + struct.pack("<2H", len(name), 0) + name
        if content[at : at + len(header)] != header:
            raise BadPack(f"{info.filename}: bytes that belong to no member, or contradict the directory, precede it")
        ends = struct.pack("<5H2I", len(name), 0, 0, 0, 0, _MODE, at)
        directory.append(struct.pack("<4s3H", b"PK\1\2", _UNIX | _VERSION, _VERSION, 0) + known + ends + name)
        places.append((info, at + len(header)))
        at += len(header) + info.compress_size
    listed, count = b"".join(directory), len(infos)
    end = listed + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listed), at, 0)
    if len(content) != at + len(end) or content[at:] != end:
        raise BadPack("bytes that belong to no member stand in or around its directory")
    return places


def _known(info: zipfile.ZipInfo) -> bytes:
    """What header and directory both say: how and when it was packed, its checksum and its sizes."""
    year, month, day, hour, minute, second = info.date_time
    date, time = (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2
    return struct.pack("<3H3I", zipfile.ZIP_DEFLATED, time, date, info.CRC, info.compress_size, info.file_size)


def _member(stream: bytes, info: zipfile.ZipInfo) -> bytes:
    """What was packed, where the stream ends with it, and it is of the size and the checksum that are announced."""
    reading = zlib.decompressobj(-zlib.MAX_WBITS)
    content = reading.decompress(stream, info.file_size + 1)
    if not reading.eof or reading.unused_data or len(content) != info.file_size:
        raise BadPack(f"{info.filename} is not of the size that is announced, or bytes of no member follow")
    if zlib.crc32(content) != info.CRC:
        raise BadPack(f"{info.filename} is not what its checksum says")
    return content
