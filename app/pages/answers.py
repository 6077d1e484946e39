"""How the API says no: one JSON form, `{"error": "..."}`, with the status that fits."""

from __future__ import annotations

import json
import re
from math import ceil
from typing import NoReturn

from aiohttp import web

from app.body import unpacked

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")  # visible ASCII: it becomes part of another header


class Refused(web.HTTPException):
    """Our answer is no: `status`, and `reason` as JSON, with what `more` there is to know."""

    def __init__(self, status: int, reason: str, after: float | None = None, **more: str) -> None:
        self.status_code = status
        headers = None if after is None else {"Retry-After": str(ceil(after))}
        text = json.dumps({"error": reason, **more})
        super().__init__(text=text, content_type="application/json", headers=headers)


def refuse(status: int, reason: str, after: float | None = None) -> NoReturn:
    """Answer `status` with `reason`; it may be tried again `after` so many seconds."""
    raise Refused(status, reason, after)


async def body(request: web.Request, most: int) -> bytes:
    """The request's body; 413 above `most` bytes, as it was sent or unpacked."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > most:
            _too_large(most)
    try:
        return unpacked(request, bytes(content), most)
    except web.HTTPRequestEntityTooLarge:
        _too_large(most)


def _too_large(most: int) -> NoReturn:
    refuse(413, f"the body is larger than {most} bytes")


def bearer(request: web.Request) -> str:
    """The bearer token; 401 without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "token"} or not _TOKEN.fullmatch(token.strip()):
        refuse(401, "send `Authorization: Bearer <token>`")
    return token.strip()
