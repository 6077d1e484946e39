"""The impact check: what became of the metrics after the deployments of this change, or that none was made yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from checks.impact.block import Config
from checks.impact.outcome import Outcome
from checks.impact.told import MetricTold, Told, ToldError, load
from checks.impact.words import assumptions, chances, change, line, summary, verdict
from checks.model import Check, CheckResult, Measure, Measured, Missing, Need, Snapshot, State
from checks.studied import Studied

NAME = "impact"

STATES: Mapping[Outcome, State] = {
    Outcome.LIKELY_WORSE: State.BLOCK,
    Outcome.INSUFFICIENT_DATA: State.WARN,  # said, and never in the way: time alone would not mend it
    Outcome.PENDING_DEPLOY: State.PASS,
    Outcome.LIKELY_BETTER: State.PASS,
    Outcome.NO_EVIDENCE: State.PASS,
}
"""What each outcome means to a decision; only what is likely worse can stand in the way."""

_RANKS = {outcome: rank for rank, outcome in enumerate(STATES)}
_BLOCKED = "Read the summary; take the change back, or say `/maestro disagree` and why."
_ASKED = "Say `/maestro agree` or `/maestro disagree`: is the summary right?"


@dataclass(frozen=True, slots=True)
class _Study:
    """One study, read from its stored form; `told` None before the first look."""

    held: Studied
    told: Told | None

    @property
    def outcome(self) -> Outcome:
        """Its worst; before the first look, that the deployment is not there yet."""
        return self.told.outcome if self.told else Outcome.PENDING_DEPLOY

    @property
    def metrics(self) -> tuple[MetricTold, ...]:
        """The worst first, in the order of the rules."""
        return tuple(sorted(self.told.metrics, key=lambda one: _RANKS[one.outcome])) if self.told else ()


def evaluate(snapshot: Snapshot, config: Config, measured: Measured) -> CheckResult:
    """The worst of all studies of this change; without one, whether a summary is owed."""
    held = snapshot.studies
    if isinstance(held, Missing):
        return CheckResult(NAME, held.state, "What deployments did is not known", reasons=(held.reason,))
    if not config.metrics:
        step = "Name at least one under `impact.metrics` on the base branch."
        return CheckResult(NAME, State.UNMEASURED, "`impact.metrics` names nothing to watch", next_step=step)
    if not held:
        return _none(config, measured)
    try:
        studies = [_Study(one, load(one.told) if one.told else None) for one in held]
    except ToldError as error:
        return CheckResult(NAME, State.ERROR, "A stored study cannot be read", reasons=(str(error),))
    return _result(sorted(studies, key=lambda one: _RANKS[one.outcome]), snapshot.pull.number)


def owed(config: Config, risk: float | None) -> bool:
    """Whether a change of this risk is owed a summary; one whose risk nobody knows is."""
    return risk is None or risk >= config.risk_at_least


def _none(config: Config, measured: Measured) -> CheckResult:
    """Nothing was deployed, or nobody asked."""
    known = measured.get("risk")
    risk = known.value if known and isinstance(known.value, float) else None
    said = "its risk is not known" if risk is None else f"risk {risk:.2f}"
    if owed(config, risk):
        title = f"Pending deploy: {said}, a summary is owed once it is in {config.environment}"
        return CheckResult(NAME, State.PASS, title, detail={"studies": [], "assumptions": list(assumptions(()))})
    return CheckResult(NAME, State.PASS, f"Not asked: {said} is below {config.risk_at_least:g}")


def _result(studies: Sequence[_Study], number: int | None) -> CheckResult:
    worst, alone = studies[0], len(studies) == 1
    seen = [metric for one in studies for metric in one.metrics]
    answered = [one for one in studies if any(metric.p is not None for metric in one.metrics)]
    return CheckResult(
        NAME,
        STATES[worst.outcome],
        _title(worst) if alone else f"{worst.held.environment}: {_title(worst)}",
        reasons=tuple(reason for one in studies for reason in _reasons(one, number)),
        measures=tuple(measure for one in studies for measure in _measures(one, alone)),
        next_step=_BLOCKED if STATES[worst.outcome] is State.BLOCK else _ASKED if answered else "",
        detail={"studies": [_detail(one, number) for one in studies], "assumptions": list(assumptions(seen))},
        stage="; ".join(f"{one.held.id} {one.outcome}" for one in studies),
    )


def _title(one: _Study) -> str:
    """The worst metric in a line, and how many others there are."""
    if one.told is None:
        return "Pending deploy" if one.held.at is None else "Deployed; the first look is to come"
    if not one.metrics:
        return "Pending deploy"
    first, others = one.metrics[0], len(one.metrics) - 1
    more = f"; {others} more metric{'s' if others > 1 else ''}" if others else ""
    said = f"{first.name} {change(first)}".rstrip()
    return f"{said}: {verdict(first.outcome)}{more}"


def _reasons(one: _Study, number: int | None) -> Iterator[str]:
    where = one.held.environment
    yield from (f"{where}: {line(metric)}" for metric in one.metrics)
    if _shared(one, number):
        yield f"{where}: {_shared(one, number)}"
    if _agreement(one):
        yield f"{where}: {_agreement(one)}"


def _shared(one: _Study, number: int | None) -> str:
    """Who came with the same deployment; "" where nobody did."""
    others = [f"#{other}" for other in one.held.pulls if other != number]
    return f"shared with {', '.join(others)}: one effect for all" if others else ""


def _agreement(one: _Study) -> str:
    """What people said of this summary, and of all in the repository; "" where nobody said anything."""
    agree, disagree = one.held.opinions
    of, everyone = one.held.rate
    here = f"{agree} agree, {disagree} disagree" if agree + disagree else "nobody has agreed or disagreed yet"
    return f"{here}; in this repository {of} of {everyone} agreed ({100 * of / everyone:.0f} %)" if everyone else ""


def _measures(one: _Study, alone: bool) -> Iterator[Measure]:
    for metric in one.metrics:
        name = metric.name if alone else f"{one.held.environment}.{metric.name}"
        effect, unit, interval = _effect(metric)
        yield Measure(name, effect, unit, interval=interval, n=metric.n_post, state=_state(metric))


def _state(metric: MetricTold) -> State:
    state = STATES[metric.outcome]
    return State.UNMEASURED if state is State.WARN else state


def _effect(metric: MetricTold) -> tuple[float | None, str, tuple[float, float] | None]:
    """In percent of what was expected where that can be said, else in the metric's own unit."""
    part, average = metric.relative, metric.average
    if part and part.effect is not None and part.lower is not None and part.upper is not None:
        return 100 * part.effect, "%", (100 * part.lower, 100 * part.upper)
    if average is None:
        return None, "", None
    return average.effect, metric.unit, (average.lower, average.upper)


def _detail(one: _Study, number: int | None) -> dict[str, Any]:
    """The study as JSON, and beside it what people read of it."""
    return {
        "study": one.held.id,
        "environment": one.held.environment,
        "sha": one.held.sha,
        "at": one.held.at,
        "done": one.held.done,
        "outcome": one.outcome.value,
        "title": _title(one),
        "shared": _shared(one, number),
        "agreement": _agreement(one),
        "opinions": list(one.held.opinions),
        "rate": list(one.held.rate),
        "digest": one.told.digest if one.told else "",
        "model": one.told.model if one.told else "",
        "metrics": [_words(metric) for metric in one.metrics],
    }


def _words(metric: MetricTold) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(metric)
    said = {"state": STATES[metric.outcome].value, "verdict": verdict(metric.outcome), "change": change(metric)}
    return plain | said | {"chances": chances(metric), "line": line(metric), "summary": list(summary(metric))}


CHECK = Check(NAME, Config, frozenset({Need.STUDIES, Need.CHANGE}), evaluate, warns=Config.unborn)
