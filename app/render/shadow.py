"""A look at a shadow diff, drawn for a terminal: what differs, how often, and by how much more than by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.render.console import shown
from app.render.escape import terminal as safe
from checks.shadow import FieldRow, Report, Status
from checks.shadow.words import evidence, noise, share

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
        cells = map(safe, (row.route, row.field, share(row.raw_rate, 3), noise(row), share(row.effect, 3)))
        table.add_row(Text(*_mark(row)), *cells, evidence(row), safe(", ".join(row.differences)))
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
