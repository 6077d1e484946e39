"""Signature Version 4 as the receiving side computes it, written from AWS' documentation and not from a library.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass(frozen=True)
class Received:
    """A request; the names of `headers` in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def signature(request: Received, scope: str, signed: str, secret: str) -> str:
    """In hexadecimal. `scope` as `20150830/us-east-1/iam/aws4_request`; `signed`: names of headers, `;` between."""
    canonical = hashlib.sha256(_canonical(request, signed).encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, canonical))
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


def _canonical(request: Received, signed: str) -> str:
    url = urlsplit(request.target)
    query = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(url.query))
    headers = [f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed.split(";")]
    return "\n".join(
        (
            request.method,
            url.path or "/",
            "&".join(f"{name}={value}" for name, value in query),
            "".join(headers),
            signed,
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
