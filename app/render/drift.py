"""A comparison of tables, drawn for a terminal: what moved, how far, and how far chance would have gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from app.render.console import shown
from app.render.escape import terminal as safe
from checks.drift import FeatureWatch, Shift, Standing, Watch
from checks.drift.answer import Answer

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

ROWS = 40  # features shown; `--json` holds them all
DAYS = 45  # of the course
_BLOCKS = "▁▂▃▄▅▆▇█"
_MARKS = {Standing.OK: "·", Standing.WATCH: "~", Standing.BLIND: "?", Standing.DRIFT: "█"}
_COLOURS = {Standing.OK: "green", Standing.WATCH: "yellow", Standing.BLIND: "yellow", Standing.DRIFT: "red"}
_WORST_FIRST = tuple(reversed(Standing))


def drawn(answer: Answer, *, width: int, colour: bool) -> str:
    """The answer for `width` columns. `colour` False (NO_COLOR, a pipe): no escape sequence at all."""
    return shown(_parts(answer), width=width, colour=colour)


def _parts(answer: Answer) -> Iterator[Text | Table | str]:
    from rich.text import Text

    word, style = answer.state.upper(), _COLOURS[answer.state]
    yield Text.assemble((word, f"bold {style}"), "  ", safe(answer.reason, 400))
    if answer.comparison.shifts:
        yield ""
        yield _followed(answer) if answer.course else _compared(answer.comparison.shifts)
    notes = [f"{shift.name}: {note}" for shift in answer.comparison.shifts for note in shift.notes]
    if answer.unknown:
        notes.append(f"not in the reference: {', '.join(answer.unknown)}")
    if notes:
        yield ""
    for note in notes[:ROWS]:
        yield Text(safe(note, 400), "dim")


def _compared(shifts: Sequence[Shift]) -> Table:
    from rich.text import Text

    table = _table("Feature", "", "PSI", "by chance", "q", "Reference", "Current", "")
    for shift in sorted(shifts, key=lambda each: _WORST_FIRST.index(each.state))[:ROWS]:
        state = Text(shift.state, _COLOURS[shift.state])
        table.add_row(safe(shift.name, 60), state, *_figures(shift), *bars(shift), safe(_remark(shift)))
    if len(shifts) > ROWS:
        table.add_row(f"and {len(shifts) - ROWS} more")
    return table


def _followed(answer: Answer) -> Table:
    """The features with their days, the last of them."""
    from rich.text import Text

    table = _table("Feature", "", "PSI", "since", "Days", "Reference", "Current", "")
    last = answer.course[-1]
    shifts = {shift.name: shift for shift in answer.comparison.shifts}
    for feature in sorted(last.features, key=lambda each: _WORST_FIRST.index(each.state))[:ROWS]:
        shift = shifts[feature.name]
        state = Text(feature.state, _COLOURS[feature.state])
        figures = (_figures(shift)[0], _since(feature), days(answer.course, feature.name))
        table.add_row(safe(feature.name, 60), state, *figures, *bars(shift), safe(_remark(feature)))
    if len(last.features) > ROWS:
        table.add_row(f"and {len(last.features) - ROWS} more")
    return table


def _table(*names: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for at, name in enumerate(names):
        table.add_column(name, overflow="fold", no_wrap=0 < at < len(names) - 1)
    return table


def _figures(shift: Shift) -> tuple[str, str, str]:
    """PSI, what chance exceeds in one of a hundred, q."""
    if shift.psi is None or shift.threshold is None or shift.q is None:
        return "", "", ""
    return f"{shift.psi:.4f}", f"≤ {shift.threshold:.4f}", f"{shift.q:.2g}"


def _remark(feature: Shift | FeatureWatch) -> str:
    """The reason, where there is more to say than that all is well."""
    return "" if feature.state is Standing.OK and feature.reason.startswith("as the") else feature.reason


def bars(shift: Shift) -> tuple[str, str]:
    """The shares of the bins before and after, a block each; a full block is the largest share of both."""
    most = max((share for each in shift.bins for share in (each.before, each.after)), default=1.0)
    before = "".join(_block(each.before / most) for each in shift.bins)
    return before, "".join(_block(each.after / most) for each in shift.bins)


def _block(share: float) -> str:
    return " " if share == 0 else _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))]


def days(course: Sequence[Watch], name: str) -> str:
    """A mark for each of the last days: ok, weak evidence (~), blind (?), drift (a full block)."""
    states = [feature.state for watch in course[-DAYS:] for feature in watch.features if feature.name == name]
    return "".join(_MARKS[state] for state in states)


def _since(feature: FeatureWatch) -> str:
    return "" if feature.first is None else date.fromordinal(feature.first).isoformat()
