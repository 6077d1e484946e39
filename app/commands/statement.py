"""An entry of the provenance log as an in-toto Statement v1: github.com/in-toto/attestation, spec/v1/statement.md."""

from __future__ import annotations

import msgspec

from app.model import Seal
from app.store.chain import ProvenanceEntry

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:maestro-conductor:provenance:v1"  # docs/provenance.md describes it

_SHA1 = 40  # hexadecimal digits


class Subject(msgspec.Struct, frozen=True):
    """What the statement is about: a commit, named by its repository."""

    name: str
    digest: dict[str, str]


class Predicate(msgspec.Struct, frozen=True):
    """What is said of it: one entry, and the seal that ties it into the log."""

    seq: int
    hash: str
    entry: ProvenanceEntry


class Statement(msgspec.Struct, frozen=True, rename="camel"):
    """The middle layer of an attestation; signing it is the envelope's business."""

    subject: tuple[Subject, ...]
    predicate: Predicate
    type_: str = msgspec.field(name="_type", default=STATEMENT)
    predicate_type: str = PREDICATE


def statement(entry: ProvenanceEntry, seal: Seal) -> str | None:
    """The Statement of `entry` as JSON on one line; None for an entry that names no commit, which a subject must be."""
    if not entry.head_sha:
        return None
    subject = Subject(entry.repository, _digest(entry.head_sha))
    made = Statement((subject,), Predicate(seal.seq, seal.hash, entry))
    return msgspec.json.encode(made).decode()


def _digest(sha: str) -> dict[str, str]:
    """A commit's digest under git's name and, where it is one, as a SHA-1: one that matches will do for a reader."""
    return {"gitCommit": sha, "sha1": sha} if len(sha) == _SHA1 else {"gitCommit": sha}
