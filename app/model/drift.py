"""A watched module from the outside: where it stands, and what is kept of it.

Days are numbered as by `date.toordinal`, in UTC; moments are epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checks.drift import Sketch


@dataclass(frozen=True, slots=True)
class KeptModule:
    """A module as it is stored. `rules`: its block of the configuration, JSON; "" where nobody watches it any more.

    `revision` counts whatever bears on days that are closed: a look at an older one is of no use. `closed`: the last
    day that was compared, 0 before the first. `version`: of the reference that counts, 0 where there is none. `course`:
    what the last look left, JSON.
    """

    id: int
    repository: str
    name: str
    rules: str
    installation: int | None
    since: float
    heard: float | None = None
    revision: int = 0
    closed: int = 0
    version: int = 0
    course: str = ""


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch of one day: by feature a sketch. `digest`: of what was sent."""

    name: str
    day: int
    digest: str
    features: Mapping[str, Sketch]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a source said of days, a batch each; and its trouble in words, "" where there is none."""

    batches: tuple[SentBatch, ...]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class KeptReference:
    """What days are compared with, made of the days `first` to `last` under `rules`; `body` as the kernel writes it."""

    version: int
    rules: str
    first: int
    last: int
    body: str
    made: float


@dataclass(frozen=True, slots=True)
class KeptDay:
    """What came of one day, added up: by feature a sketch. `rows`: of the feature that has the most."""

    day: int
    rows: int
    batches: int
    features: Mapping[str, Sketch]


@dataclass(frozen=True, slots=True)
class KeptTraffic:
    """How much came of one day. `rows`: of the feature that has the most."""

    day: int
    rows: int
    batches: int


@dataclass(frozen=True, slots=True)
class KeptStep:
    """How a module stood after one day: what the kernel remembers, and what there is to say, both JSON."""

    day: int
    watch: str
    told: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A deployment that began to serve (`at`) around the day that a module went wrong; `pulls` brought its commit."""

    deployment: int
    sha: str
    at: float
    pulls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The default branch `base` at its tip: where each of the files that were asked for lies, as mode and blob."""

    base: str
    tip: str
    files: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DriftText:
    """Words of a drift: `title` is plain text of one line, `body` safe Markdown."""

    title: str
    body: str
