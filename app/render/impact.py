"""The effect of a deployment on one metric: for a terminal, and as the JSON that scripts read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from app.render.console import shown
from app.render.decision_json import plain
from app.render.escape import terminal as safe
from app.render.sparkline import sparkline
from checks.impact.effect import Point
from checks.impact.outcome import Outcome
from checks.impact.told import Amount, MetricTold
from checks.impact.words import assumptions, change, held, number, signed, summary, tried

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_HEADLINES = {
    Outcome.LIKELY_WORSE: ("LIKELY WORSE", "red"),
    Outcome.LIKELY_BETTER: ("LIKELY BETTER", "green"),
    Outcome.NO_EVIDENCE: ("NO EVIDENCE", "green"),
    Outcome.INSUFFICIENT_DATA: ("INSUFFICIENT DATA", "yellow"),
    Outcome.PENDING_DEPLOY: ("PENDING DEPLOY", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one metric; `times` of its `points`, in epoch seconds; `notes` on what it was read from."""

    told: MetricTold
    prior: str
    alpha: float
    times: Sequence[float] = ()
    points: Sequence[Point] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""
    model: str = ""


def drawn(one: Shown, *, width: int, colour: bool) -> str:
    """For `width` columns. `colour` False: no escape sequence at all."""
    return shown(_parts(one), width=width, colour=colour)


def as_json(one: Shown) -> dict[str, Any]:
    """JSON values only. `cumulative` is of flows and counts; `pointwise` has one record for each point."""
    told = one.told
    said: dict[str, Any] = {
        "outcome": told.outcome,
        "reason": told.reason,
        "metric": told.name,
        "kind": told.kind,
        "better": told.better,
        "alpha": one.alpha,
        "average": _amount(told.average),
        "cumulative": _amount(told.cumulative),
        "relative": msgspec.to_builtins(told.relative),
        "p": told.p,
        "q": told.q,
        "placebo": msgspec.to_builtins(told.placebo),
        "controls": msgspec.to_builtins(told.controls),
        "notes": [*one.notes, *told.notes],
        "period": told.period,
        "n_pre": told.n_pre,
        "n_post": told.n_post,
        "masked": told.masked,
        "prior": one.prior,
        "model": one.model,
        "digest": one.digest,
        "pointwise": [{"time": time} | msgspec.to_builtins(p) for time, p in zip(one.times, one.points, strict=True)],
    }
    return {key: plain(value) for key, value in said.items()}


def _amount(amount: Amount | None) -> Any:
    return msgspec.to_builtins(amount)


def _parts(one: Shown) -> Iterator[Text | Table | str]:
    from rich.text import Text  # rich is slow to import

    told = one.told
    word, style = _HEADLINES[told.outcome]
    yield Text.assemble((word, f"bold {style}"), "  ", safe(f"{told.name} {change(told)}".strip(), 200))
    if told.reason:
        yield Text(safe(told.reason, 400))
    if told.average:
        yield ""
        yield _table(told, told.average)
    if told.sparks.expected:
        yield ""
        yield from _courses(told)
    yield ""
    if told.average:
        yield Text(safe(f"{tried(told)}; {held(told)}; {told.n_pre:,} points before, {told.n_post:,} after", 800))
        yield from (Text(safe(said, 400)) for said in summary(told))
    yield from (Text(safe(said, 400), "yellow") for said in (*one.notes, *told.notes))
    if told.average:
        yield from (Text(said, "dim") for said in assumptions([told]))


def _table(told: MetricTold, average: Amount) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("", "Actual", "Expected", "Effect", "Interval"):
        table.add_column(name, overflow="fold")
    rows = (("average", average), ("cumulative", told.cumulative))
    for name, amount in rows:
        if amount:
            ends = f"{signed(amount.lower)} to {signed(amount.upper)}"
            table.add_row(name, number(amount.actual), number(amount.expected), signed(amount.effect), ends)
    return table


def _courses(told: MetricTold) -> Iterator[str]:
    sparks = told.sparks
    yield f"actual    {sparkline(sparks.actual, sparks.expected, sparks.before)}"
    yield f"expected  {sparkline(sparks.expected, sparks.actual, sparks.before)}"
