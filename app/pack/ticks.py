"""The course of an experiment, tick by tick: written with the state after each, and gone through again. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import ValidationError

from app.store.fed import digest_of
from app.store.looks import KeptLook, KeptTick, TickLog, gate_of
from app.store.points import point_of
from checks.experiment import GateConfig, GateState, StateError, begin, dump

_BAD = (ValueError, KeyError, TypeError, ValidationError, StateError, msgspec.MsgspecError, RecursionError)
"""What a log raises that nobody of ours wrote."""


@dataclass(frozen=True, slots=True)
class Course:
    """What goes into a pack of one experiment, a JSON value a line, and the digest of the state it comes to."""

    ticks: tuple[Mapping[str, Any], ...]
    looks: tuple[Mapping[str, Any], ...]
    digest: str


def course(log: TickLog) -> Course:
    """Each tick with where the gate stood after it, and each look. Raises ValueError where the log contradicts itself.

    Ticks that came in one moment are taken together, so all of one moment have the state after the last of them.
    """
    lines: list[Mapping[str, Any]] = []
    for together, state, gate in log.passed():
        after = stands(state, gate) if together else {}
        lines += ({"tick": one.id, "came": one.received, "sent": json.loads(one.body), **after} for one in together)
    return Course(tuple(lines), tuple(_look(one) for one in log.looks), _end(log))


def stands(state: GateState, gate: GateConfig) -> dict[str, Any]:
    """Where the gate stands: its status, why, and each metric's log-e for a promotion and for a rollback."""
    point = point_of(state, gate)
    log_e = {} if point is None else {name: list(pair) for name, pair in point.log_es.items()}
    return {"status": state.status.value, "reason": state.reason.value, "log_e": log_e}


def gone_through(
    rules: str, ticks: Sequence[Mapping[str, Any]], looks: Iterable[Mapping[str, Any]], digest: str
) -> Iterator[str]:
    """What is wrong with a course, in words: the sequential gate goes through it again, and has to stand alike."""
    try:
        log = _log(rules, ticks, looks)
        place = 0
        for together, state, gate in log.passed():
            after = stands(state, gate)
            for one in ticks[place : place + len(together)]:
                if any(one[key] != value for key, value in after.items()):
                    yield f"line {place + 1} (tick {one['tick']}): it says {_said(one)}, the gate {_said(after)}"
                    return
            place += len(together)
        if place != len(ticks):
            yield f"line {place + 1}: no look takes this tick"
        elif _end(log) != digest:
            yield "it comes to another state than the decision knew of"
    except _BAD as error:
        yield f"it cannot be gone through: {str(error).partition(chr(10))[0]}"


def _end(log: TickLog) -> str:
    """The digest of the state that it comes to, once it was gone through."""
    return log.looks[-1].digest if log.looks else digest_of(dump(begin(gate_of(log.rules))))


def _look(one: KeptLook) -> dict[str, Any]:
    rules = json.loads(one.rules) if one.rules else None
    said = {"look": one.id, "at": one.at, "taken": one.taken, "rules": rules}
    return {**said, "stopped": one.stopped, "digest": one.digest}


def _log(rules: str, ticks: Sequence[Mapping[str, Any]], looks: Iterable[Mapping[str, Any]]) -> TickLog:
    seen = tuple(
        KeptLook(
            one["look"],
            one["at"],
            one["taken"],
            "" if one["rules"] is None else json.dumps(one["rules"]),
            one["stopped"],
            one["digest"],
        )
        for one in looks
    )
    return TickLog(rules, seen, tuple(KeptTick(one["tick"], one["came"], json.dumps(one["sent"])) for one in ticks))


def _said(one: Mapping[str, Any]) -> str:
    return json.dumps({key: one[key] for key in ("status", "reason", "log_e")})
