"""The page of a module that is watched for drift: how it stands in the first line; below it what moved, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from app.model import KeptModule, KeptReference, LogLine
from app.render import words
from app.render.capability import of_module
from app.render.drift_picture import pairs, percent, strip
from app.render.html import page
from checks.drift import Bin, Standing
from checks.drift.alarm import Course
from checks.drift.alarm import load as load_course
from checks.drift.block import Module
from checks.drift.told import FeatureTold, Told, written

_HEADLINES = {
    Standing.OK: ("As its reference", "good"),
    Standing.WATCH: ("May begin to drift", "open"),
    Standing.BLIND: ("Nobody sees whether it drifts", "open"),
    Standing.DRIFT: ("Drifts", "bad"),
}
_TONES = {Standing.OK: "good", Standing.WATCH: "open", Standing.BLIND: "open", Standing.DRIFT: "bad"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page shows, as it was read. `days`: what was told of each, the oldest first; `github`: the root of
    GitHub's own pages.
    """

    kept: KeptModule
    reference: KeptReference | None
    days: Sequence[Told]
    log: Sequence[LogLine]
    github: str
    at: float  # epoch seconds
    edition: str  # a word for all of it, by which the stream knows what is news


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature in words, and the picture of the bins that moved, the most moved first."""

    told: FeatureTold
    tone: str
    first: str
    against: str
    p: str
    q: str
    drawn: Markup | None
    bins: Sequence[Bin]


def standing(course: Course) -> tuple[str, str]:
    """How a module stands, and the tone that is said in."""
    word, tone = _HEADLINES[course.state]
    since = f" since {written(course.since)}" if course.state is Standing.DRIFT and course.since else ""
    return f"{word}{since}", tone


def drift_page(shown: Shown) -> str:
    """The page, whole. Raises ValidationError and MsgspecError for what another version kept."""
    kept, course = shown.kept, load_course(shown.kept.course)
    word, tone = standing(course)
    features = tuple(_feature(one) for one in course.told.features) if course.told else ()
    return page(
        "pages/drift.html.j2",
        path=of_module(kept.repository, kept.name).path,
        kept=kept,
        rules=Module.model_validate_json(kept.rules),
        home=f"{shown.github}/{quote(kept.repository)}",
        word=word,
        tone=tone,
        course=course,
        compared=written(course.told.day) if course.told else None,
        ahead=tuple(_ahead(shown)),
        features=features,
        drawn=strip([(one.day, one.state) for one in shown.days], _days(shown.days)),
        days=[(written(one.day), one.state.value, one.reason) for one in reversed(shown.days)],
        log=shown.log,
        at=shown.at,
        live=True,
        edition=shown.edition,
    )


def _ahead(shown: Shown) -> Iterator[str]:
    """What it is compared with, and what is done about it."""
    reference = shown.reference
    if reference is None:
        yield "There is no reference yet: its days are being gathered."
    else:
        window = f"{written(reference.first)} to {written(reference.last)}"
        yield f"Compared with the days from {window}, frozen as reference {reference.version}."


def _days(days: Sequence[Told]) -> str:
    """How many days stood how, for those who do not see the strip."""
    counts = {state: sum(one.state is state for one in days) for state in Standing}
    return "Days: " + ", ".join(f"{number} {state.value}" for state, number in counts.items() if number)


def _feature(told: FeatureTold) -> Feature:
    bins = sorted(told.bins, key=lambda one: -abs(one.z))
    label = f"{told.name}: " + ", ".join(f"{one.label} {percent(one.before)}, now {percent(one.after)}" for one in bins)
    drawn = pairs(bins, label) if bins else None
    return Feature(
        told,
        _TONES[told.state],
        written(told.first) or "",
        _against(told),
        _chance(told.p),
        _chance(told.q),
        drawn,
        bins,
    )


def _chance(value: float | None) -> str:
    """Below a thousandth digits say nothing."""
    return "below 0.001" if value is not None and value < 0.001 else words.number(value)


def _against(told: FeatureTold) -> str:
    """PSI beside what chance alone exceeds once in so many times."""
    if told.psi is None:
        return ""
    return words.number(told.psi) + (f", chance alone {words.number(told.threshold)}" if told.threshold else "")
