"""How the API says no: one JSON form, `{"error": "..."}`, with the status that fits."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from aiohttp import web

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")  # visible ASCII: it becomes part of another header

_STATUS: dict[int, type[web.HTTPException]] = {
    400: web.HTTPBadRequest,
    401: web.HTTPUnauthorized,
    403: web.HTTPForbidden,
    404: web.HTTPNotFound,
    413: web.HTTPRequestEntityTooLarge,
    422: web.HTTPUnprocessableEntity,
    429: web.HTTPTooManyRequests,
    502: web.HTTPBadGateway,
    503: web.HTTPServiceUnavailable,
}


def refuse(status: int, reason: str) -> NoReturn:
    """Answer `status` with `reason`."""
    text = json.dumps({"error": reason})
    if status == 413:
        raise web.HTTPRequestEntityTooLarge(max_size=0, actual_size=0, text=text, content_type="application/json")
    raise _STATUS[status](text=text, content_type="application/json")


async def body(request: web.Request, most: int) -> bytes:
    """The request's body; 413 above `most` bytes."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > most:
            refuse(413, f"the body is larger than {most} bytes")
    return bytes(content)


def bearer(request: web.Request) -> str:
    """The bearer token; 401 without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "token"} or not _TOKEN.fullmatch(token.strip()):
        refuse(401, "send `Authorization: Bearer <token>`")
    return token.strip()
