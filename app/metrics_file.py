"""Measurements as others write them: `{"perf_p95_ms": 212, "coverage": {"value": 0.93, "unit": "", "n": 1204}}`.

The same form serves `POST /api/measurements`, the `maestro-metrics.json` artifact and `maestro check --measurements`.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from checks.model import Measurement
from checks.registry import BY_NAME

MOST = 500
EXPECTED = "expected a finite number, true, false, a text of at most 200 characters, or an object with `value`"
ABBREVIATED = re.compile(r"[0-9a-f]{7,64}")  # of a commit's name, git itself gives no fewer
NAME = r"^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$"

Number = Annotated[float, Field(allow_inf_nan=False)]
Value = bool | Number | Annotated[str, Field(max_length=200)]


class BadMetrics(ValueError):
    """The text is not a table of measurements; the message says where it goes wrong."""


class OtherCommit(BadMetrics):
    """The table is one, and says itself that it is of another commit."""


class Reading(BaseModel):
    """One measurement with all that may be said of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    value: Value
    unit: str = Field(default="", max_length=40)
    interval: tuple[Number, Number] | None = Field(default=None, strict=False)
    n: int | None = Field(default=None, ge=0, le=2**53)
    url: str = Field(default="", max_length=2000, pattern=r"^(https?://\S+)?$")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.interval and self.interval[0] > self.interval[1]:
            raise ValueError("an interval goes from its lower to its upper end")
        if self.interval and not _within(self.value, *self.interval):
            raise ValueError("an interval holds the value it is of")
        return self


def _within(value: bool | float | str, low: float, high: float) -> bool:
    """Whether an interval says nothing against `value`; only of numbers it could."""
    return isinstance(value, bool | str) or low <= value <= high


Table = dict[Annotated[str, Field(pattern=NAME)], Reading | Value]
_TABLE: TypeAdapter[dict[str, Reading | bool | float | str]] = TypeAdapter(Annotated[Table, Field(max_length=MOST)])


def measurements_in(text: bytes | str, source: str, sha: str) -> tuple[Measurement, ...]:
    """Parse a JSON table of what was measured at commit `sha`, sorted by name. Raises BadMetrics.

    `{"measurements": {...}}` around it is accepted. If a `sha` stands beside, it must be this one, or begin it.
    """
    try:
        table = _TABLE.validate_json(_unwrapped(text, sha), strict=True)
    except ValidationError as error:
        raise BadMetrics(_complaint(error)) from None
    ours = sorted(name for name in table if _is_ours(name, source))
    if ours and source != "artifact":
        raise BadMetrics(f"{ours[0]!r} is what Maestro finds out itself; it cannot be sent")
    return tuple(_measurement(name, table[name], source) for name in sorted(table.keys() - ours))


def _is_ours(name: str, source: str) -> bool:
    """Is `name` measured by a check? Only a laptop, which cannot ask GitHub, may say how its tests ended.

    In an artifact, which may have other readers, such a name is passed over.
    """
    check, dot, _ = name.partition(".")
    return name == "risk" or (name == "tests" and source != "file") or (bool(dot) and check in BY_NAME)


def _complaint(error: ValidationError) -> str:
    """The first wrong entry, and what is wrong with it: of a union, the branch that looked deepest knows best."""
    errors = error.errors(include_url=False, include_input=False)
    name = errors[0]["loc"][:1]
    deepest = max((one for one in errors if one["loc"][:1] == name), key=lambda one: len(one["loc"]))
    if not name:
        return f"measurements: {deepest['msg']}"
    shown = repr(str(name[0])[:100])  # untrusted: a repr holds no control characters
    if len(deepest["loc"]) == 2 and deepest["loc"][1] != "[key]" and deepest["type"] != "value_error":
        return f"{shown}: {EXPECTED}"
    return f"{shown}: {deepest['msg'].removeprefix('Value error, ')}"


def _measurement(name: str, given: Any, source: str) -> Measurement:
    reading = given if isinstance(given, Reading) else Reading(value=given)
    return Measurement(name, reading.value, reading.unit, reading.interval, reading.n, source, reading.url)


_WRAPPED: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def _unwrapped(text: bytes | str, sha: str) -> bytes | str:
    try:
        json.loads(text, object_pairs_hook=_once)
        outer = _WRAPPED.validate_json(text)
    except BadMetrics:
        raise
    except (ValueError, RecursionError):
        raise BadMetrics("not a JSON object") from None
    inner = outer.get("measurements")
    if not isinstance(inner, dict) or not set(outer) <= {"measurements", "repository", "sha"}:
        return text
    if "sha" in outer and not _names(outer["sha"], sha):
        raise OtherCommit(f"measured at commit {str(outer['sha'])[:64]!r}, which is not {sha}")
    return _WRAPPED.dump_json(inner)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys each stand once: of two, nobody could say which was meant."""
    held: dict[str, Any] = {}
    for key, value in pairs:
        if key in held:
            raise BadMetrics(f"{key[:100]!r} stands twice")
        held[key] = value
    return held


def _names(stated: object, sha: str) -> bool:
    """Does `stated` name the commit `sha`, in full or shortened?"""
    folded = stated.lower() if isinstance(stated, str) else ""
    return bool(ABBREVIATED.fullmatch(folded)) and sha.startswith(folded)
