"""An experiment, drawn for a terminal: its standing, its evidence tick by tick, a row for each metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from app.render.console import shown
from app.render.escape import terminal as safe
from checks.experiment import GateConfig, GateState, Status
from checks.experiment.report import Report, Row

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

STEPS = 48  # columns of the picture
_BLOCKS = "▁▂▃▄▅▆▇█"
_HEADLINES = {
    Status.PROMOTE: ("PROMOTE", "green"),
    Status.ROLLBACK: ("ROLL BACK", "red"),
    Status.CONTINUE: ("CONTINUE", "yellow"),
    Status.WAITING: ("WAITING", "yellow"),
    Status.INCONCLUSIVE: ("INCONCLUSIVE", "yellow"),
}


def drawn(report: Report, course: Sequence[GateState], config: GateConfig, *, width: int, colour: bool) -> str:
    """The report for `width` columns; `course`: every state so far. `colour` False: no escape sequence at all."""
    return shown(_parts(report, course, config), width=width, colour=colour)


def _parts(report: Report, course: Sequence[GateState], config: GateConfig) -> Iterator[Text | Table | str]:
    from rich.text import Text

    word, style = _HEADLINES[report.status]
    reason = f"({report.reason}) " if report.reason else ""
    yield Text.assemble((word, f"bold {style}"), "  ", reason, safe(report.title))
    if report.rows:
        yield ""
        yield from _pictures(course, config)
        yield ""
        yield _table(report.rows)
    for said in _anomalies(report):
        yield Text(said, "yellow")
    if report.guarantee:
        yield ""
    for said in report.guarantee:
        yield Text(safe(said, 400), "dim")


def _pictures(course: Sequence[GateState], config: GateConfig) -> Iterator[str]:
    """How the evidence went towards either bound; a full block is the bound."""
    promote = min(config.designs[at].promote_bound for at in config.gates)
    rollback = min(config.designs[at].rollback_bound for at in config.deciding)
    yield f"to promote    {picture([state.log_e_promote for state in course], promote)}"
    yield f"to roll back  {picture([state.log_e_rollback for state in course], rollback)}"


def picture(log_es: Sequence[float], bound: float) -> str:
    """Evidence over time, the last of each step: nothing below 1, a full block at `bound`."""
    steps = min(STEPS, len(log_es))
    shown = [log_es[(step + 1) * len(log_es) // steps - 1] for step in range(steps)]
    return "".join(_block(value / bound) for value in shown)


def _block(share: float) -> str:
    return _BLOCKS[max(0, min(len(_BLOCKS) - 1, int(share * (len(_BLOCKS) - 1))))]


def _table(rows: Sequence[Row]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("Metric", "Control", "Canary", "Ratio", "To promote", "To roll back", "Requests"):
        table.add_column(name, overflow="fold")
    for row in rows:
        proof = row.promote.words if row.promote and row.role == "gate" else row.role.replace("_", " ")
        cells = (row.name, _rate(row.control.rate), _rate(row.canary.rate), _ratio(row), proof, row.rollback.words)
        table.add_row(*map(safe, cells), _requests(row))
    return table


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{100 * rate:.3g} %"


def _ratio(row: Row) -> str:
    """The estimate and the interval that holds at every look."""
    if row.effect is None:
        return "not known yet"
    low = "0" if row.effect.low is None else f"{row.effect.low:.3g}"
    high = "∞" if row.effect.high is None else f"{row.effect.high:.3g}"
    return f"{row.effect.estimate:.3g} ({low} to {high})"


def _requests(row: Row) -> str:
    """Of the canary; then what was saved, or what may still be needed."""
    said = f"{row.canary.requests:,}"
    if row.saved is not None and row.saved > 0:
        return f"{said}, {100 * row.saved:.0f} % fewer than a fixed test's"
    return f"{said}, about {row.remaining:,} more" if row.remaining else said


def _anomalies(report: Report) -> Iterator[str]:
    found = ", ".join(f"{number:,} {kind}" for kind, number in report.anomalies.items() if number)
    if found:
        yield safe(f"not used: {found}{f' ({report.flaw})' if report.flaw else ''}", 400)
