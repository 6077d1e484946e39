"""The public keys with which GitHub Actions signs its id-tokens, as its issuer publishes them (RFC 7517).

GitHub's own issuer and that of an Enterprise Server both serve them at `/.well-known/jwks` (docs.github.com, "OpenID
Connect reference"), so the address is the operator's and no document leads elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm
from yarl import URL

from app.github.errors import Unavailable

PATH = "/.well-known/jwks"
KEPT = 3_600.0  # seconds that fetched keys are believed
PAUSE = 60.0  # seconds between two fetches, whatever unknown keys are named: anybody may name one
MAX_BYTES = 256 * 1024
MOST_KEYS = 100
SMALLEST = 2_048  # bits of a key that counts
_TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=5.0)
_CALL = f"GET {PATH}"


class SigningKeys:
    """The keys of `issuer`. The session stays the caller's."""

    def __init__(self, session: aiohttp.ClientSession, issuer: str, now: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._url = URL(issuer + PATH)
        self._now = now
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched = self._asked = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, name: str) -> RSAPublicKey | None:
        """The key called `name`; None when the issuer has none of that name. Raises Unavailable."""
        async with self._lock:
            if not self._fresh or (name not in self._keys and self._rested):
                await self._fetch()
            return self._keys.get(name)

    @property
    def _fresh(self) -> bool:
        return self._now() - self._fetched < KEPT

    @property
    def _rested(self) -> bool:
        return self._now() - self._asked >= PAUSE

    async def _fetch(self) -> None:
        if not self._rested:
            raise Unavailable(_CALL, 0, "its keys could not be had a moment ago")
        self._asked = self._now()
        self._keys = dict(_read(await self._body()))
        self._fetched = self._now()

    async def _body(self) -> bytes:
        received = bytearray()
        try:
            async with self._session.get(self._url, timeout=_TIMEOUT, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise Unavailable(_CALL, answer.status, "the issuer does not show its keys")
                async for chunk in answer.content.iter_chunked(16 * 1024):
                    received += chunk
                    if len(received) > MAX_BYTES:
                        raise Unavailable(_CALL, answer.status, f"more than {MAX_BYTES} bytes of keys")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(_CALL, 0, type(error).__name__) from None
        return bytes(received)


def _read(body: bytes) -> Iterator[tuple[str, RSAPublicKey]]:
    """The RSA keys for signatures in a key set, by name; all others are passed over."""
    try:
        listed = json.loads(body)["keys"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise Unavailable(_CALL, 200, "the answer holds no keys") from None
    for one in listed[:MOST_KEYS] if isinstance(listed, list) else ():
        key = _key(one)
        if key is not None:
            yield one["kid"], key


def _key(one: Any) -> RSAPublicKey | None:
    if not isinstance(one, dict) or not isinstance(one.get("kid"), str):
        return None
    if (one.get("kty"), one.get("use", "sig"), one.get("alg", "RS256")) != ("RSA", "sig", "RS256"):
        return None
    try:
        key = RSAAlgorithm.from_jwk({name: one[name] for name in ("kty", "n", "e")})
    except (PyJWTError, KeyError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST else None
