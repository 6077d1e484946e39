"""A look at a shadow diff, drawn for a terminal: what differs, how often, and by how much more than by itself."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import TYPE_CHECKING

from app.render.console import shown
from app.render.escape import terminal as safe
from checks.shadow import FieldRow, Report, Status

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

ROWS = 40  # fields shown; `--json` holds them all
_HEADLINES = {
    Status.CLEAN: ("CLEAN", "green"),
    Status.NOISY: ("NOISY", "yellow"),
    Status.WAITING: ("WAITING", "yellow"),
    Status.NO_DATA: ("NO DATA", "yellow"),
    Status.REGRESSION: ("REGRESSION", "red"),
}


def drawn(report: Report, *, width: int, colour: bool) -> str:
    """The report for `width` columns. `colour` False (NO_COLOR, a pipe): no escape sequence at all."""
    return shown(_parts(report), width=width, colour=colour)


def _parts(report: Report) -> Iterator[Text | Table | str]:
    from rich.text import Text

    word, style = _HEADLINES[report.status]
    yield Text.assemble((word, f"bold {style}"), "  ", safe(report.reason, 400))
    yield Text(_counted(report), "dim")
    if report.rows:
        yield ""
        yield _table(report)
    yield ""
    yield Text(f"Of what is flagged, {100 * report.q:g} % may be flagged wrongly, however often one looks.", "dim")


def _counted(report: Report) -> str:
    said = f"{report.triples:,} triples; endpoints: {len(report.routes):,}, fields: {report.fields:,}"
    if report.pairs:
        said += f"; {report.pairs:,} without a secondary, held against the noise of an earlier run"
    for method, number in sorted(report.skipped.items()):
        said += f"; {number:,} {method} not compared"
    return said


def _table(report: Report) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("", "Endpoint", "Field", "Differs", "By itself", "Beyond", "Evidence", "How"):
        table.add_column(name, overflow="fold")
    for row in report.rows[:ROWS]:
        cells = map(safe, (row.route, row.field, _share(row.raw_rate), _noise(row), _share(row.effect)))
        table.add_row(Text(*_mark(row)), *cells, _evidence(row), safe(", ".join(row.differences)))
        if row.blocks:
            for case in row.exemplars:
                table.add_row("", "", Text(safe(f"{case.id}: {case.primary} became {case.candidate}"), "dim"))
    if len(report.rows) > ROWS:
        table.add_row("", f"and {len(report.rows) - ROWS} more")
    return table


def _mark(row: FieldRow) -> tuple[str, str]:
    if row.blocks:
        return ("critical" if row.critical else "block"), "red"
    return ("warn", "yellow") if row.flagged else ("", "")


def _noise(row: FieldRow) -> str:
    return _share(row.noise_rate) if row.noise_from == "secondary" else f"≤ {_share(row.noise_rate)} ({row.noise_from})"


def _evidence(row: FieldRow) -> str:
    """The largest e-value so far."""
    return f"{exp(row.peak):,.3g}" if row.peak < 700 else f"e^{row.peak:,.0f}"


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"
