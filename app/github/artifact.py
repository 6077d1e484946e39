"""Downloading an artifact: GitHub points to its storage, and the token stays behind.

The storage's address is signed in its query, so it never appears in an error either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yarl import URL

from app.github.address import Address, Parts, plain_loopback
from app.github.client import USER_AGENT, Client
from app.github.errors import Moved, Unavailable
from app.github.exchange import Answer, Cut, Request
from app.github.records import read_id

_TEMPLATE = "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}"
_HOPS = 3


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a workflow run left; `expired`: GitHub has thrown it away."""

    id: int
    expired: bool


def read_artifact(data: Any) -> Artifact:
    """Read one artifact of a workflow run."""
    return Artifact(id=read_id(data), expired=bool(data.get("expired")))


async def download_zip(client: Client, parts: Parts, max_bytes: int) -> bytes:
    """The zip of artifact `parts["artifact_id"]`; TooLarge past `max_bytes`, NotFound once it expired."""
    request, answer = await client.locate(_TEMPLATE, {**parts, "archive_format": "zip"}, max_bytes=max_bytes)
    for _ in range(_HOPS):
        if not answer.redirects:
            break
        request = _to_storage(client.address, request, answer)
        answer = await _unsigned(client, request)
    if not answer.ok:
        raise answer.refusal(request.call)
    return answer.body


def _to_storage(address: Address, request: Request, answer: Answer) -> Request:
    """The same request at the storage, without a credential; https, but for a stand-in on this machine."""
    try:
        url = URL(answer.location, encoded=True)
    except ValueError:
        url = URL()
    local = plain_loopback(address.origin) and plain_loopback(url)
    if url.scheme != "https" and not local:
        raise Moved(request.call, answer.status, "the storage is not on https")
    return Request(
        method="GET",
        url=url,
        call=request.call,
        operation=request.operation,
        headers={"user-agent": USER_AGENT},
        max_bytes=request.max_bytes,
    )


async def _unsigned(client: Client, request: Request) -> Answer:
    try:
        return await client.caller.wire.send(request)
    except Cut as cut:
        raise Unavailable(request.call, 0, f"the artifact storage: {cut.reason}") from None
