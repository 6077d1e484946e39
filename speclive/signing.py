"""Who sent it, and that nobody changed it: HMAC-SHA-256 with the token that sender and receiver share."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Maestro-Signature-256"
TIMESTAMP = "X-Maestro-Timestamp"
KEY = "Idempotency-Key"
"""The headers of a report: its signature, when it was signed in epoch seconds, and its id."""


def report(token: str, timestamp: int, ident: str, body: bytes) -> str:
    """The signature of a report as it is sent, that is of its packed `body`, at `timestamp` and under its id."""
    return _signed(token, f"{timestamp}.{ident}.".encode() + body)


def answer(token: str, body: bytes) -> str:
    """The signature of what the server answers: the guards obey no other."""
    return _signed(token, body)


def same(expected: str, given: str | None) -> bool:
    """Whether a signature is the one expected, found out in a time that does not tell how much of it is right."""
    return hmac.compare_digest(expected.encode(), (given or "").encode())


def _signed(token: str, message: bytes) -> str:
    return "sha256=" + hmac.new(token.encode(), message, hashlib.sha256).hexdigest()
