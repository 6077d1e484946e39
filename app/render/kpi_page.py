"""`/kpi`: the outcome metrics as a page, which needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from app.render import kpi as told
from app.render.html import page
from app.render.kpi_picture import trend
from app.render.spans import span
from program.kpi import LEAST, Facts, Figure, Reported, Standing
from program.kpi.declared import Kpi

PERIODS = (7, 30, 90)  # days
USUAL = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to see: so many days, of one repository, or of all ("")."""

    days: int = USUAL
    repository: str = ""

    def address(self, days: int) -> str:
        """The same for another period."""
        more = {"repository": self.repository} if self.repository else {}
        return f"/kpi?{urlencode({'days': days, **more})}"


@dataclass(frozen=True, slots=True)
class Shown:
    """One metric as the page shows it."""

    kpi: Kpi
    standing: Standing
    said: str
    between: str
    rests_on: str
    beside: tuple[str, ...]
    compared: str
    parts: tuple[tuple[str, str, str, str], ...]
    drawn: Markup
    course: str


def kpi_page(
    reported: Sequence[Reported], facts: Facts, wanted: Wanted, repositories: Sequence[str], login: str, left: int
) -> str:
    """The page, whole. `repositories`: all that `login` may choose of; `left`: how many cannot be told of."""
    return page(
        "pages/kpi.html.j2",
        shown=[_shown(one, facts) for one in reported],
        start=facts.start,
        end=facts.end,
        wanted=wanted,
        periods=PERIODS,
        repositories=repositories,
        login=login,
        left=left,
        least=LEAST,
    )


def _shown(one: Reported, facts: Facts) -> Shown:
    figure, course = one.told.figure, _course(one, facts)
    return Shown(
        one.kpi,
        figure.standing,
        told.said(figure, one.kpi),
        told.between(figure, one.kpi),
        told.rests_on(figure),
        one.told.beside,
        told.compared(one),
        tuple((told.part(name), *_cells(part, one.kpi)) for name, part in one.told.parts),
        trend(one.course, course),
        course,
    )


def _cells(figure: Figure, kpi: Kpi) -> tuple[str, str, str]:
    return told.said(figure, kpi), told.between(figure, kpi), told.rests_on(figure)


def _course(one: Reported, facts: Facts) -> str:
    """The course in a sentence."""
    step = span((facts.end - facts.start) / len(one.course))
    each = "; ".join(
        told.said(figure, one.kpi) if figure.standing is Standing.TOLD else figure.standing.value
        for figure in one.course
    )
    return f"{len(one.course)} spans of {step}, the oldest first: {each}"
