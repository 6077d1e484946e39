"""Request bodies as they were sent, unpacked by us: of a false one aiohttp would write a traceback into the log.

GitHub packs nothing. Anybody may claim to, on any address, unsigned: what cannot be read costs no more than its answer.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_AS_IT_IS = "identity"
_WINDOWS: Mapping[str, int] = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}  # RFC 9110, section 8.4.1


def unpacked(request: web.Request, body: bytes, most: int) -> bytes:
    """The `body` of `request`, its Content-Encoding undone.

    RequestPayloadError where that is unknown or false, HTTPRequestEntityTooLarge where it comes to over `most` bytes.
    """
    encoding = request.headers.get("Content-Encoding", _AS_IT_IS).strip().lower()
    if encoding == _AS_IT_IS:
        return body
    if encoding not in _WINDOWS:
        raise web.RequestPayloadError("an unknown Content-Encoding")
    unpacking = zlib.decompressobj(_WINDOWS[encoding])
    try:
        content = unpacking.decompress(body, most + 1)
    except zlib.error:
        raise web.RequestPayloadError("a false Content-Encoding") from None
    if len(content) > most:
        raise web.HTTPRequestEntityTooLarge(most, len(content))
    if not unpacking.eof or unpacking.unused_data:
        raise web.RequestPayloadError("a false Content-Encoding")
    return content


class _ServerLog(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's own log, without the tracebacks of what is no HTTP: they would tell of the sender, not of us."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **rest: Any) -> None:
        if isinstance(exc_info, HttpProcessingError | web.RequestPayloadError):
            self.info("unreadable request: %s", type(exc_info).__name__)
        else:
            super().exception(msg, *args, exc_info=exc_info, **rest)


SERVER: Mapping[str, object] = {"auto_decompress": False, "logger": _ServerLog(logging.getLogger("aiohttp.server"))}
