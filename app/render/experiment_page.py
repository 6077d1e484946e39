"""The page of one experiment: what a reviewer sees in ten seconds, and below it all that it rests on.

Everything is drawn here, on the server; a script only ever puts a newer drawing in the place of an older one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.model import KeptExperiment, LogLine, Point
from app.render import picture
from app.render.html import page
from app.render.mirrored import Mirror, mirror
from app.render.picture import Mark
from checks import shadow
from checks.answer import HOLD, PROMOTE, ROLLBACK, WAIT, answer, patience, stance, unread
from checks.experiment import Config, GateConfig, Status, lateness, load, report, trouble
from checks.experiment.aftermath import UNDER_WAY
from checks.experiment.report import Proof, Report, Row
from checks.held import BY_HAND

TABLE_ROWS = 24  # of a picture, told in a table

OWED = 86_400.0  # seconds after which what should follow from an answer is given up

_HEADLINES = {
    WAIT: ("Not decided yet", "open"),
    PROMOTE: ("Promote", "good"),
    ROLLBACK: ("Roll back", "bad"),
    HOLD: ("No answer", "calm"),
    BY_HAND: ("Rolled back", "bad"),
}
_DONE = {PROMOTE: "Promoted", ROLLBACK: "Taken back", BY_HAND: "Taken back"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page shows, as it was read. `home`: the address of the pull request or commit on GitHub."""

    kept: KeptExperiment
    points: Sequence[Point]
    log: Sequence[LogLine]
    home: str
    at: float  # epoch seconds
    edition: str  # a word for all of it, by which the stream knows what is news


@dataclass(frozen=True, slots=True)
class Standing:
    """How an experiment stands, in two words and in a sentence, with the tone that they are said in."""

    word: str
    tone: str
    said: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its row of the report, its picture where there are points, and the same as a table."""

    row: Row
    ratio: str
    outlook: str
    drawn: Markup | None
    caption: str
    marks: Sequence[Mark]
    steps: Sequence[tuple[float, str, str]]  # time, evidence for the promotion, evidence of a regression


def experiment_page(shown: Shown) -> str:
    """The page, whole."""
    kept = shown.kept
    gate = Config.model_validate_json(kept.rules).judged_by
    told = report(load(kept.state, gate), gate)
    mirrored = mirror(shadow.load(kept.mirrored.told)) if kept.mirrored else None
    course, stands = _course(kept, told, shown.at), standing(kept, shown.at)
    metrics = pictured(kept, shown.points)
    return page(
        "pages/experiment.html.j2",
        path=f"/experiments/{kept.id}",
        kept=kept,
        canary=kept.canary,
        home=shown.home,
        told=told,
        word=stands.word,
        tone=stands.tone,
        said=stands.said,
        ahead=(*_ahead(shown, told, course, metrics), *_figures(kept, gate)),
        metrics=metrics,
        mirror=mirrored,
        unused={kind: number for kind, number in told.anomalies.items() if number},
        log=shown.log,
        at=shown.at,
        live=goes_on(kept),
        edition=shown.edition,
        bar=_bar,
    )


def standing(kept: KeptExperiment, at: float) -> Standing:
    """How it stands at epoch second `at`. Raises StateError for what another version kept."""
    gate = Config.model_validate_json(kept.rules).judged_by
    told = report(load(kept.state, gate), gate)
    course = _course(kept, told, at)
    word, tone = _headline(told, course)
    decided = kept.mirrored is not None and course not in {told.action, BY_HAND}
    mirrored = mirror(shadow.load(kept.mirrored.told)) if kept.mirrored and decided else None
    return Standing(word, tone, _said(word, told, mirrored))


def pictured(kept: KeptExperiment, points: Sequence[Point]) -> list[Metric]:
    """Its metrics, each with a picture of the `points`. Raises StateError for what another version kept."""
    gate = Config.model_validate_json(kept.rules).judged_by
    return [_metric(row, points, gate) for row in report(load(kept.state, gate), gate).rows]


def goes_on(kept: KeptExperiment) -> bool:
    """Whether there will be news: it runs, or its consequences are owed."""
    return not kept.ended or kept.acted in {"", UNDER_WAY}


# --- how it stands ----------------------------------------------------------------------------------------------


def _course(kept: KeptExperiment, told: Report, at: float) -> str:
    """What was done, or is to be done by all that is known: the gate's answer, and what mirrored answers say to it."""
    if kept.course or kept.mirrored is None:
        return kept.course or told.action
    says = stance(kept.mirrored.rules, kept.mirrored.told)
    if kept.mirrored.behind:
        return unread(told.action, says)
    return answer(told.action, says, at - kept.changed, patience(kept.mirrored.rules))


def _headline(told: Report, course: str) -> tuple[str, str]:
    """In two words, and the tone they are said in."""
    word, tone = _HEADLINES[course]
    if told.status is Status.WAITING and course == WAIT:
        return "Waiting", tone
    return ("Not promoted", tone) if told.status is Status.PROMOTE and course == HOLD else (word, tone)


def _said(word: str, told: Report, mirrored: Mirror | None) -> str:
    """The standing in a sentence, without the word that stands above it; a name that it begins with stays as it is.

    `mirrored`: where it is mirrored answers that decide.
    """
    if mirrored is not None:
        return mirrored.title
    said = told.title.removeprefix(word).removeprefix(": ").strip()
    return said if told.status is Status.ROLLBACK else said[:1].upper() + said[1:]


def _figures(kept: KeptExperiment, gate: GateConfig) -> Iterator[str]:
    """What keeps its figures away, without the marks of Markdown."""
    late = () if kept.ended else lateness(kept.feed, gate)
    return (f"{said.replace('`', '')}." for said in (*trouble(kept.feed), *late))


def _ahead(shown: Shown, told: Report, course: str, metrics: Sequence[Metric]) -> Iterator[str]:
    """What comes next, or what was done."""
    kept = shown.kept
    if kept.acted:
        yield f"{_DONE.get(course, 'Left as it is')}: {kept.acted}."
    elif told.status is Status.WAITING:
        yield "The evidence begins with the first tick that has requests on both sides."
    elif not told.status.final:
        yield from (f"{one.row.name}: {one.outlook}" for one in metrics if one.outlook)
    elif course == WAIT:
        yield "Every gate is proven; the promotion waits for mirrored answers."
    elif shown.at - kept.changed > OWED:
        yield "What should follow from it could not be had within a day, and is not tried any more."
    else:
        yield "What follows from it is being done."


def _bar(proof: Proof, kind: str) -> Markup:
    return picture.bar(1.0 if proof.reached else proof.log_e / proof.bound, kind)


# --- one metric -------------------------------------------------------------------------------------------------


def _metric(row: Row, points: Sequence[Point], gate: GateConfig) -> Metric:
    ours = [point for point in points if row.name in point.log_es]
    bounds = (row.promote.bound if row.promote else None, row.rollback.bound)
    drawn = picture.lines(ours, row.name, bounds)
    found = picture.marks(ours, gate.tick_seconds)
    return Metric(
        row,
        _ratio(row),
        _outlook(row),
        picture.picture(ours, drawn, found, f"The evidence of {row.name} over time: {_stands(row)}") if ours else None,
        _stands(row),
        found,
        tuple(_steps(ours, row.name)),
    )


def _ratio(row: Row) -> str:
    """The estimate, and the interval that holds at every look at once."""
    if row.effect is None:
        return ""
    low = "0" if row.effect.low is None else f"{row.effect.low:.3g}"
    high = "any" if row.effect.high is None else f"{row.effect.high:.3g}"
    return f"{row.effect.estimate:.3g} ({low} to {high})"


def _outlook(row: Row) -> str:
    """How far a gate is from its proof; "" for what is proven, or need not be."""
    if row.promote is None or row.role != "gate" or row.promote.reached:
        return ""
    if row.remaining is None:
        return f"evidence for the promotion {row.promote.words}; so far it does not lead there"
    return f"evidence for the promotion {row.promote.words}, about {row.remaining:,} canary requests more"


def _stands(row: Row) -> str:
    said = f"of a regression {row.rollback.words}"
    return f"for the promotion {row.promote.words}, {said}" if row.promote else said


def _steps(points: Sequence[Point], metric: str) -> Iterator[tuple[float, str, str]]:
    """Evenly chosen from all, the last among them."""
    rows = min(TABLE_ROWS, len(points))
    for at in range(1, rows + 1):
        point = points[at * len(points) // rows - 1]
        promote, rollback = point.log_es[metric]
        yield point.t, "" if promote is None else picture.stands(promote), picture.stands(rollback)
