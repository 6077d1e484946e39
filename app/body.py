"""Request bodies as they were sent, unpacked by us: of a false one aiohttp would write a traceback into the log.

GitHub packs nothing. Anybody may claim to, on any address, unsigned: what cannot be read costs no more than its answer.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_AS_IT_IS = "identity"
_WINDOWS: Mapping[str, int] = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}  # RFC 9110, section 8.4.1
_PIECE = 64 * 1024  # bytes that are unpacked at a time
_MOST_MEMBERS = 2_048  # of one gzip body: blocks of 64 KiB, as bgzip cuts them, make 512 of the largest that we take


def unpacked(request: web.Request, body: bytes, most: int) -> bytes:
    """The `body` of `request`, its Content-Encoding undone.

    RequestPayloadError where that is unknown or false, HTTPRequestEntityTooLarge where it comes to over `most` bytes.
    """
    encoding = request.headers.get("Content-Encoding", _AS_IT_IS).strip().lower()
    if encoding == _AS_IT_IS:
        return body
    if encoding not in _WINDOWS:
        raise web.RequestPayloadError("an unknown Content-Encoding")
    content = bytearray()
    for part in _members(body, _WINDOWS[encoding], most):
        content += part
        if len(content) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(content))
    return bytes(content)


def _members(body: bytes, window: int, most: int) -> Iterator[bytes]:
    """What `body` holds, a piece at a time, each of at most `most` bytes and one more.

    A gzip file is a series of members (RFC 1952, section 2.2); a zlib stream (RFC 1950) is one by itself.
    """
    unpacking, members, at = zlib.decompressobj(window), 1, 0
    while at < len(body):
        fed = body[at : at + _PIECE]
        try:
            yield unpacking.decompress(fed, most + 1)
        except zlib.error:
            raise web.RequestPayloadError("a false Content-Encoding") from None
        at += len(fed) - len(unpacking.unused_data)
        if unpacking.eof and at < len(body):
            members += 1
            if window == zlib.MAX_WBITS or members > _MOST_MEMBERS:
                raise web.RequestPayloadError("a false Content-Encoding")
            unpacking = zlib.decompressobj(window)
    if not unpacking.eof:
        raise web.RequestPayloadError("a false Content-Encoding")


class _ServerLog(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's own log, without the tracebacks of what is no HTTP: they would tell of the sender, not of us."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **rest: Any) -> None:
        if isinstance(exc_info, HttpProcessingError | web.RequestPayloadError):
            self.info("unreadable request: %s", type(exc_info).__name__)
        else:
            super().exception(msg, *args, exc_info=exc_info, **rest)


SERVER: Mapping[str, object] = {"auto_decompress": False, "logger": _ServerLog(logging.getLogger("aiohttp.server"))}
