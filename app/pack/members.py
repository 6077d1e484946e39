"""What goes into a Repro Pack, member by member, before it is listed and signed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from app.pack import limits, provenance
from app.pack.evidence import Evidence, Trial
from app.pack.limits import RECORD
from app.pack.redaction import Redacted, Unmade, redacted
from app.pack.secrets import Found, Sieve, unfolded
from app.pack.ticks import Course, course
from app.store.fed import digest_of

MOST_PLACES = 10_000  # places of redacted secrets that are listed
SECRETS_WERE_IN_IT = "secrets were in it"
_ENDINGS = frozenset({".json", ".xml", ".spdx", ".txt"})


@dataclass(frozen=True, slots=True)
class Contents:
    """The members, and what a statement about them says besides."""

    members: Mapping[str, bytes]
    decision: Mapping[str, Any]
    rows: Sequence[provenance.Row]
    redactions: int


def contents(evidence: Evidence, versions: Mapping[str, str], own: Sequence[str] = ()) -> Contents | Unmade:
    """The members of one decision's pack. `own`: secrets of the App itself, of whatever shape."""
    sieve = Sieve(own)
    kept = redacted(evidence.record, sieve)
    if isinstance(kept, Unmade):
        return kept
    rows = provenance.rows_of(evidence.links, sieve)
    members = {
        limits.DECISION: pretty(kept.decision),
        RECORD: kept.record,
        **dict(of_record(json.loads(kept.record))),
        limits.VERSIONS: pretty(versions),
        limits.PROVENANCE: provenance.written(rows),
        **dict(_beside(evidence, sieve)),
    }
    said = _redactions(sieve.found, kept)
    return Contents({**members, limits.REDACTIONS: pretty(said)}, kept.decision, rows, said["count"])


def of_record(held: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What a record says, in files of its own: for people, and for tools that read bills and advisories."""
    case = held["case"]
    snapshot, policy = case["snapshot"], case["policy"] or {}
    yield limits.SNAPSHOT, compact(snapshot)
    digest = policy.get("digest", "")
    yield limits.CONFIG, pretty({"digest": digest, "effective": case["policy"], "edited": case["edited"]})
    yield from _bills(snapshot.get("sboms"))
    if isinstance(snapshot.get("advisories"), dict):
        yield limits.ADVISORIES, compact(_advisories(snapshot["advisories"]))
    if isinstance(snapshot.get("studies"), list):
        yield limits.STUDIES, compact([_unfolded(one, "told") for one in snapshot["studies"]])


def pretty(value: object) -> bytes:
    """JSON for people."""
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode("ascii")


def compact(value: object) -> bytes:
    """JSON for programs."""
    return (json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n").encode("ascii")


def _bills(pairs: object) -> Iterator[tuple[str, bytes]]:
    """Each bill as a file as it was judged, one for both ends where they are alike, and a list of which is which."""
    if not isinstance(pairs, list):
        return
    listed, written = [], dict[str, bytes]()
    for number, pair in enumerate(pairs, start=1):
        said: dict[str, Any] = {"path": pair["path"], "baseline": pair.get("baseline")}
        for side in ("base", "head"):
            document = pair[side]
            if document is None:
                said[side] = None
                continue
            content = document["text"].encode("utf-8", "surrogatepass")
            name = next((one for one, held in written.items() if held == content), _bill(number, side, pair["path"]))
            written[name] = content
            said[side] = {"sha": document["sha"], "member": name, "missing": document["missing"]}
        listed.append(said)
    yield limits.BILLS, pretty(listed)
    yield from written.items()


def _bill(number: int, side: str, path: str) -> str:
    ending = PurePosixPath(path).suffix.lower()
    return f"sboms/{number:03}-{side}{ending if ending in _ENDINGS else '.txt'}"


def _advisories(held: Mapping[str, Any]) -> dict[str, Any]:
    """With each OSV record as the JSON that it is; as a text where it is none, as somebody else's may be."""
    return {**held, "records": [_json(text) for text in held["records"]]}


def _unfolded(one: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**one, name: _json(one[name]) if one[name] else None}


def _json(text: str) -> Any:
    value = unfolded(text)
    return text if value is None else value


def _beside(evidence: Evidence, sieve: Sieve) -> Iterator[tuple[str, bytes]]:
    """What is known beside the record."""
    for trial in evidence.trials:
        yield from _experiment(trial, sieve)
    if evidence.remediations:
        told = json.loads(json.dumps(evidence.remediations))
        yield limits.REMEDIATIONS, pretty(sieve.tree(told, limits.REMEDIATIONS))
    if evidence.usage:
        yield limits.USAGE, pretty(sieve.tree([dict(one) for one in evidence.usage], limits.USAGE))


def _experiment(trial: Trial, sieve: Sieve) -> Iterator[tuple[str, bytes]]:
    """Its rules, and the ticks and looks that moved it. Without its log, or where secrets were in that, nobody can go
    through it again, which is said.
    """
    held = trial.held
    below = f"experiments/{held.id}"
    environment = sieve.text(held.environment, f"{below}/experiment.json", "environment")
    before = len(sieve.found)
    said: dict[str, Any] = {"experiment": held.id, "environment": environment, "state": digest_of(held.state)}
    made = _course(trial)
    lines = [] if isinstance(made, str) else [("ticks", made.ticks), ("looks", made.looks)]
    written = [(f"{below}/{name}.jsonl", _lines(each, f"{below}/{name}.jsonl", sieve)) for name, each in lines]
    rules = None if trial.log is None else sieve.tree(json.loads(trial.log.first_rules), f"{below}/experiment.json")
    why = made if isinstance(made, str) else SECRETS_WERE_IN_IT if len(sieve.found) > before else ""
    yield f"{below}/experiment.json", pretty({**said, "rules": rules, "not_replayable": why})
    yield from written


def _course(trial: Trial) -> Course | str:
    """What moved it to where it stood; in words, why nobody can say."""
    if trial.log is None:
        return "what moved it there is not kept"
    try:
        return course(trial.log)
    except ValueError as error:
        return f"what is kept of it contradicts itself: {error}"


def _lines(values: Sequence[Mapping[str, Any]], member: str, sieve: Sieve) -> bytes:
    plain = b"".join(map(compact, values))
    if not sieve.suspects(plain.decode("ascii")):
        return plain
    return b"".join(compact(sieve.tree(dict(one), member, f"line {at}")) for at, one in enumerate(values, start=1))


def _redactions(found: Sequence[Found], kept: Redacted) -> dict[str, Any]:
    """How many secrets were replaced, where, and what else was left out."""
    kinds: dict[str, int] = {}
    for one in found:
        kinds[one.kind] = kinds.get(one.kind, 0) + 1
    return {
        "count": len(found) + sum(one.count for one in kept.dropped),
        "secrets": dict(sorted(kinds.items())),
        "places": [asdict(one) for one in found[:MOST_PLACES]],
        "exemplars": [asdict(one) for one in kept.dropped],
        "record_changed": kept.changed,
        "decision_differs": list(kept.answer),
    }
