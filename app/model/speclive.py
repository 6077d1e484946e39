"""What services and their CI tell of Spec Cards, as `speclive/wire.py` forms it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from checks.guarded import Live, Mutants, Target

Text = Annotated[str, msgspec.Meta(max_length=400)]
_VISIBLE = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, msgspec.Meta(max_length=300, pattern=_VISIBLE)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Line = Annotated[int, msgspec.Meta(ge=0, le=10**7)]
Moment = Annotated[float, msgspec.Meta(ge=0, le=10**11)]


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whatever the form does not name is a mistake."""


class SpecTarget(_Told, frozen=True):
    """A route or a task that cards can be bound to."""

    name: Name
    handler: Text
    critical: bool
    path: Text = ""
    line: Line = 0
    clauses: Annotated[tuple[Name, ...], msgspec.Meta(max_length=1_000)] = ()
    calls: Count = 0
    guarded: Count = 0


class SpecClause(_Told, frozen=True):
    """A clause, and what was seen of it in one window."""

    id: Name
    card: Name
    part: Literal["given", "then", "raises"]
    target: Text
    digest: Annotated[str, msgspec.Meta(max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=1_000)]
    path: Text
    line: Line
    mode: Literal["observe", "enforce", "shadow", "off"]
    critical: bool
    evaluated: Count
    violated: Count
    errors: Count
    sample: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class SpecExemplar(_Told, frozen=True):
    """One violation, as far as it may be told."""

    clause: Name
    at: Moment
    traceparent: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})?$")]
    code: Text
    inputs: Annotated[dict[str, Any], msgspec.Meta(max_length=100)]
    result: Any
    raised: Text = ""


class SpecWatched(_Told, frozen=True):
    """The distribution of one input or output, as a sketch of docs/drift.md."""

    card: Name
    name: Name
    role: Literal["input", "output"]
    sketch: dict[str, Any]


class SpecSurvivor(_Told, frozen=True):
    """A wrong result that no Then noticed."""

    target: Name
    mutant: Text
    clauses: Annotated[tuple[Name, ...], msgspec.Meta(max_length=1_000)] = ()


class SpecMutants(_Told, frozen=True):
    """How many wrong results were made, and how many were noticed."""

    made: Count
    killed: Count
    survivors: Annotated[tuple[SpecSurvivor, ...], msgspec.Meta(max_length=5_000)] = ()


class SpecReport(_Told, frozen=True):
    """What one process tells of one window (`live`), or what can be told without a call (`static`)."""

    version: Literal[1]
    kind: Literal["live", "static"]
    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{8,100}$")]
    service: Annotated[str, msgspec.Meta(max_length=100)]
    environment: Annotated[str, msgspec.Meta(max_length=100, pattern=_VISIBLE)]
    side: Literal["", "control", "canary"]
    sha: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
    start: Moment
    end: Moment
    targets: Annotated[tuple[SpecTarget, ...], msgspec.Meta(max_length=2_000)]
    clauses: Annotated[tuple[SpecClause, ...], msgspec.Meta(max_length=10_000)]
    exemplars: Annotated[tuple[SpecExemplar, ...], msgspec.Meta(max_length=500)]
    watched: Annotated[tuple[SpecWatched, ...], msgspec.Meta(max_length=500)] = ()
    mutants: SpecMutants | None = None
    tests: Annotated[
        dict[str, Annotated[tuple[Text, ...], msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=5_000)
    ] = {}
    dropped: Count = 0


class KeptExemplar(msgspec.Struct, frozen=True, kw_only=True):
    """A violation that is kept as an example. `at`: epoch seconds. All of it is somebody else's word."""

    clause: str
    environment: str
    side: str
    service: str
    at: float
    traceparent: str
    code: str
    inputs: dict[str, Any]
    result: Any
    raised: str


class SpecSwitch(msgspec.Struct, frozen=True):
    """The operator's word on all guards of a repository. `at`: epoch seconds; 0 where nobody said anything."""

    off: bool = False
    reason: str = ""
    who: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class SpecTold:
    """What is told of the Spec Cards of one commit: without a call (None: nobody told), of calls in the last `hours`
    (None: there were none), and examples of violations, the newest first.
    """

    sha: str
    static: tuple[tuple[Target, ...], Mutants | None, Mapping[str, tuple[str, ...]]] | None
    live: Live | None
    exemplars: tuple[KeptExemplar, ...]
    switch: SpecSwitch


MOST_EXEMPLAR = 16_384
"""Bytes of one example, as JSON."""
