"""Do the members of a pack tell one story? The record's decision, its facts, its line in the log, its ticks. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.pack import limits, provenance
from app.pack.members import MOST_PLACES, SECRETS_WERE_IN_IT, of_record, pretty
from app.pack.pack import about, subject, versions
from app.pack.ticks import gone_through
from app.store.fed import digest_of

EXPERIMENT = re.compile(r"experiments/[0-9]{1,18}/experiment\.json")
_APART = 600  # seconds at most from a decision to its line in the log
_ALWAYS = (
    *(limits.README, limits.MANIFEST, limits.STATEMENT, limits.KEY, limits.DECISION, limits.RECORD, limits.VERSIONS),
    *(limits.PROVENANCE, limits.REDACTIONS),
)


def contradictions(members: Mapping[str, bytes], said: Mapping[str, Any]) -> Iterator[str]:
    """Where they contradict each other or the statement `said`, each with its member."""
    held, redactions = json.loads(members[limits.RECORD]), json.loads(members[limits.REDACTIONS])
    if members[limits.DECISION] != pretty(held["decision"]):
        yield f"{limits.DECISION}: it is not the decision of {limits.RECORD}"
    for name, content in (own := dict(of_record(held))).items():
        if members.get(name) != content:
            yield f"{name}: it is not what {limits.RECORD} says"
    yield from _known(members, [*own, *_ALWAYS, limits.REMEDIATIONS, limits.USAGE])
    yield from _stated(said, held["decision"])
    yield from _taken_out(redactions, said["predicate"])
    kept = None if redactions["record_changed"] else members[limits.RECORD]
    if kept is not None and sha256(kept).hexdigest() != said["predicate"]["recordDigest"]:
        yield f"{limits.RECORD}: it is another record than the one that was signed"
    yield from _logged(members[limits.PROVENANCE], said["predicate"], held["decision"], kept)
    yield from _experiments(members, held["case"]["snapshot"].get("experiments"), redactions)


def _known(members: Mapping[str, bytes], names: Sequence[str]) -> Iterator[str]:
    """Is there nothing but what a pack holds?"""
    for name in sorted(members.keys() - set(names)):
        if not name.startswith("experiments/"):
            yield f"{name}: no pack holds such a member, or nothing in this one asks for it"
    missing = versions().keys() - json.loads(members[limits.VERSIONS]).keys()
    if missing:
        yield f"{limits.VERSIONS}: it does not say {', '.join(sorted(missing))}"


def _stated(said: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterator[str]:
    """Is the statement about this decision?"""
    differing = [key for key, value in about(decision).items() if said["predicate"][key] != value]
    if differing or said["subject"] != subject(decision):
        what = ", ".join(differing) or "subject"
        yield f"{limits.STATEMENT}: it is about another decision than {limits.DECISION}: {what}"


def _taken_out(redactions: Mapping[str, Any], predicate: Mapping[str, Any]) -> Iterator[str]:
    """Do its figures fit each other, and was the record changed just where something was taken out of it?"""
    dropped = redactions["exemplars"]
    count = sum(redactions["secrets"].values()) + sum(one["count"] for one in dropped)
    listed = min(sum(redactions["secrets"].values()), MOST_PLACES)
    if {count} != {redactions["count"], predicate["redactions"]} or len(redactions["places"]) != listed:
        yield f"{limits.REDACTIONS}: its figures do not fit each other, or the statement"
    changed = bool(dropped) or any(one["member"] == limits.RECORD for one in redactions["places"])
    if changed is not redactions["record_changed"]:
        yield f"{limits.REDACTIONS}: what it says was taken out of {limits.RECORD} is not what it lists"


def _logged(
    content: bytes, predicate: Mapping[str, Any], decision: Mapping[str, Any], kept: bytes | None
) -> Iterator[str]:
    rows = provenance.read(content)
    yield from provenance.flaws(rows)
    row = provenance.of_decision(rows, predicate["decision"])
    seal = None if row is None else {"seq": row.seq, "hash": row.hash}
    if seal != predicate["seal"]:
        yield f"{limits.PROVENANCE}: it does not end with the decision: the seal was {predicate['seal']}, and is {seal}"
    if {"rows": len(rows), "withheld": provenance.withheld(rows)} != (had := predicate["log"]):
        between = f"{had['withheld']} about others between them"
        yield f"{limits.PROVENANCE}: it has {len(rows)} rows, and had {had['rows']}, with {between}"
    if row is not None:
        yield from provenance.contradictions(row, decision, kept)
        yield from _when(row, predicate)


def _when(row: provenance.Row, predicate: Mapping[str, Any]) -> Iterator[str]:
    entry, decided = row.read, datetime.fromisoformat(predicate["decidedAt"])
    if entry is None:
        return
    if abs(entry.at / 1e6 - decided.timestamp()) > _APART:
        yield f"{limits.PROVENANCE}: row {row.seq} was written at another time than {predicate['decidedAt']}"
    if entry.reason != predicate["reason"] and not row.redacted:
        yield f"{limits.PROVENANCE}: row {row.seq} has another reason than the statement"


def _experiments(members: Mapping[str, bytes], known: Any, redactions: Mapping[str, Any]) -> Iterator[str]:
    """Each experiment that the record knows of, and no other, gone through again."""
    own = {f"experiments/{one['id']}": one for one in (known if isinstance(known, list) else [])}
    for below, one in own.items():
        if f"{below}/experiment.json" in members:
            yield from _run(members, below, one, redactions)
        else:
            yield f"{below}/experiment.json is missing: {limits.RECORD} knows of it"
    names = {f"{below}/{name}" for below in own for name in ("experiment.json", "ticks.jsonl", "looks.jsonl")}
    for name in sorted(members.keys() - names):
        if name.startswith("experiments/"):
            yield f"{name}: {limits.RECORD} knows of no such experiment"


def _run(
    members: Mapping[str, bytes], below: str, own: Mapping[str, Any], redactions: Mapping[str, Any]
) -> Iterator[str]:
    name = f"{below}/experiment.json"
    said = json.loads(members[name])
    state = said["state"] if redactions["record_changed"] else digest_of(own["state"])
    if (said["experiment"], said["environment"], said["state"]) != (own["id"], own["environment"], state):
        yield f"{name}: it is not the experiment that {limits.RECORD} knows of"
    kept = [f"{below}/{one}.jsonl" in members for one in ("ticks", "looks")]
    if said["not_replayable"] and any(kept) and not _excused(said, below, redactions):
        yield f"{name}: it says that nobody can go through it again, and holds what takes one through"
    if any(kept) or not said["not_replayable"]:
        ticks, looks = (_values(members[f"{below}/{one}.jsonl"]) for one in ("ticks", "looks"))
        if said["rules"] != (looks[0]["rules"] if looks else said["rules"]):
            yield f"{name}: its rules are not those of the first look"
        again = () if said["not_replayable"] else gone_through(json.dumps(said["rules"]), ticks, looks, said["state"])
        for flaw in again:
            yield f"{below}/ticks.jsonl: {flaw}"


def _excused(said: Mapping[str, Any], below: str, redactions: Mapping[str, Any]) -> bool:
    """Was something taken out of it, so that it comes to another state?"""
    places = redactions["places"]
    listed = any(one["member"].startswith(f"{below}/") for one in places)
    return said["not_replayable"] == SECRETS_WERE_IN_IT and (listed or len(places) == MOST_PLACES)


def _values(lines: bytes) -> Sequence[Mapping[str, Any]]:
    return [json.loads(one) for one in lines.splitlines()]
