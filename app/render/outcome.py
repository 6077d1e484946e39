"""A comparison of two bills, drawn for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app.render.console import shown
from app.render.escape import terminal as safe
from checks.model import State
from checks.sbom.asking import WHY
from checks.sbom.drift.change import Change
from checks.sbom.findings.vulnerabilities import FIXED
from checks.sbom.judging.outcome import Judged, Outcome, Suppressed

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

CHANGES = 60  # rows of the table; `--json` holds them all
FINDINGS = 40
_COLOURS = {"block": "red", "hold": "yellow", "warn": "yellow", "ignore": "dim"}
_HEADLINES = {State.PASS: ("PASS", "green"), State.WARN: ("WARN", "yellow"), State.BLOCK: ("BLOCK", "red")}


def drawn(outcome: Outcome, *, width: int, colour: bool) -> str:
    """The whole outcome for `width` columns. `colour` False (NO_COLOR, a pipe): no escape sequence at all."""
    return shown(_parts(outcome), width=width, colour=colour)


def _parts(outcome: Outcome) -> Iterator[Text | Table | str]:
    from rich.text import Text

    word, style = _HEADLINES.get(outcome.state, ("NOT MEASURED", "yellow"))
    yield Text.assemble((word, f"bold {style}"), "  ", safe(outcome.title))
    if outcome.next_step:
        yield Text(safe(outcome.next_step), "dim")
    telling = tuple(each for each in outcome.judged if each.action != "ignore")
    if telling:
        yield ""
        yield _findings(telling)
    for line in _leaving(outcome.judged):
        yield Text(line, "dim")
    for excuse in outcome.suppressed:
        yield Text(_excused(excuse), "dim")
    for why, names in outcome.unidentified.items():
        yield Text(f"nobody can be asked about {len(names):,} component(s) {WHY[why]}", "dim")
    if outcome.diff.changes:
        yield ""
        yield _changes(outcome.diff.changes)


def _findings(judged: tuple[Judged, ...]) -> Table:
    from rich.text import Text

    table = _table("", "Finding", "Severity", "")
    for each in judged[:FINDINGS]:
        concern = each.concern
        name = f"{concern.rule} {concern.kind}".replace("_", " ").strip()
        table.add_row(Text(each.action, _COLOURS[each.action]), name, safe(concern.severity), safe(concern.message))
        for said in _why(each):
            table.add_row("", "", "", Text(safe(said), "dim"))
    if len(judged) > FINDINGS:
        table.add_row("", f"and {len(judged) - FINDINGS} more", "", "")
    return table


def _why(each: Judged) -> Iterator[str]:
    if len(each.concern.trail) > 1:
        yield " > ".join(each.concern.trail)
    if each.concern.fix:
        yield each.concern.fix


def _leaving(judged: tuple[Judged, ...]) -> Iterator[str]:
    """What this change mends, a line a package."""
    fixed: dict[str, list[str]] = {}
    for each in judged:
        if each.concern.kind == FIXED:
            fixed.setdefault(each.concern.name, []).append(each.concern.id)
    for name, ids in sorted(fixed.items()):
        yield safe(f"fixed in {name}: {', '.join(ids)}", 400)


def _excused(excuse: Suppressed) -> str:
    until = f", until {excuse.until}" if excuse.until else ""
    return safe(f"suppressed by {excuse.by} ({excuse.who}{until}): {excuse.concern.message}: {excuse.why}", 400)


def _changes(changes: tuple[Change, ...]) -> Table:
    table = _table("Change", "Package", "Base", "Head", "Brought by")
    for change in changes[:CHANGES]:
        table.add_row(*map(safe, _row(change)))
    if len(changes) > CHANGES:
        table.add_row(f"and {len(changes) - CHANGES} more", "", "", "", "")
    return table


def _row(change: Change) -> Iterable[str]:
    old, new = change.base_versions, change.head_versions
    if change.kind == "license_changed":
        old, new = change.base_licences, change.head_licences
    brought = "the product itself" if change.direct else ", ".join(change.introduced_by)
    return change.kind.replace("_", " "), change.name, ", ".join(old), ", ".join(new), brought


def _table(*names: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
