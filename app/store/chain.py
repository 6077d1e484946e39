"""The provenance log as a chain: what an entry says, how it is written, and the hash that ties it to all before it.

`hash = SHA-256(hash of the row before || entry)`, both as they are stored: 64 hexadecimal digits, then canonical JSON.
The first row follows GENESIS. docs/provenance.md shows how to check a row with `sha256sum`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from app.model import MAESTRO, Cause, Surface
from app.store.database import now_us

GENESIS = "0" * 64
OK = "ok"
MOVED = "moved"  # the head moved on before we could act


class Kind(StrEnum):
    """What an entry tells of. A refusal is something we were asked for, or set out to do, and did not do."""

    DECISION = "decision"
    ACTION = "action"
    REFUSAL = "refusal"
    EXPERIMENT = "experiment"  # began, or ended
    DRIFT = "drift"  # a watched module stands otherwise, or is compared with something else
    STUDY = "study"  # began, ended, or somebody said whether they agree with it
    COMMAND = "command"  # somebody asked for something, and had their answer
    REMEDIATION = "remediation"  # what is done about a failing change began, ended, or took a step


class BadEntry(ValueError):
    """The text is no entry of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceEntry:
    """One line of the log."""

    kind: Kind
    repository: str
    number: int | None  # None: a merge group
    head_sha: str
    what: str  # a verdict, or what was done and to what
    result: str = OK  # ok, moved, or GitHub's error
    who: str = MAESTRO
    role: str = ""
    surface: Surface = Surface.WEBHOOK
    reason: str = ""
    config_digest: str = ""
    decision_id: int | None = None
    record_digest: str = ""  # SHA-256 of a decision's record, which the decisions table keeps
    before: str = ""  # how what a command changed stood before, and after
    after: str = ""
    at: int = field(default_factory=now_us)  # epoch microseconds


def told(
    kind: Kind,
    where: tuple[str, int | None, str],
    what: str,
    cause: Cause,
    *,
    result: str = OK,
    record_digest: str = "",
) -> ProvenanceEntry:
    """The entry of something done at `where` (repository, number, head) because of `cause`."""
    repository, number, head_sha = where
    return ProvenanceEntry(
        kind=kind,
        repository=repository,
        number=cause.number if number is None else number,
        head_sha=head_sha or cause.head_sha,
        what=what,
        result=result,
        who=cause.who,
        role=cause.role,
        surface=cause.surface,
        reason=cause.reason,
        config_digest=cause.config_digest,
        decision_id=cause.decision_id,
        record_digest=record_digest,
    )


def canonical(entry: ProvenanceEntry) -> str:
    """The one way to write `entry`: keys sorted, no blanks, ASCII.

    NUL, which PostgreSQL cannot store in a text, is an escape like any other; half a surrogate pair, which no strict
    reader takes, becomes "?".
    """
    said = {key: _whole(value) for key, value in asdict(entry).items()}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def entry_of(text: bytes) -> ProvenanceEntry:
    """Read what `canonical` wrote, in this version or an other. Raises BadEntry."""
    try:
        return msgspec.json.decode(text, type=ProvenanceEntry)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadEntry(str(error)) from None


def sealed(before: str, text: str) -> str:
    """The hash of a row with the entry `text`, where the row before it has the hash `before`."""
    return sha256((before + text).encode()).hexdigest()


def _whole(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
