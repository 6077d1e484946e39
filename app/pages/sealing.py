"""Secrets at rest: AES-256-GCM under a key of one purpose, bound to what the secret is about."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.render.capability import derived

_NONCE = 12  # bytes, chosen anew each time: of 2^32 seals under one key two are the same with odds of 2^-33


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens under `key`, 32 bytes."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str, purpose: bytes) -> Sealer:
        """The sealer of a secret of high entropy for one purpose; no two purposes can open each other's."""
        return cls(derived(secret, purpose))

    def seal(self, text: str, about: str) -> bytes:
        """`text`, that only `open` with the same `about` gives back."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, text.encode(), about.encode())

    def open(self, sealed: bytes, about: str) -> str | None:
        """What was sealed; None where it was not with this key, is about something else, or was tampered with."""
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode()).decode()
        except (InvalidTag, ValueError):
            return None
