"""What a look at the counts says: a table of routes and fields, and one status for the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.shadow.exemplar import Exemplar
from checks.shadow.noise import Noise


class Status(StrEnum):
    """From best to worst; only CLEAN and NOISY let a promotion go on."""

    CLEAN = "clean"
    NOISY = "noisy"  # differences, in fields that differ by themselves
    WAITING = "waiting_data"  # too few answers to have seen much
    NO_DATA = "no_data"
    REGRESSION = "shadow_regression"

    @property
    def promotes(self) -> bool:
        """May what was mirrored be promoted, as far as its answers go?"""
        return self in {Status.CLEAN, Status.NOISY}


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
    """`detectable`: the smallest share of its answers in which a difference would have been seen by now; `counts`: may
    it stop a promotion?
    """

    route: str
    triples: int
    pairs: int
    fields: int
    detectable: float
    counts: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All of one look. `skipped`: by method, what was not compared; `crowded`: answers whose fields were too many."""

    status: Status
    reason: str
    triples: int
    pairs: int
    fields: int
    rows: tuple[FieldRow, ...]
    routes: tuple[Route, ...]
    skipped: dict[str, int]
    crowded: int
    noise: Noise
    q: float

    def rolls_back(self, a_metric_agrees: bool) -> bool:
        """Is a rollback called for: by a field that is critical by itself, or by any that stops the promotion, where
        a metric of the experiment says the same?
        """
        return any(row.blocks and (row.critical or a_metric_agrees) for row in self.rows)
