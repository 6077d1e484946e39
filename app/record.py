"""A decision's record: all it was made of and what it said, so that it can be made again to the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from pydantic import Field, TypeAdapter, ValidationError

from app.differing import Difference, differences
from app.render.decision_json import decision_json
from checks.decide import Policy
from checks.judge import Case, Removed, Unreadable, judge
from checks.model import Decision, Finding, Measure, Mode, Snapshot, State
from checks.registry import BY_NAME

FORMAT = 1

_SNAPSHOT = TypeAdapter(Snapshot)
_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(Annotated[tuple[Finding, ...], Field(min_length=1)])
_RESERVED = TypeAdapter(dict[str, Mode])


class BadRecord(ValueError):
    """The bytes are not a record that this version can read."""


class _HeldPolicy(msgspec.Struct):
    checks: dict[str, dict[str, Any]]
    reserved: dict[str, str]
    agent: str
    digest: str
    notes: tuple[str, ...]


class _HeldCase(msgspec.Struct):
    snapshot: dict[str, Any]
    policy: dict[str, Any] | None
    edited: dict[str, Any] | None
    version: str


class _Held(msgspec.Struct):
    format: int
    case: _HeldCase


class _AboutPull(msgspec.Struct):
    base_ref: str
    repository_id: int = 0


class _AboutSnapshot(msgspec.Struct):
    pull: _AboutPull


class _AboutCase(msgspec.Struct):
    snapshot: _AboutSnapshot


class _About(msgspec.Struct):
    case: _AboutCase


class _GlancePull(msgspec.Struct):
    repository: str
    title: str
    author: str
    head_ref: str
    base_ref: str
    draft: bool = False
    repository_id: int = 0


class _GlanceSnapshot(msgspec.Struct):
    pull: _GlancePull
    merged_as: str | None = None


class _GlanceCase(msgspec.Struct):
    snapshot: _GlanceSnapshot


class _GlanceCheck(msgspec.Struct):
    name: str
    title: str
    verdict: str


class _GlanceDecision(msgspec.Struct):
    verdict: str
    checks: tuple[_GlanceCheck, ...] = ()


class _Glance(msgspec.Struct):
    case: _GlanceCase
    decision: _GlanceDecision


class _StoodOverridden(msgspec.Struct):
    who: str = ""


class _StoodCheck(msgspec.Struct):
    name: str
    state: State
    measures: tuple[Measure, ...] = ()
    overridden: _StoodOverridden | None = None


class _StoodDecision(msgspec.Struct):
    checks: tuple[_StoodCheck, ...] = ()


class _Standing(msgspec.Struct):
    decision: _StoodDecision


@dataclass(frozen=True, slots=True)
class Glance:
    """A decision as a list shows it. `why`: what made the verdict, "" where nothing stands in the way."""

    repository: str = ""
    title: str = ""
    author: str = ""
    head_ref: str = ""
    base_ref: str = ""
    draft: bool = False
    merged: bool = False
    why: str = ""
    repository_id: int = 0


@dataclass(frozen=True, slots=True)
class Stood:
    """How a check stood in a decision. `overridden`: who said that it does not count, "" where nobody did."""

    state: State
    overridden: str
    measures: tuple[Measure, ...]


_STOOD = msgspec.json.Decoder(_Standing)
_GLANCE = msgspec.json.Decoder(_Glance)
_RECORD = msgspec.json.Decoder(_Held)
_ABOUT = msgspec.json.Decoder(_About)


def write(case: Case, decision: Decision) -> bytes:
    """JSON of the case and the decision. The answer's figures are rounded; the case stays as exact as it was.

    A fact rounded on its way into the record could stand on the other side of a limit when it is judged again, and
    postconditions are answered in the order they were written: neither digits nor the order of keys may be lost.
    """
    held = {
        "format": FORMAT,
        "case": {
            "snapshot": _SNAPSHOT.dump_python(case.snapshot, mode="json"),
            "policy": _policy_json(case.policy),
            "edited": _policy_json(case.edited),
            "version": case.version,
        },
        "decision": decision_json(decision),
    }
    return _dumped(held)


def read(record: bytes) -> Case:
    """The case of a record. Raises BadRecord."""
    try:
        held = _RECORD.decode(record)
        if held.format != FORMAT:
            raise BadRecord(f"record format {held.format}; this version reads {FORMAT}")
        snapshot = _SNAPSHOT.validate_python(held.case.snapshot)
        return Case(snapshot, _policy(held.case.policy), _edited(held.case.edited), held.case.version)
    except (msgspec.DecodeError, RecursionError, KeyError, ValidationError) as error:
        raise BadRecord(f"not a decision record: {type(error).__name__}") from error


def glance(record: bytes) -> Glance:
    """What a list shows of a record; "" where it does not say. Reads nothing else: it is asked of hundreds."""
    try:
        held = _GLANCE.decode(record)
    except msgspec.DecodeError:
        return Glance()
    snapshot, decision = held.case.snapshot, held.decision
    decided = snapshot.merged_as or decision.verdict
    why = next((one.title for one in decision.checks if one.verdict == decided != "ship"), "")
    pull = snapshot.pull
    names = (pull.repository, pull.title, pull.author, pull.head_ref, pull.base_ref)
    return Glance(*names, pull.draft, bool(snapshot.merged_as), why, pull.repository_id)


def stood(record: bytes) -> Mapping[str, Stood]:
    """How each check stood, by its name, in the order that they ran; none where the record does not say."""
    try:
        checks = _STOOD.decode(record).decision.checks
    except msgspec.DecodeError:
        return {}
    return {one.name: Stood(one.state, one.overridden.who if one.overridden else "", one.measures) for one in checks}


def base_of(record: bytes) -> str:
    """The base branch that a record is about; "" where it does not say. Reads nothing else: it is asked of hundreds."""
    try:
        return _ABOUT.decode(record).case.snapshot.pull.base_ref
    except msgspec.DecodeError:
        return ""


def repository_of(record: bytes) -> int:
    """GitHub's id of the repository that a record is about; 0 where it does not say, as older ones do not."""
    try:
        return _ABOUT.decode(record).case.snapshot.pull.repository_id
    except msgspec.DecodeError:
        return 0


@dataclass(frozen=True, slots=True)
class Again:
    """A record decided anew: the decision, and where the record says something else. No places: it is the same."""

    decision: Decision
    differences: tuple[Difference, ...] = ()


def again(record: bytes) -> Decision:
    """Decide the record's case anew, to what the record says. Raises BadRecord, also where they differ."""
    made = compared(record)
    if made.differences:
        more = f", and {len(made.differences) - 1} more" if made.differences[1:] else ""
        raise BadRecord(f"this version decides the record differently: {made.differences[0]}{more}")
    return made.decision


def compared(record: bytes) -> Again:
    """Decide the record's case anew and hold it against the record. Raises BadRecord.

    The record has to be as `write` writes, byte for byte. What an older version did not write of a case takes no part:
    reading fills it with what was silently true then. In the decision a new word passes where it says nothing.
    """
    case = read(record)
    decision = judge(case)
    if decision is None:
        raise BadRecord("the case has no configuration, so there is no decision")
    written = write(case, decision)
    if written == record:
        return Again(decision)
    was, now = json.loads(record), json.loads(written)
    if _dumped(was) != record or not {"case", "decision"} <= was.keys() <= now.keys():
        raise BadRecord("the record is not as any version writes one: it was edited")
    of_case = differences(was["case"], now["case"], "case", lambda _added: True)
    return Again(decision, (*of_case, *differences(was["decision"], now["decision"], "decision")))


def _dumped(held: Any) -> bytes:
    return json.dumps(held, separators=(",", ":"), allow_nan=False).encode("ascii")


def _policy_json(policy: Policy | Unreadable | Removed | None) -> Any:
    match policy:
        case None:
            return None
        case Removed():
            return {"removed": True}
        case Unreadable(findings):
            return {"unreadable": _FINDINGS.dump_python(findings, mode="json")}
        case Policy():
            return {
                "checks": {name: config.model_dump(mode="json") for name, config in policy.checks.items()},
                "reserved": _RESERVED.dump_python(dict(policy.reserved), mode="json"),
                "agent": policy.agent,
                "digest": policy.digest,
                "notes": list(policy.notes),
            }


def _edited(held: dict[str, Any] | None) -> Policy | Unreadable | Removed | None:
    return Removed() if held is not None and "removed" in held else _policy(held)


def _policy(held: dict[str, Any] | None) -> Policy | Unreadable | None:
    if held is None:
        return None
    if "unreadable" in held:
        return Unreadable(_FINDINGS.validate_python(held["unreadable"]))
    kept = msgspec.convert(held, _HeldPolicy)
    checks = {
        name: BY_NAME[name].config.model_validate_json(msgspec.json.encode(config))
        for name, config in kept.checks.items()
    }
    return Policy(checks, _RESERVED.validate_python(kept.reserved), kept.agent, kept.digest, kept.notes)
