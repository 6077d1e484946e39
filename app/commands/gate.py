"""`maestro gate`: the sequential gate of a canary, on files."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click

from app.commands import screen
from app.commands.bills import EXISTING
from app.commands.files import lines_of, settings_in
from app.commands.gate_state import begun, keep
from app.commands.thinned import Thinned
from app.exit import Exit
from app.render.courses import table
from checks.experiment import Gate, GateConfig, GateState, Watched
from checks.experiment.report import Report, report
from checks.experiment.tick import is_time

RATIOS = (0.5, 1.0, 1.2, 1.5, 2.0, 3.0)  # simulated where nobody says which

_STATE = click.option(
    "--state", "kept", type=click.Path(dir_okay=False, path_type=Path), help="Go on from this file, renew it."
)
_RATIO = click.FloatRange(0, 100, min_open=True)
_EXITS = {"promote": Exit.SHIP, "rollback": Exit.BLOCK}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def gate() -> None:
    """Promote a canary on overwhelming evidence, roll it back on little: run the gate on files, or simulate it."""


@gate.command("run")
@click.argument("ticks", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--config", "rules", type=EXISTING, required=True, help="The experiment's rules, YAML or JSON.")
@_STATE
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def run(ticks: str, rules: Path, kept: Path | None, as_json: bool) -> None:
    """Judge TICKS, a line of JSON each: `{"t": 1700000000, "control": {"good": 990, "total": 1000}, "canary": {...}}`.

    "-" reads standard input. The exit code is the answer: 0 promote, 1 roll back, 2 a line or rules that cannot be
    read, 3 not decided, or ended without an answer.
    """
    config = settings_in(rules, Watched)
    judge = begun(kept, config)
    course = Thinned[GateState]()
    course.add(judge.state)
    with click.open_file(ticks, "rb") as lines:
        for tick in lines_of(lines, ticks, _tick):
            course.add(judge.update(tick))
    keep(judge, kept)
    _answer(judge, config, course, as_json)


@gate.command("watch")
@click.option("--config", "rules", type=EXISTING, required=True, help="The experiment's rules, with `queries`.")
@click.option("--prometheus", "address", required=True, help="The address of a Prometheus, or of what speaks like one.")
@_STATE
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def watched(rules: Path, address: str, kept: Path | None, as_json: bool) -> None:
    """Judge a canary by the counters of a Prometheus, from now on, until there is an answer.

    Each tick is told on standard error. A bearer token is taken from MAESTRO_PROMETHEUS_TOKEN. Exit codes as of `run`.
    """
    from app.commands.watching import watch
    from app.sources import BadSelector

    config = settings_in(rules, Watched)
    if not config.queries:
        raise click.ClickException(f"{rules}: there are no `queries`: where should the figures come from?")
    judge = begun(kept, config)
    token = os.environ.get("MAESTRO_PROMETHEUS_TOKEN", "")
    try:
        course = asyncio.run(watch(judge, config, address, token, lambda: keep(judge, kept)))
    except BadSelector as error:
        raise click.ClickException(f"{rules}: {error}") from None
    except ValueError as error:
        raise click.ClickException(f"--prometheus {error}") from None
    _answer(judge, config, course, as_json)


def _numbers(_context: click.Context, _option: click.Parameter, ratios: tuple[float, ...]) -> tuple[float, ...]:
    """NaN lies in every range."""
    if any(map(math.isnan, ratios)):
        raise click.BadParameter("nan is no ratio")
    return ratios


@gate.command("simulate")
@click.option("--config", "rules", type=EXISTING, help="The experiment's rules; without any, the defaults at 1 %.")
@click.option(
    "--ratio", "ratios", type=_RATIO, multiple=True, callback=_numbers, help="Canary over control; repeat it."
)
@click.option("--reps", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Experiments a ratio.")
@click.option("--per-tick", type=click.IntRange(1, 10**9), help="Requests a side and tick; a 100th of a fixed test's.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def simulated(
    rules: Path | None, ratios: tuple[float, ...], reps: int, per_tick: int | None, seed: int, as_json: bool
) -> None:
    """What would the rules do to canaries that are so much worse, and after how many requests?

    Each experiment goes through the very gate that judges, on random requests. Metrics that gate are all as much worse
    in the canary, others are alike.
    """
    from checks.experiment.simulation import course, simulate

    config = GateConfig(baseline=0.01) if rules is None else settings_in(rules, Watched)
    courses = []
    for ratio in ratios or RATIOS:
        states = simulate(config, ratio, reps, seed, per_tick)
        with click.progressbar(states, reps, f"{ratio:g} x as bad", file=sys.stderr) as going:
            courses.append(course(config, ratio, list(going)))
    click.echo(json.dumps([asdict(one) for one in courses], indent=2) if as_json else table(courses))


def _answer(judge: Gate, config: GateConfig, course: Iterable[GateState], as_json: bool) -> NoReturn:
    told = report(judge.state, config)
    click.echo(json.dumps(_plain(judge, told), indent=2) if as_json else _drawn(told, course, config))
    sys.exit(_EXITS.get(told.action, Exit.HOLD))


def _tick(line: bytes) -> object:
    """What a line says; counts that are none, as Python writes them, are the gate's to refuse."""
    try:
        found = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict) or not is_time(found.get("t")):
        raise ValueError("no tick: it needs a time `t` in epoch seconds, `control` and `canary`")
    return found


def _plain(judge: Gate, told: Report) -> dict[str, Any]:
    state: GateState = judge.state
    known = {"log_e_promote": state.log_e_promote, "log_e_rollback": state.log_e_rollback}
    finite = {name: value if math.isfinite(value) else None for name, value in known.items()}
    return {**asdict(told), **finite, "replay": json.loads(judge.to_json())}


def _drawn(told: Report, course: Iterable[GateState], config: GateConfig) -> str:
    from app.render.gate import drawn  # rich takes as long to load as all the rest

    return drawn(told, tuple(course), config, width=screen.columns(), colour=screen.coloured())
