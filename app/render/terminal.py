"""The card in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from app.render import words
from app.render.console import shown
from app.render.escape import terminal as safe
from checks.model import CheckResult, Decision, Measure, Row, State, Verdict

if TYPE_CHECKING:
    from rich.table import Table

DETAILS = 6  # of one check: reasons and findings
FIGURES = 400  # characters

_COLOURS = {Verdict.SHIP: "green", Verdict.HOLD: "yellow", Verdict.BLOCK: "red", Verdict.ROLLBACK: "red"}
_STATE_COLOURS = {State.PASS: "green", State.BLOCK: "red", State.ERROR: "red"}


def terminal(decision: Decision, width: int, color: bool) -> str:
    """The decision for `width` columns. `color` False (NO_COLOR, a pipe): no escape sequence at all."""
    from rich.text import Text  # rich is slow to import, and most commands never print a card

    headline = Text(safe(words.headline(decision)), f"bold {_COLOURS[decision.verdict]}")
    return shown((headline, _head(decision), "", _rows(decision)), width=width, colour=color) + "\n"


def _head(decision: Decision) -> Table:
    from rich.text import Text

    grid = _grid(6)
    for name, said in _said(decision):
        grid.add_row(Text(name, "dim"), Text(said))
    return grid


def _said(decision: Decision) -> Iterator[tuple[str, str]]:
    pull = decision.pull
    where = f"{pull.repository} #{pull.number}" if pull.number is not None else pull.repository
    yield (
        "Change",
        safe(f"{where} · {words.short(pull.head_sha)} onto {pull.base_ref} at {words.short(pull.base_sha)}"),
    )
    yield "Why", safe(words.why(decision), 600)
    yield "Next", safe(words.next_step(decision), 400)
    for note in words.notes(decision):
        yield "Note", safe(note, 400)


def _rows(decision: Decision) -> Table:
    from rich.text import Text

    grid = _grid(15, 10)
    for row in words.ordered(decision):
        style = "yellow" if words.remarks(row) or row.overridden else _STATE_COLOURS.get(row.result.state, "yellow")
        name, title = safe(row.result.name, 24), safe(row.result.title)
        grid.add_row(Text(f"{words.mark(row)} {words.word(row)}", style), Text(name, "bold"), Text(title))
        for detail in _details(row):
            grid.add_row("", "", Text(detail, "dim"))
    return grid


def _details(row: Row) -> Iterator[str]:
    """What the title does not say yet: reasons, findings with their place, figures; `--json` holds them all."""
    result = row.result
    placed = {finding.message: _at(finding.path, finding.line) for finding in result.findings}
    if result.state is not State.PASS:
        told = dict.fromkeys((*result.reasons, *placed))
        yield from _some(
            tuple(f"{said} {placed.get(said, '')}".strip() for said in told if _news(said, result, placed))
        )
    figures = [_figure(measure, result.name) for measure in words.telling(result.measures)]
    if figures:
        yield safe(" · ".join(figures), FIGURES)


def _news(said: str, result: CheckResult, placed: Mapping[str, str]) -> bool:
    return said != result.title or bool(placed.get(said))


def _some(texts: tuple[str, ...]) -> Iterator[str]:
    yield from (f"- {safe(text)}" for text in texts[:DETAILS])
    if len(texts) > DETAILS:
        yield f"- and {len(texts) - DETAILS} more"


def _figure(measure: Measure, check: str) -> str:
    qualified = words.qualifiers(measure)
    return f"{words.label(measure, check)} {words.value(measure, check)}" + (f" ({qualified})" if qualified else "")


def _at(path: str, line: int | None) -> str:
    return f"({path}:{line})" if path and line else f"({path})" if path else ""


def _grid(*widths: int) -> Table:
    """Columns of at least `widths`, then one that takes the rest and wraps."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1), expand=True)
    for width in widths:
        grid.add_column(min_width=width, max_width=width + 14, overflow="fold", no_wrap=False)
    grid.add_column(ratio=1, overflow="fold")
    return grid
