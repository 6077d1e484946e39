"""The forms of what a service, or its CI, tells Maestro: version 1 of `POST /api/speclive/reports`.

Counts are of one window of one process, never totals: whoever has all the reports may add them up. Moments are epoch
seconds. A path is relative to the repository.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

VERSION: Literal[1] = 1
TESTS = "tests"
"""The environment of what was counted while tests ran."""


class Target(TypedDict):
    """Something that cards can be bound to: a route, a task. `guarded`: its calls of which a Then was seen."""

    name: str  # "POST /pay", "shop.tasks:settle"
    handler: str
    critical: bool
    path: NotRequired[str]  # where its code is
    line: NotRequired[int]
    clauses: NotRequired[list[str]]  # the ids of the Then and raises clauses bound to it
    calls: NotRequired[int]
    guarded: NotRequired[int]


class Counted(TypedDict):
    """A clause, and what was seen of it. `violated` and `errors` (of the guard itself) are within `evaluated`.

    `sample`: the share of calls that is looked at, because a card or a rule says so, or since guards cost too much.
    """

    id: str
    card: str
    part: Literal["given", "then", "raises"]
    target: str
    digest: str
    text: str
    path: str
    line: int
    mode: Literal["observe", "enforce", "shadow", "off"]
    critical: bool
    evaluated: int
    violated: int
    errors: int
    sample: NotRequired[float]


class Exemplar(TypedDict):
    """One violation, as far as it may be told. `code`: `shop/pay.py#L12`; `traceparent`: W3C, or ""."""

    clause: str
    at: float
    traceparent: str
    code: str
    inputs: dict[str, Any]
    result: Any
    raised: NotRequired[str]


class Watched(TypedDict):
    """The distribution of one input or output that a card declares, as the sketch of docs/drift.md."""

    card: str
    name: str
    role: Literal["input", "output"]
    sketch: dict[str, Any]


class Mutants(TypedDict):
    """How many wrong results were made of right ones, and how many of them no Then noticed."""

    made: int
    killed: int
    survivors: list[dict[str, Any]]  # {"target", "mutant", "clauses"}


class Report(TypedDict):
    """What one process tells of one window (`live`), or what can be told without a call (`static`)."""

    version: Literal[1]
    kind: Literal["live", "static"]
    id: str  # the same however often it is sent: it counts once
    service: str
    environment: str
    side: Literal["", "control", "canary"]
    sha: str  # the commit that runs, or that was looked at
    start: float
    end: float
    targets: list[Target]
    clauses: list[Counted]
    exemplars: list[Exemplar]
    watched: NotRequired[list[Watched]]
    mutants: NotRequired[Mutants]
    tests: NotRequired[dict[str, list[str]]]  # by card, the tests that are marked with it
    dropped: NotRequired[int]  # reports that were given up before this one


class Setting(TypedDict):
    """What holds for the cards whose id matches `cards`, a glob. The last of several counts."""

    cards: str
    mode: NotRequired[Literal["observe", "enforce", "shadow", "off"]]
    sample: NotRequired[float]


class Remote(TypedDict):
    """What `GET /api/speclive/config` answers."""

    version: Literal[1]
    off: bool  # the kill switch of all of it
    settings: list[Setting]
