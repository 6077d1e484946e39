"""The page of a pull request: what is decided and what to do come first, and below them all that it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.model import KeptExperiment, KeptModule, KeptStudy, Point
from app.render import words
from app.render.capability import Subject, of_experiment, of_study
from app.render.drift_page import standing as module_standing
from app.render.experiment_page import Metric, Standing, pictured, standing
from app.render.html import page
from app.render.pull import (
    CLOSED,
    MERGED,
    OPEN,
    Checked,
    Shown,
    checked,
    module_page,
    next_step,
    opened,
    short,
    tone,
)
from app.render.pull_contracts import contracts_of, remarks_of
from app.render.pull_repairs import figures, now, repairs
from app.render.sparkline import sparkline
from app.render.speclive import panel
from app.render.study_page import standing as study_standing
from checks.drift.alarm import load as load_course
from checks.impact import words as effects
from checks.impact.told import MetricTold
from checks.impact.told import load as load_told

_PICTURES = 2  # metrics of one experiment that are drawn here; its own page draws all
_STATES = {
    MERGED: "It is merged: what had been decided of it stays here as it was.",
    CLOSED: "It is closed, or nothing is asked of it any more: what was decided of it last stays here.",
}
_THEN = "A decision of the past, as the page showed it."


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment: how it stands, the metrics that are drawn, and how many more its own page has."""

    kept: KeptExperiment
    stands: Standing
    metrics: Sequence[Metric]
    more: int
    page: str


@dataclass(frozen=True, slots=True)
class Study:
    """What a deployment did, in words and a line for each metric: its name, verdict, change and course."""

    kept: KeptStudy
    word: str
    tone: str
    rows: Sequence[tuple[str, str, str, str]]
    page: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A module that is watched for drift."""

    name: str
    word: str
    tone: str
    reason: str
    page: str


def pull_page(shown: Shown) -> str:
    """The page, whole. Raises what those of experiments, studies and modules raise for what another version kept."""
    empty = (*nothing(shown), *_nothing_beside(shown))
    return page("pages/pull.html.j2", **facts(shown), empty=empty, live=True, edition=shown.edition)


def pull_then(shown: Shown) -> str:
    """One decision of the past: without what goes on, and without anything to ask for."""
    past = facts(shown) | {"ahead": (_THEN,)}
    return page("pages/pull_then.html.j2", **past, empty=tuple(nothing(shown)), live=False, edition="")


def facts(shown: Shown) -> dict[str, Any]:
    """All that the template of a pull request is given but for whether it goes on."""
    decision = shown.decision
    checks = checked(decision)
    source, contracts = contracts_of(decision)
    return {
        "path": shown.path,
        "shown": shown,
        "pull": shown.pull,
        "word": words.VERDICTS[decision.verdict],
        "counts": words.counts(decision),
        "risk": words.risk(decision),
        "tone": tone(shown),
        "why": words.why(decision),
        "next_step": next_step(shown),
        "ahead": tuple(_ahead(shown)),
        "short": {name: one for name, one in short(shown).items() if one.text is not None},
        "checks": checks,
        "columns": _columns(checks),
        "notes": words.notes(decision),
        "repairing": now(shown),
        "repairs": repairs(shown),
        "figures": figures(shown),
        "trials": [_trial(shown, *one) for one in shown.experiments],
        "studies": [_study(shown, one) for one in shown.studies],
        "modules": [_watched(shown, one) for one in shown.modules],
        "guarded": panel(shown),
        "source": source,
        "contracts": contracts,
        "remarks": remarks_of(decision),
        "log": shown.log,
        "at": shown.at,
    }


def _ahead(shown: Shown) -> Iterator[str]:
    """Whether what is shown is the newest there is."""
    if shown.judging:
        yield f"Judging {words.short(shown.judging)}: what you see is of {words.short(shown.pull.head_sha)} before it."
    if shown.state != OPEN:
        yield _STATES[shown.state]


def nothing(shown: Shown) -> Iterator[tuple[str, str]]:
    """What the decision has nothing of, and why."""
    yield from ((name, one.why) for name, one in short(shown).items() if one.text is None)
    if not any(row.result.findings for row in shown.decision.rows):
        yield "findings", "no check found anything"
    if not any(row.result.name == words.CONTRACT for row in shown.decision.rows):
        yield "contract", "none applies"
    if shown.decision.risk is None:
        yield "risk", "not measured"


def _nothing_beside(shown: Shown) -> Iterator[tuple[str, str]]:
    """What there is nothing of beside the decision, and why."""
    if not shown.experiments:
        yield "experiment", "none runs on this head"
    if not shown.studies:
        yield "impact", "nothing of it is deployed yet, or nobody measures what a deployment does"
    if not shown.modules:
        yield "drift", "no module of this repository is watched"
    if not shown.commands:
        yield "commands", "nobody asked for anything"
    if not shown.remediations:
        yield "repairs", "nothing was repaired by itself"
    if not shown.guarded:
        yield "SpecLive", "nothing is told of Spec Cards of this head"


def _columns(checks: Sequence[Checked]) -> Mapping[str, bool]:
    """Which columns of the table hold anything."""
    figures = [figure for one in checks for figure in one.measures]
    return {
        "limit": any(figure.limit for figure in figures),
        "interval": any(figure.interval for figure in figures),
        "n": any(figure.n is not None for figure in figures),
    }


def _trial(shown: Shown, kept: KeptExperiment, points: Sequence[Point]) -> Trial:
    metrics = pictured(kept, points)
    subject = of_experiment(kept.id, shown.pull.repository, kept.canary.sha)
    return Trial(
        kept, standing(kept, shown.at), metrics[:_PICTURES], max(len(metrics) - _PICTURES, 0), _page(shown, subject)
    )


def _study(shown: Shown, kept: KeptStudy) -> Study:
    told = load_told(kept.told) if kept.told else None
    word, said = study_standing(told)
    subject = of_study(kept.id, shown.pull.repository, kept.intervention.sha)
    rows = [_metric(one) for one in told.metrics] if told else []
    return Study(kept, word, said, rows, _page(shown, subject))


def _metric(told: MetricTold) -> tuple[str, str, str, str]:
    sparks = told.sparks
    return (
        told.name,
        effects.verdict(told.outcome),
        effects.change(told),
        sparkline(sparks.actual, sparks.expected, sparks.before),
    )


def _watched(shown: Shown, module: KeptModule) -> Watched:
    course = load_course(module.course)
    return Watched(module.name, *module_standing(course), course.reason, module_page(shown, module))


def _page(shown: Shown, subject: Subject) -> str:
    return opened(shown.pages, subject)
