"""Who says so: an Ed25519 key of the App's own, and envelopes that it signs (DSSE v1).

github.com/secure-systems-lab/dsse, protocol.md; the key is derived from the App's private key, so there is none to
look after, and whoever replaces that one replaces this one.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from app.render.capability import derived

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_PURPOSE = b"maestro repro pack v1"


class BadEnvelope(ValueError):
    """The bytes are no envelope that this key signed, or no envelope at all."""


class BadPublicKey(ValueError):
    """The bytes are no Ed25519 public key in PEM."""


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    payload_type: str
    payload: str
    signatures: tuple[_Signature, ...]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that an envelope can be held against."""

    key: Ed25519PublicKey

    @property
    def pem(self) -> bytes:
        """As it is given away."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key as DER, hexadecimal."""
        return sha256(self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    def opened(self, envelope: bytes) -> Any:
        """The JSON value that this key signed. Raises BadEnvelope."""
        try:
            held = msgspec.json.decode(envelope, type=_Envelope)
            payload = base64.b64decode(held.payload, validate=True)
            signatures = [base64.b64decode(one.sig, validate=True) for one in held.signatures]
        except (msgspec.MsgspecError, RecursionError, binascii.Error, UnicodeError) as error:
            raise BadEnvelope(f"it is no envelope: {error}") from None
        if held.payload_type != PAYLOAD_TYPE or not any(self._made(one, payload) for one in signatures):
            raise BadEnvelope(f"the key {self.fingerprint} did not sign what it holds")
        try:
            return json.loads(payload)
        except (ValueError, RecursionError):
            raise BadEnvelope("what it holds is no JSON") from None

    def _made(self, signature: bytes, payload: bytes) -> bool:
        try:
            self.key.verify(signature, _signed_over(payload))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The App's own key. `secret`: what it is derived from."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, secret: str) -> Signer:
        """The key of a secret of high entropy: the same secret gives the same key, always."""
        return cls(Ed25519PrivateKey.from_private_bytes(derived(secret, _PURPOSE)))

    @property
    def public(self) -> PublicKey:
        """What others hold its envelopes against."""
        return PublicKey(self.key.public_key())

    def sealed(self, statement: object) -> bytes:
        """An envelope around a JSON value; Ed25519 signs the same bytes the same way every time."""
        payload = json.dumps(statement, separators=(",", ":")).encode("ascii")
        signature = {
            "keyid": self.public.fingerprint,
            "sig": base64.b64encode(self.key.sign(_signed_over(payload))).decode(),
        }
        held = {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [signature],
        }
        return (json.dumps(held, indent=2) + "\n").encode("ascii")


def public_key(pem: bytes) -> PublicKey:
    """The key in a PEM text. Raises BadPublicKey."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise BadPublicKey("it is no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadPublicKey("it is no Ed25519 key")
    return PublicKey(key)


def _signed_over(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
