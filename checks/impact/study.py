"""A look at all metrics around one deployment: what is told of each, and of all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from checks.impact.answered import Answered, answered, nothing
from checks.impact.block import Config, Metric
from checks.impact.multiplicity import q_values
from checks.impact.outcome import Outcome
from checks.impact.plan import Plan
from checks.impact.reading import apart, note
from checks.impact.series import Neighbour, Observed
from checks.impact.sparks import sparks
from checks.impact.told import Amount, MetricTold, Relative, Told
from checks.impact.words import chance

MODEL = "level+ar1+regression/2"

BADNESS = (
    Outcome.LIKELY_WORSE,
    Outcome.INSUFFICIENT_DATA,
    Outcome.PENDING_DEPLOY,
    Outcome.LIKELY_BETTER,
    Outcome.NO_EVIDENCE,
)
"""The worst first: the outcome of several is the first of these that one of them has."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is told, and what it was made of: `answers` hold every point, for a picture."""

    told: Told
    answers: tuple[Answered, ...]


def study(config: Config, observed: Sequence[Observed], at: float, neighbours: Sequence[Neighbour] = ()) -> Told:
    """What a deployment at epoch second `at` did to the metrics of `config`. Pure; the same in, the same told."""
    return look(Plan.of(config), config.metrics, observed, at, neighbours).told


def look(
    plan: Plan,
    metrics: Sequence[Metric],
    observed: Sequence[Observed],
    at: float,
    neighbours: Sequence[Neighbour] = (),
) -> Look:
    """The same by a plan, with all that it was made of. What is not among `observed` has no data."""
    found = {one.metric: one for one in observed}
    answers = tuple(
        answered(metric, found.get(metric.name) or nothing(metric.name), plan, at, neighbours) for metric in metrics
    )
    told = tuple(_told(one, q, plan) for one, q in zip(answers, q_values([a.estimate.p for a in answers]), strict=True))
    digest = _digest(plan, metrics, observed, at, neighbours)
    return Look(
        Told(worst([one.outcome for one in told]), at, told, plan.alpha, plan.fdr, plan.prior, digest, MODEL), answers
    )


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of all of them; of none, that nothing can be said yet."""
    return min(outcomes, key=BADNESS.index, default=Outcome.PENDING_DEPLOY)


def _told(one: Answered, q: float | None, plan: Plan) -> MetricTold:
    metric, found, seen = one.metric, one.estimate, one.window
    outcome, reason = _weighed(one, q, plan)
    return MetricTold(
        metric.name,
        outcome,
        reason,
        kind=metric.kind,
        better=metric.better,
        unit=metric.unit,
        average=Amount(*found.average[:5]) if found.average else None,
        cumulative=Amount(*found.cumulative[:5]) if found.cumulative else None,
        relative=Relative(*found.relative) if found.relative else None,
        p=found.p,
        q=q,
        placebo=one.placebo,
        controls=one.held,
        notes=tuple(_notes(one)),
        n_pre=found.n_pre,
        n_post=found.n_post,
        masked=found.masked,
        period=found.period,
        start=seen.times[0] if seen.times else None,
        end=seen.times[-1] if seen.times else None,
        sparks=sparks(seen, found.pointwise),
    )


def _notes(one: Answered) -> Iterator[str]:
    """What a reader of the answer must know beside it, in words."""
    yield from one.window.notes
    period, found = one.metric.period, one.estimate
    if period and found.p is not None and not found.period:
        yield f"no season of {period} points is in the model: {found.n_pre} points before the change cannot carry it"
    if said := note(one.other, one.held, one.metric.unit):
        yield said


def _weighed(one: Answered, q: float | None, plan: Plan) -> tuple[Outcome, str]:
    """The outcome of a metric among others, whose method was tried on its past; and why it is that."""
    found = one.estimate
    if found.p is None or q is None:
        return found.outcome, found.reason
    p = chance("p", found.p)
    if found.outcome is Outcome.NO_EVIDENCE:
        return found.outcome, f"{p} is not below {plan.alpha:g}"
    if doubt := _doubt(one):
        return Outcome.NO_EVIDENCE, doubt
    if q > plan.fdr:
        return Outcome.NO_EVIDENCE, f"{p} (below {plan.alpha:g}), but {chance('q', q)} (above {plan.fdr:g})"
    return found.outcome, f"{p} (below {plan.alpha:g}) and {chance('q', q)} (at most {plan.fdr:g})"


def _doubt(one: Answered) -> str:
    """Why an effect that was found is not believed; "" where nothing speaks against it."""
    found, placebo = one.estimate, one.placebo
    if placebo.trusted is False:
        tried = f"{placebo.alarms} of {placebo.dates} dates before it, where nothing happened, look like this"
        return f"calibration failed: {tried}"
    if found.average and one.bend * found.average.effect > 0:
        way = "upwards" if one.bend > 0 else "downwards"
        return f"the metric was bending {way} before already, and would have left its line by itself"
    return apart(found, one.other, one.held)


def _digest(
    plan: Plan, metrics: Sequence[Metric], observed: Sequence[Observed], at: float, neighbours: Sequence[Neighbour]
) -> str:
    """SHA-256 of all that was looked at, and how."""
    asked = [one.model_dump(mode="json") for one in metrics]
    said = [asdict(plan), asked, [asdict(one) for one in observed], at, [asdict(one) for one in neighbours]]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
