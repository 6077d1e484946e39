"""The outcome metrics in words and in JSON: each with what it rests on, or with why there is no figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.render import words
from app.render.spans import span
from program.kpi import LEAST, Facts, Figure, Reported, Standing
from program.kpi.declared import Kpi, Unit

CONFIDENCE = 0.95
SURFACES = {"comment": "by a comment", "button": "by a button", "center": "in the Decision Center", "api": "by the API"}
EPISODES = {"verdict": "pull requests", "experiment": "experiments", "drift": "watched modules"}
_PARTS = SURFACES | EPISODES


def amount(value: float, unit: Unit) -> str:
    """A value with its unit, as people write it: `62.3 %`, `1 d 2 h`, `$0.35`, `12 min`."""
    match unit:
        case Unit.SHARE:
            return f"{100 * value:.3g} %"
        case Unit.SECONDS:
            return span(value)
        case Unit.USD:
            return f"${value:,.2f}" if value >= 0.1 or not value else f"${value:.2g}"
        case Unit.MINUTES:
            return f"{value:,.3g} min" if value < 1_000 else f"{value:,.0f} min"
        case Unit.SCORE:
            return words.number(value)


def said(figure: Figure, kpi: Kpi) -> str:
    """The figure itself, or why there is none."""
    match figure.standing:
        case Standing.NONE:
            return kpi.none
        case Standing.FEW:
            return f"too few: {figure.n} of the {LEAST} that a figure takes"
        case Standing.TOLD:
            return amount(figure.value or 0.0, kpi.unit)


def between(figure: Figure, kpi: Kpi) -> str:
    """The 95 % interval, "" where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{amount(figure.low, kpi.unit)} to {amount(figure.high, kpi.unit)}"


def rests_on(figure: Figure) -> str:
    """On how many it rests; "" where it rests on none and nobody had to report."""
    if figure.of is not None:
        return f"{figure.n:,} of {figure.of:,} known"
    if figure.k is not None and figure.n:
        return f"{figure.k:,} of {figure.n:,}"
    return f"n = {figure.n:,}" if figure.n else ""


def part(name: str) -> str:
    """What a kind is called; checks and failures by their own names."""
    return _PARTS.get(name, name)


def compared(one: Reported) -> str:
    """The figure beside the one before the App, in a sentence; "" for what is not compared."""
    before = one.told.before
    if before is None:
        return ""
    known = said(before, one.kpi) if before.n else "no closed pull request is known of that time"
    around = f" ({between(before, one.kpi)}, n = {before.n:,})" if before.value is not None else ""
    ratio = one.told.ratio
    times = f" Now it takes {ratio:.2f} times as long." if ratio is not None else ""
    return f"Before the App: {known}{around}.{times} Before and after, and no experiment."


def plain(reported: Sequence[Reported], facts: Facts, repository: str | None) -> dict[str, Any]:
    """All of them in JSON's own types; times are epoch seconds, shares are of 1, what is not known is null."""
    return {
        "repository": repository,
        "start": round(facts.start),
        "end": round(facts.end),
        "least": LEAST,
        "confidence": CONFIDENCE,
        "kpis": [_plain(one) for one in reported],
    }


def _plain(one: Reported) -> dict[str, Any]:
    told = one.told
    return {
        "name": one.kpi.name,
        "title": one.kpi.title,
        "unit": one.kpi.unit.value,
        **_figure(told.figure),
        "said": said(told.figure, one.kpi),
        "beside": list(told.beside),
        "parts": [{"name": name, **_figure(figure)} for name, figure in told.parts],
        "before": None if told.before is None else _figure(told.before),
        "ratio": _rounded(told.ratio),
        "course": [_figure(figure) for figure in one.course],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "standing": figure.standing.value,
        "value": _rounded(figure.value),
        "low": _rounded(figure.low),
        "high": _rounded(figure.high),
        "n": figure.n,
        "k": figure.k,
        "of": figure.of,
    }


def _rounded(value: float | None) -> float | None:
    """To 12 significant digits, as everything that is compared."""
    return None if value is None else float(f"{value:.12g}")
