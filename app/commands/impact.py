"""`maestro impact`: what happened to a series at a moment, against what would have been without it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any, get_args

import click

from app.commands import screen
from app.commands.series_csv import Mixed, Table, Unreadable, moment, read
from app.exit import Exit
from app.render.impact import Shown, as_json, drawn
from checks.impact.block import Config, Kind, Metric, Prior
from checks.impact.kind import LEAST_ALPHA, MOST_ALPHA, Better
from checks.impact.outcome import Outcome
from checks.impact.plan import Plan
from checks.impact.told import MetricTold
from checks.impact.window import seen
from checks.impact.words import summary

_EXITS: Mapping[Outcome, Exit] = {
    Outcome.LIKELY_BETTER: Exit.SHIP,
    Outcome.NO_EVIDENCE: Exit.SHIP,
    Outcome.PENDING_DEPLOY: Exit.SHIP,
    Outcome.LIKELY_WORSE: Exit.BLOCK,
    Outcome.INSUFFICIENT_DATA: Exit.HOLD,
}
_USUAL = Config()
_ALPHA = click.FloatRange(LEAST_ALPHA, MOST_ALPHA)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _choice(name: str, words: Any, usual: str, said: str) -> Decorator:
    return click.option(name, type=click.Choice(get_args(words)), default=usual, show_default=True, help=said)


def _number(name: str, kind: click.IntRange | click.FloatRange, usual: float, said: str) -> Decorator:
    return click.option(name, type=kind, default=usual, show_default=True, help=said)


def _moment(_context: click.Context, _option: click.Parameter, text: str) -> float:
    found = moment(text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is no time: write 2026-11-30T14:00Z, a day, or epoch seconds")
    return found[1]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("series", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--at", required=True, callback=_moment, metavar="TIME", help="When it happened, written as in the file.")
@_choice("--prior", Prior, _USUAL.prior, "`auto`: for series whose points hang together. `r`: as CausalImpact in R.")
@_choice("--kind", Kind, "flow", "What the metric is; sums are told of flows and counts.")
@_choice("--better", Better, "higher", "Which way is good.")
@_number("--period", click.IntRange(0, 10_000), 0, "Points of a season; 0: none.")
@_number("--alpha", _ALPHA, _USUAL.alpha, "How unlikely an effect must be; 1 - alpha is the width of intervals.")
@_number("--min-pre", click.IntRange(3), _USUAL.min_pre, "The fewest points before TIME.")
@_number("--placebos", click.IntRange(0, 100), _USUAL.placebos, "The most placebo dates before TIME.")
@click.option("--json", "as_text", is_flag=True, help="Print the answer as JSON.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this file, in three panels.")
def impact(
    series: str,
    at: float,
    prior: Prior,
    kind: Kind,
    better: Better,
    period: int,
    alpha: float,
    min_pre: int,
    placebos: int,
    as_text: bool,
    svg: Path | None,
) -> None:
    """What happened to SERIES at TIME, against what its past and its covariates lead to expect?

    SERIES is CSV: the columns are time, the metric, then covariates that cannot have been touched; "-" reads standard
    input. A time is a day, ISO 8601 (UTC where no zone is said) or epoch seconds, the same in all lines.

    \b
        maestro impact orders.csv --at 2026-03-12 --period 7 --svg orders.svg

    The exit code is the answer: 0 likely better, no evidence, or nothing after TIME yet; 1 likely worse; 2 a file that
    cannot be read; 3 too little data to say.
    """
    plan = Plan(inf, inf, 0.0, alpha, alpha, prior, min_pre, placebos)
    metric = Metric(name="y", kind=kind, better=better, period=period)
    with click.open_file(series, "rb") as file:
        text = file.read()
    try:
        one = _looked(read(text), metric, plan, at)
    except Unreadable as error:
        raise click.ClickException(f"{series}: {error}") from None
    except Mixed as error:
        one = Shown(MetricTold("y", Outcome.INSUFFICIENT_DATA, str(error), kind=kind, better=better), prior, alpha)
    if svg:
        _draw(one, at, svg)
    click.echo(json.dumps(as_json(one), indent=2) if as_text else _drawn(one))
    sys.exit(_EXITS[one.told.outcome])


def _looked(table: Table, metric: Metric, plan: Plan, at: float) -> Shown:
    """The answer, with every point."""
    from checks.impact.study import look  # scipy takes a while to load

    named = metric.model_copy(update={"name": table.observed.metric})
    found = look(replace(plan, step=table.step), [named], [table.observed], at)
    (answer,), (told,) = found.answers, found.told.metrics
    points = answer.estimate.pointwise or seen(answer.window.values)
    about = (found.told.digest, found.told.model)
    return Shown(told, plan.prior, plan.alpha, answer.window.times, points, table.notes, *about)


def _draw(one: Shown, at: float, file: Path) -> None:
    from app.render.impact_picture import Course, document

    if not one.points:
        click.echo(f"{file}: there is nothing to draw", err=True)
        return
    course = Course(one.told.name, one.told.unit, at, one.times, one.points)
    file.write_text(document(course, " ".join(summary(one.told))), encoding="utf-8")


def _drawn(one: Shown) -> str:
    return drawn(one, width=screen.columns(), colour=screen.coloured())
