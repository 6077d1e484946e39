"""What a study said, as JSON: written by whoever looks, read by whoever shows it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from checks.experiment.quantity import Finite, Time, Whole
from checks.impact.outcome import Outcome

MOST_SPARKS = 60

Chance = Annotated[float, Meta(ge=0, le=1)]
Spark = tuple[Finite | None, ...]


class ToldError(ValueError):
    """A text is not what a study said."""


class Amount(Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen, what was expected without the deployment, and the difference with its interval."""

    actual: Finite
    expected: Finite
    effect: Finite
    lower: Finite
    upper: Finite


class Relative(Struct, frozen=True, forbid_unknown_fields=True):
    """The effect and its interval as fractions of what was expected; None where that may be zero."""

    effect: Finite | None
    lower: Finite | None
    upper: Finite | None


class Placebo(Struct, frozen=True, forbid_unknown_fields=True):
    """The same question at `dates` before the deployment, of `horizon` points each: `alarms` of them found something.

    `trusted`: no more than chance explains; None where none was tried.
    """

    dates: Whole = 0
    alarms: Whole = 0
    horizon: Whole = 0
    trusted: bool | None = None


class Held(Struct, frozen=True, forbid_unknown_fields=True):
    """One control. `ok`: used; `moved`: by the deployment itself; `unusable`. `why` in words; `p` is two-sided."""

    name: str
    state: Literal["ok", "moved", "unusable"]
    p: Chance | None = None
    why: str = ""


class Sparks(Struct, frozen=True, forbid_unknown_fields=True):
    """The metric in so few points that it fits in a line; the first `before` of them precede the deployment."""

    actual: Annotated[Spark, Meta(max_length=MOST_SPARKS)] = ()
    expected: Annotated[Spark, Meta(max_length=MOST_SPARKS)] = ()
    before: Whole = 0


class MetricTold(Struct, frozen=True, forbid_unknown_fields=True):
    """What was said of one metric.

    `average` is of the points after the deployment, `cumulative` their sum, for what adds up. `p` is two-sided; `q` is
    that p among those of all metrics (Benjamini-Hochberg). `notes`: what had to be done about other deployments, and
    what else the answer hangs on, in words. `period`: of the season in the model, in points; 0 where it has none.
    `start`, `end`: epoch seconds of the first and last point used.
    """

    name: str
    outcome: Outcome
    reason: str = ""
    kind: str = "stock"
    better: str = "higher"
    unit: str = ""
    average: Amount | None = None
    cumulative: Amount | None = None
    relative: Relative | None = None
    p: Chance | None = None
    q: Chance | None = None
    placebo: Placebo = Placebo()
    controls: tuple[Held, ...] = ()
    notes: tuple[str, ...] = ()
    n_pre: Whole = 0
    n_post: Whole = 0
    masked: Whole = 0
    period: Whole = 0
    start: Time | None = None
    end: Time | None = None
    sparks: Sparks = Sparks()


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What one look said of one deployment, at epoch second `at`: its worst outcome, and each metric.

    `digest`: of all that was looked at; `model`: by what.
    """

    outcome: Outcome
    at: Time
    metrics: tuple[MetricTold, ...]
    alpha: Chance
    fdr: Chance
    prior: str
    digest: str
    model: str


_DECODER = msgspec.json.Decoder(Told)


def dump(told: Told) -> str:
    """`told` as JSON; the same look is the same bytes."""
    return msgspec.json.encode(told, order="deterministic").decode()


def load(text: str | bytes) -> Told:
    """What `dump` wrote. Raises ToldError for any other text."""
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise ToldError(f"not what a study said: {error}") from None
