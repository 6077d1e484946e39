"""What a comparison says: a state for the module, and a shift for each feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from checks.drift.column import Kind


class Standing(StrEnum):
    """How a feature or a module stands, from best to worst; `blind` may hide anything."""

    OK = "ok"
    WATCH = "watch"  # weak evidence, or a shift too small to matter
    BLIND = "blind"  # not measured, and why
    DRIFT = "drift"  # proven, and large enough to matter


class Test(Struct, frozen=True):
    """One test of a feature. `basis`: `values`, or `bins` where only bins are known."""

    name: str  # psi, ks or chi2
    statistic: float
    p: float
    basis: str


class Bin(Struct, frozen=True):
    """A bin with its share of the rows before and after; `z`: the difference in standard errors."""

    label: str
    before: float
    after: float
    z: float

    @property
    def moved(self) -> bool:
        """Whether it is one of those that make the difference."""
        return abs(self.z) >= 3


class Shift(Struct, frozen=True):
    """One feature. Numbers are None where it is blind; `moved` is the share of the rows that changed bins."""

    name: str
    kind: Kind
    state: Standing
    reason: str
    rows_before: int
    rows_after: int
    psi: float | None = None
    threshold: float | None = None
    p: float | None = None
    q: float | None = None
    excess: float | None = None  # PSI less what chance adds on average
    moved: float | None = None
    dispersion: float = 1.0
    tests: tuple[Test, ...] = ()
    bins: tuple[Bin, ...] = ()
    notes: tuple[str, ...] = ()


class Comparison(Struct, frozen=True):
    """All features of a module, in the order of the reference, and the worst of their states."""

    state: Standing
    reason: str
    shifts: tuple[Shift, ...]


class Judged(Protocol):
    """A feature with its state."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> Standing: ...
    @property
    def reason(self) -> str: ...


def worst(features: Iterable[Judged]) -> Standing:
    """The worst of their states; `blind` of none."""
    return max((feature.state for feature in features), key=list(Standing).index, default=Standing.BLIND)


def because(features: Sequence[Judged]) -> str:
    """The reason of the first of those in the worst state."""
    if not features:
        return "there are no features"
    alike = [feature for feature in features if feature.state is worst(features)]
    if alike[0].state is Standing.OK:
        return f"all {len(alike):,} as the reference" if len(alike) > 1 else f"{alike[0].name}: {alike[0].reason}"
    more = f", and {len(alike) - 1:,} more" if len(alike) > 1 else ""
    return f"{alike[0].name}{more}: {alike[0].reason}"
