"""The door: is this webhook GitHub's, and whole? Pure on headers and bytes; nothing here knows an event.

Rules: docs.github.com "Validating webhook deliveries". Only SHA-256 counts: a SHA-1 signature alone is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec

MAX_BODY = 26 * 1024 * 1024  # GitHub caps payloads at 25 MB; the form encoding and headers need a little room
_EVENT = re.compile(r"[A-Za-z0-9_]{1,100}")
_JSON_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Accepted:
    """A webhook to be stored: its JSON body, unparsed."""

    guid: str
    event: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """A webhook to be refused, with the HTTP status and a reason that tells an attacker nothing."""

    status: int
    reason: str


def receive(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> Accepted | Rejected:
    """Judge one request. `headers` must be case-insensitive; `secrets` are the live webhook secrets, none empty."""
    if not signed(headers.get("X-Hub-Signature-256", ""), body, secrets):
        return Rejected(401, "the SHA-256 signature is missing or wrong")
    event = headers.get("X-GitHub-Event", "")
    if not _EVENT.fullmatch(event):
        return Rejected(400, "the X-GitHub-Event header is missing or malformed")
    payload = _json_of(headers.get("Content-Type", ""), body)
    if not is_object(payload):
        return Rejected(400, "the body is not a JSON object")
    return Accepted(_guid(headers, body), event, payload)


def signed(signature: str, body: bytes, secrets: Sequence[bytes]) -> bool:
    """Is `signature` (`sha256=<64 hex>`) the HMAC of `body` under any of `secrets`? In constant time each."""
    given = signature.encode("utf-8", "surrogateescape")
    matches = [
        hmac.compare_digest(b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode(), given)
        for secret in secrets
        if secret
    ]
    return any(matches)


def is_object(payload: bytes) -> bool:
    """Is `payload` a JSON object? Values are not looked into; a nesting too deep to walk counts as malformed."""
    try:
        _JSON_OBJECT.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _json_of(content_type: str, body: bytes) -> bytes:
    """GitHub sends JSON, or a form with the JSON in `payload` when the App is set to that.

    Plain HTTP tools call JSON a form, too: what begins like an object is taken for one.
    """
    if not content_type.lower().startswith("application/x-www-form-urlencoded") or body.startswith(b"{"):
        return body
    try:
        return parse_qs(body.decode(), max_num_fields=10)["payload"][0].encode()
    except (ValueError, KeyError, UnicodeError):
        return b""


def _guid(headers: Mapping[str, str], body: bytes) -> str:
    """GitHub's name for the delivery. Without a usable one the content names itself, so that a replay is known."""
    guid = headers.get("X-GitHub-Delivery", "")
    if guid and len(guid) <= 100 and guid.isascii():
        return guid
    return "sha256:" + hashlib.sha256(body).hexdigest()
