"""A Decision as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from checks.model import Decision, Row

DIGITS = 12  # significant: what differs beyond is the machine's arithmetic, not the decision


def decision_json(decision: Decision) -> dict[str, Any]:
    """The decision as `maestro check --json` and the API give it: JSON values only, floats as `plain` rounds
    them.
    """
    pull, risk = decision.pull, decision.risk
    shown = {
        "verdict": decision.verdict,
        "repository": pull.repository,
        "number": pull.number,
        "head_sha": pull.head_sha,
        "base_sha": pull.base_sha,
        "risk": {"score": risk.score if risk else None, "reasons": risk.reasons if risk else ()},
        "agent": decision.agent,
        "notes": decision.notes,
        "config_digest": decision.config_digest,
        "version": decision.version,
        "checks": [_check(row) for row in decision.rows],
    }
    return {key: plain(value) for key, value in shown.items()}


def plain(value: object) -> Any:
    """`value` in JSON's own types: records become objects, enums their values, floats lose what is beyond 12
    digits.

    Raises ValueError for NaN and infinities, which JSON cannot say, and TypeError for what is no value.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return _rounded(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


def _check(row: Row) -> dict[str, Any]:
    result = row.result
    return {
        "name": result.name,
        "state": result.state,
        "mode": row.mode,
        "verdict": row.verdict,
        "title": result.title,
        "reasons": result.reasons,
        "next_step": result.next_step,
        "measures": result.measures,
        "findings": result.findings,
        "detail": result.detail,
        "overridden": _overridden(row),
    }


def _overridden(row: Row) -> dict[str, Any] | None:
    said = row.overridden
    return None if said is None else {"who": said.who, "reason": said.reason, "at": said.at}


def _rounded(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"no JSON for {value}")
    return float(f"{value:.{DIGITS}g}") + 0.0  # -0.0 + 0.0 is 0.0


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"no JSON object has the key {key!r}")
    return str(key.value) if isinstance(key, Enum) else key
