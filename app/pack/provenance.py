"""The part of the provenance log that is about one decision: written row by row, and held against its hashes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from app.pack.limits import PROVENANCE
from app.pack.secrets import Sieve
from app.store.chain import GENESIS, BadEntry, Kind, ProvenanceEntry, entry_of
from app.store.provenance import Link

_STRICT = "surrogateescape"  # what is no text in the log stays the same bytes


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the member. `redacted`: the entry lost a secret, so that it does not come to its hash any more."""

    seq: int
    before: str
    hash: str
    entry: str
    redacted: bool = False

    @property
    def read(self) -> ProvenanceEntry | None:
        """What it says; None for what is no entry."""
        try:
            return entry_of(self.entry.encode(errors=_STRICT))
        except BadEntry:
            return None


def rows_of(links: Sequence[Link], sieve: Sieve) -> list[Row]:
    """The rows of a slice, without secrets."""
    return [_row(link, sieve) for link in links]


def _row(link: Link, sieve: Sieve) -> Row:
    entry = link.entry.decode(errors=_STRICT)
    shown = sieve.text(entry, PROVENANCE, f"row {link.seq}")
    return Row(link.seq, _ascii(link.before), _ascii(link.hash), shown, shown != entry)


def written(rows: Sequence[Row]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(_json(row), separators=(",", ":")) + "\n" for row in rows).encode("ascii")


def read(content: bytes) -> list[Row]:
    """The rows of the member. Raises ValueError, with the line."""
    rows = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            rows.append(msgspec.convert(json.loads(line), Row))
        except (ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise ValueError(f"{PROVENANCE} line {number}: it is no row: {error}") from None
    return rows


def flaws(rows: Sequence[Row]) -> Iterator[str]:
    """What does not fit in a slice, in words. Rows that are about others are not in it: their numbers are skipped."""
    last: Row | None = None
    for row in rows:
        where = f"{PROVENANCE}: row {row.seq}"
        if last is not None and row.seq <= last.seq:
            yield f"{where} stands after row {last.seq}: out of order, or there twice"
        if not row.redacted and _hash(row) != row.hash:
            yield f"{where} does not come to its hash: it was changed"
        due = GENESIS if row.seq == 1 else last.hash if last is not None and row.seq == last.seq + 1 else row.before
        if row.before != due:
            yield f"{where} does not follow from the row before it: what stood there was changed or removed"
        if row.read is None:
            yield f"{where} is no entry"
        last = row


def of_decision(rows: Sequence[Row], decision: int) -> Row | None:
    """The row that logs the decision: the last one, or there is none."""
    last = rows[-1] if rows else None
    entry = last.read if last else None
    return last if entry and entry.kind is Kind.DECISION and entry.decision_id == decision else None


def contradictions(row: Row, said: Mapping[str, Any], record: bytes | None) -> Iterator[str]:
    """Where the logged decision is not the one of the pack. `record`: None where it was redacted, and has no digest."""
    entry = row.read
    if entry is None:
        return
    logged: Mapping[str, Any] = {
        "verdict": entry.what,
        "repository": entry.repository.lower(),
        "number": entry.number,
        "head_sha": entry.head_sha,
    }
    for name, value in logged.items():
        own = said[name].lower() if name == "repository" else said[name]
        if own != value:
            yield f"{PROVENANCE}: row {row.seq} logs the {name} {value!r}, and the decision has {own!r}"
    if record is not None and sha256(record).hexdigest() != entry.record_digest:
        yield f"{PROVENANCE}: row {row.seq} logs another record than the one in the pack"


def withheld(rows: Sequence[Row]) -> int:
    """How many rows between the first and the last are about others."""
    return rows[-1].seq - rows[0].seq + 1 - len(rows) if rows else 0


def _json(row: Row) -> dict[str, Any]:
    said = {"seq": row.seq, "before": row.before, "hash": row.hash, "entry": row.entry}
    return {**said, "redacted": True} if row.redacted else said


def _hash(row: Row) -> str:
    return sha256((row.before + row.entry).encode(errors=_STRICT)).hexdigest()


def _ascii(shown: bytes) -> str:
    return shown.decode("ascii", _STRICT)
