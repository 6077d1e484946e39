"""Is a Repro Pack what it says it is, and does it come to its decision again? Needs nothing but the pack. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app import record
from app.pack import limits, provenance
from app.pack.members import pretty
from app.pack.pack import PREDICATE_TYPE, STATEMENT_TYPE, manifest, versions
from app.pack.signing import BadEnvelope, BadPublicKey, PublicKey, public_key
from app.pack.story import EXPERIMENT, contradictions
from app.pack.zipped import BadPack, unpacked
from app.render.decision_json import decision_json
from checks.model import Decision

_ODD = (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError)
"""What the members of a forger raise where one of ours would be read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a replay.

    `flaws`: why the pack is refused, each with its place; then nothing else was looked at. `differences`: where this
    version says something else than the decision of the pack. `exact`: the decision came out byte for byte.
    """

    flaws: tuple[str, ...] = ()
    decision: Decision | None = None
    differences: tuple[str, ...] = ()
    exact: bool = False
    versions: tuple[str, ...] = ()
    fingerprint: str = ""
    vouched: bool = False
    seal: str = ""
    redactions: int = 0
    notes: tuple[str, ...] = ()


def replayed(content: bytes, trusted: PublicKey | None = None) -> Outcome:
    """Check the pack in `content` and decide again. `trusted`: the key that has to have signed it; without one the
    pack's own is taken, for which nobody vouches.
    """
    try:
        members = unpacked(content)
        signer = trusted or public_key(_needed(members, limits.KEY))
        said = signer.opened(_needed(members, limits.STATEMENT))
    except (BadPack, BadPublicKey, BadEnvelope) as error:
        return Outcome((_placed(error),))
    flaws = tuple(_tampered(members, said))
    if flaws:
        return Outcome(flaws)
    try:
        return _decided(members, said["predicate"], signer, trusted is not None)
    except (record.BadRecord, *_ODD) as error:
        return Outcome((f"the pack contradicts itself: {error}",))


def _needed(members: Mapping[str, bytes], name: str) -> bytes:
    if name not in members:
        raise BadPack(f"{name} is missing")
    return members[name]


def _placed(error: Exception) -> str:
    if isinstance(error, BadPublicKey):
        return f"{limits.KEY}: {error}"
    return f"{limits.STATEMENT}: {error}" if isinstance(error, BadEnvelope) else str(error)


def _tampered(members: Mapping[str, bytes], said: Any) -> Iterator[str]:
    """Where members are not as they were signed, and where they contradict each other."""
    try:
        signed = said["predicate"]["members"]
        if said["_type"] != STATEMENT_TYPE or said["predicateType"] != PREDICATE_TYPE:
            yield f"{limits.STATEMENT}: it is a statement about something else"
            return
        flaws = [*_altered(members, signed, limits.STATEMENT)] or [*_listed(members)]
        yield from flaws or contradictions(members, said)
    except _ODD as error:
        yield f"the pack contradicts itself: {type(error).__name__}: {error}"


def _altered(members: Mapping[str, bytes], digests: Mapping[str, str], by: str) -> Iterator[str]:
    for name in sorted(digests.keys() - members.keys()):
        yield f"{name}: removed, or renamed: {by} has it"
    for name in sorted(members.keys() - digests.keys() - {limits.STATEMENT}):
        yield f"{name}: added, or renamed: {by} does not have it"
    for name in sorted(digests.keys() & members.keys()):
        if sha256(members[name]).hexdigest() != digests[name]:
            yield f"{name}: changed: it is not the one of {by}"


def _listed(members: Mapping[str, bytes]) -> Iterator[str]:
    """The manifest is signed as it is, and has to be the one of these members."""
    if limits.MANIFEST in members and members[limits.MANIFEST] != pretty(manifest(members)):
        listed = {one["name"]: one["sha256"] for one in json.loads(members[limits.MANIFEST])["members"]}
        found = [*_altered({**members, limits.MANIFEST: b""}, {**listed, limits.MANIFEST: _EMPTY}, limits.MANIFEST)]
        yield from found or [f"{limits.MANIFEST}: it is not the list of these members"]


_EMPTY = sha256(b"").hexdigest()


def _decided(members: Mapping[str, bytes], predicate: Mapping[str, Any], signer: PublicKey, vouched: bool) -> Outcome:
    made = record.compared(members[limits.RECORD])
    was, now, seal = json.loads(members[limits.VERSIONS]), versions(), predicate["seal"]
    return Outcome(
        decision=made.decision,
        differences=tuple(map(str, made.differences)),
        exact=pretty(decision_json(made.decision)) == members[limits.DECISION],
        versions=tuple(f"{key}: was {was.get(key)}, is {now[key]}" for key in now if was.get(key) != now[key]),
        fingerprint=signer.fingerprint,
        vouched=vouched,
        seal=f"{seal['seq']}:{seal['hash']}" if seal else "",
        redactions=predicate["redactions"],
        notes=tuple(_notes(members)),
    )


def _notes(members: Mapping[str, bytes]) -> Iterator[str]:
    """What was not checked, and why."""
    for name in filter(EXPERIMENT.fullmatch, members):
        why = json.loads(members[name])["not_replayable"]
        if why:
            yield f"{name}: not gone through again: {why}"
    hidden = sum(row.redacted for row in provenance.read(members[limits.PROVENANCE]))
    if hidden:
        yield f"{limits.PROVENANCE}: {hidden} rows lost a secret, and do not come to their hashes any more"
