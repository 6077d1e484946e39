"""The page of what one deployment did: the worst of it in the first line, and below it all that it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from app.model import CANARY_SIDE, KeptStudy, LogLine, Tally
from app.render import words as figures
from app.render.escape import line
from app.render.html import moment, page
from app.render.impact_picture import Course, picture
from checks.impact import words
from checks.impact.block import Config
from checks.impact.outcome import Outcome
from checks.impact.panels import Trace
from checks.impact.panels import load as load_panels
from checks.impact.study import BADNESS
from checks.impact.told import Held, MetricTold, Told, load

TABLE_ROWS = 24  # of a picture, told in a table
NAME = 80  # characters of a metric's in its picture

TONES = {
    Outcome.LIKELY_WORSE: "bad",
    Outcome.LIKELY_BETTER: "good",
    Outcome.NO_EVIDENCE: "calm",
    Outcome.INSUFFICIENT_DATA: "open",
    Outcome.PENDING_DEPLOY: "open",
}
_CONTROLS = {"ok": "ok", "moved": "moved itself, dropped", "unusable": "unusable, dropped"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page shows, as it was read. `panels`: the points behind it, JSON, "" where none are kept; `rate`: what
    people say to all studies of the repository; `github`: the root of GitHub's own pages.
    """

    kept: KeptStudy
    tally: Tally
    rate: Tally
    panels: str
    log: Sequence[LogLine]
    github: str
    at: float  # epoch seconds
    edition: str  # a word for all of it, by which the stream knows what is news


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what was told of it, in words, as a picture where its points are kept, and the same as a table."""

    told: MetricTold
    tone: str
    verdict: str
    change: str
    total: str
    chances: str
    summary: Sequence[str]
    tried: str
    controls: Sequence[tuple[str, str, str]]  # name, how it is, and why
    drawn: Markup | None
    steps: Sequence[tuple[float, Sequence[str]]]  # time; seen, expected and its two ends


def standing(told: Told | None) -> tuple[str, str]:
    """What a look said in a word, or what is to come, and the tone it is said in."""
    outcome = told.outcome if told else Outcome.PENDING_DEPLOY
    return _sentence(words.verdict(outcome)), TONES[outcome]


def study_page(shown: Shown) -> str:
    """The page, whole. Raises ToldError, PanelsError and ValidationError for what another version kept."""
    kept = shown.kept
    told = load(kept.told) if kept.told else None
    traces = {one.name: one for one in load_panels(shown.panels).traces} if shown.panels else {}
    word, tone = standing(told)
    metrics = [_metric(one, traces.get(one.name), kept.intervention.at) for one in _told_of(kept, told)]
    return page(
        "pages/study.html.j2",
        path=f"/studies/{kept.id}",
        kept=kept,
        one=kept.intervention,
        home=f"{shown.github}/{quote(kept.intervention.repository)}",
        word=word,
        tone=tone,
        said=_said(metrics),
        ahead=tuple(_ahead(kept, told)),
        told=told,
        metrics=metrics,
        assumptions=words.assumptions(told.metrics if told else ()),
        agreement=tuple(_agreement(shown)),
        log=shown.log,
        at=shown.at,
        live=not kept.done,
        edition=shown.edition,
    )


# --- how it stands ----------------------------------------------------------------------------------------------


def _told_of(kept: KeptStudy, told: Told | None) -> Sequence[MetricTold]:
    """Each metric, in the order of the rules; before the first look what is to come is told of them."""
    if told is not None:
        return told.metrics
    asked = Config.model_validate_json(kept.rules).metrics
    return [MetricTold(one.name, Outcome.PENDING_DEPLOY, "the first look is to come") for one in asked]


def _said(metrics: Sequence[Metric]) -> str:
    """The worst metric in a sentence, and how many others there are."""
    if not metrics:
        return ""
    first = min(metrics, key=lambda one: BADNESS.index(one.told.outcome))
    others = len(metrics) - 1
    change = f" {first.change} against what was expected" if first.change else f": {first.told.reason}"
    more = f"; {others} more metric{'s' if others > 1 else ''} below" if others else ""
    return f"{first.told.name}{change}{more}."


def _ahead(kept: KeptStudy, told: Told | None) -> Iterator[str]:
    """Whose effect it is, and what comes next."""
    one = kept.intervention
    if len(one.pulls) > 1:
        numbers = ", ".join(f"#{number}" for number in one.pulls)
        yield f"{numbers} came with one deployment, and share this effect: nothing here tells them apart."
    if one.cut:
        yield "It brought more commits than were looked at: further pull requests may share it."
    if one.side == CANARY_SIDE:
        yield "Before the merge: the canary, held against control series."
    if kept.done:
        yield "This is final: all points of its window have come."
    elif told is None:
        yield f"The first look is to come at {moment(kept.look_at)}."
    else:
        yield f"It is looked at until {moment(kept.until)}, next at {moment(kept.look_at)}."


def _agreement(shown: Shown) -> Iterator[str]:
    """What people say to it, and how often they agree in this repository."""
    here, everywhere = shown.tally, shown.rate
    if here.all:
        yield f"{here.agree} of {here.all} {'person agrees' if here.all == 1 else 'people agree'} with this summary."
    else:
        yield "Nobody has said yet whether this summary is right."
    if everywhere.all:
        share = f"{100 * everywhere.agree / everywhere.all:.0f} %"
        yield f"In this repository it is {everywhere.agree} of {everywhere.all} ({share}), over all summaries."


# --- one metric -------------------------------------------------------------------------------------------------


def _metric(told: MetricTold, trace: Trace | None, deployed: float) -> Metric:
    summary = words.summary(told)
    return Metric(
        told,
        TONES[told.outcome],
        words.verdict(told.outcome),
        words.change(told),
        _total(told),
        words.chances(told),
        summary,
        words.tried(told),
        tuple(map(_control, told.controls)),
        picture(_course(told, trace, deployed), line(" ".join(summary), 1_000)) if trace else None,
        tuple(_steps(trace)) if trace else (),
    )


def _control(one: Held) -> tuple[str, str, str]:
    return one.name, _CONTROLS[one.state], one.why if one.state == "unusable" else ""


def _course(told: MetricTold, trace: Trace, deployed: float) -> Course:
    return Course(line(told.name, NAME), line(told.unit, NAME), deployed, trace.times, tuple(trace.points()))


def _total(told: MetricTold) -> str:
    """The sum of the effect with its interval; "" for what does not add up."""
    if told.cumulative is None:
        return ""
    effect, lower, upper = map(words.signed, (told.cumulative.effect, told.cumulative.lower, told.cumulative.upper))
    return f"{effect} [{lower}, {upper}] {told.unit}".rstrip()


def _steps(trace: Trace) -> Iterator[tuple[float, Sequence[str]]]:
    """Evenly chosen from all, the last among them."""
    rows = min(TABLE_ROWS, len(trace.times))
    for at in range(1, rows + 1):
        place = at * len(trace.times) // rows - 1
        yield trace.times[place], tuple(_figure(column[place]) for column in trace.columns[:4])


def _figure(value: float | None) -> str:
    return figures.NOTHING if value is None else words.number(value)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
