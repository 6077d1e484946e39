"""A record without what nobody else should read, which still comes to its own decision, byte for byte. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import record
from app.differing import differences
from app.pack.limits import RECORD
from app.pack.secrets import Sieve
from app.render.decision_json import decision_json
from checks.judge import judge

EXEMPLARS = frozenset({"exemplar", "exemplars"})
"""What lists single requests or examples, and what came back: it may hold what people wrote."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Exemplars that were left out."""

    member: str
    path: str
    count: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A record as it may be given away.

    `answer`: the places at which its decision says something else than the one that was made; not what that one says
    there, which may be what was taken out.
    """

    record: bytes
    decision: Mapping[str, Any]
    dropped: tuple[Dropped, ...] = ()
    answer: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Unmade:
    """No pack can be made, and why."""

    why: str


def redacted(kept: bytes, sieve: Sieve) -> Redacted | Unmade:
    """The record `kept` without secrets and exemplars; as it is where it has none."""
    held = json.loads(kept)
    dropped = tuple(without_exemplars(held["case"]["snapshot"]))
    before = len(sieve.found)
    case = sieve.tree(held["case"], RECORD, "case")
    if len(sieve.found) == before and not dropped:
        return Redacted(kept, held["decision"])
    try:
        return _again({**held, "case": case}, dropped, sieve)
    except record.BadRecord as error:
        return Unmade(f"what is left of the record without its secrets cannot be read: {error}")


def _again(held: Mapping[str, Any], dropped: tuple[Dropped, ...], sieve: Sieve) -> Redacted | Unmade:
    case = record.read(json.dumps(held).encode())
    decision = judge(case)
    if decision is None:
        return Unmade("the record has no configuration, so there is no decision")
    said, was = decision_json(decision), sieve.unlisted().tree(held["decision"], RECORD, "decision")
    if _stance(said) != _stance(held["decision"]):
        return Unmade("without what had to be redacted this version comes to another verdict")
    answer = tuple(one.path for one in differences(was, said, "decision"))
    return Redacted(record.write(case, decision), said, dropped, answer, changed=True)


def _stance(decision: Mapping[str, Any]) -> Any:
    """What must not change."""
    checks = [(one["name"], one["state"], one["verdict"]) for one in decision["checks"]]
    return decision["verdict"], decision["head_sha"], checks


def without_exemplars(snapshot: dict[str, Any]) -> list[Dropped]:
    """Empty the lists of exemplars in what mirrored answers say, in place."""
    dropped: list[Dropped] = []
    experiments = snapshot.get("experiments")
    for index, one in enumerate(experiments if isinstance(experiments, list) else []):
        if one.get("mirrored"):
            said = json.loads(one["mirrored"])
            count = _emptied(said)
            if count:
                one["mirrored"] = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
                dropped.append(Dropped(RECORD, f"case.snapshot.experiments[{index}].mirrored", count))
    return dropped


def _emptied(value: Any) -> int:
    """Empty every list of exemplars in a JSON value; how many there were."""
    if isinstance(value, list):
        return sum(map(_emptied, value))
    if not isinstance(value, dict):
        return 0
    count = 0
    for key, one in value.items():
        if key in EXEMPLARS and isinstance(one, list):
            count += len(one)
            value[key] = []
        else:
            count += _emptied(one)
    return count
