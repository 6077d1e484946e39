"""What a look at the counts says: a table of routes and fields, and one status for the whole."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from checks.shadow.exemplar import Exemplar
from checks.shadow.noise import Noise

MOST_ROWS = 60  # fields that `Told` holds, and ...
MOST_ROUTES = 30  # ... endpoints


class Status(StrEnum):
    """From best to worst; what each says to a promotion, `Stance` tells."""

    CLEAN = "clean"
    NOISY = "noisy"  # differences, in fields that differ by themselves
    WAITING = "waiting_data"  # too few answers to have seen much
    NO_DATA = "no_data"
    REGRESSION = "shadow_regression"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field that differed. Rates are shares of its answers; `effect` is `raw_rate` less `noise_rate`.

    `noise_from`: "secondary", "stored" (an upper bound from an earlier run), "unknown" (then nothing is held against
    it), or "secondary and ..." where both kinds of answers came.
    `log_e`: of now, natural logarithm; `peak`: the largest at any look.
    """

    route: str
    field: str
    answers: int
    raw_rate: float
    noise_rate: float
    noise_from: str
    effect: float
    log_e: float
    peak: float
    flagged: bool
    noisy: bool
    critical: bool
    blocks: bool
    differences: dict[str, int]
    exemplars: tuple[Exemplar, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """`detectable`: the smallest share of its answers in which a difference would have been seen by now, None: none
    would; `counts`: may it stop a promotion?
    """

    route: str
    triples: int
    pairs: int
    fields: int
    detectable: float | None
    counts: bool

    @property
    def answers(self) -> int:
        """Of the candidate, that were compared."""
        return self.triples + self.pairs


class Stance(StrEnum):
    """What the mirrored answers say to a promotion."""

    AGREES = "agrees"
    UNSURE = "unsure"
    OBJECTS = "objects"
    CRITICAL = "critical"  # and to the canary's being in service at all


_STANCES = {
    Status.CLEAN: Stance.AGREES,
    Status.NOISY: Stance.AGREES,
    Status.WAITING: Stance.UNSURE,
    Status.NO_DATA: Stance.UNSURE,
    Status.REGRESSION: Stance.OBJECTS,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a look says. `rows`: the fields that differed, the worst first; `skipped`: by method, what was not compared;
    `crowded`: answers whose fields were too many.

    `fields`, `differing` and `flagged` count all fields, also where `rows` and `routes` are cut short.
    """

    status: Status
    reason: str
    triples: int
    pairs: int
    fields: int
    differing: int
    flagged: int
    rows: tuple[FieldRow, ...]
    routes: tuple[Route, ...]
    skipped: dict[str, int]
    crowded: int
    q: float

    @property
    def answers(self) -> int:
        """Of the candidate, that were compared."""
        return self.triples + self.pairs

    @property
    def stance(self) -> Stance:
        """What it means to a promotion: a critical field stands before all others."""
        critical = any(row.blocks and row.critical for row in self.rows[:1])
        return Stance.CRITICAL if critical else _STANCES[self.status]


@dataclass(frozen=True, slots=True)
class Report(Told):
    """All of one look. `noise`: how often each field differed by itself, for a later run without a secondary."""

    noise: Noise

    def told(self) -> Told:
        """The same, short enough for a card: the worst fields, and the endpoints with the most answers."""
        busiest = sorted(self.routes, key=lambda route: (-route.answers, route.route))
        kept = {of.name: getattr(self, of.name) for of in fields(Told)}
        return Told(**kept | {"rows": self.rows[:MOST_ROWS], "routes": tuple(busiest[:MOST_ROUTES])})
