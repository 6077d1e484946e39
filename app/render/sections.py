"""The evidence: one section a check, made of its result and of the room's own template."""

from __future__ import annotations

from functools import partial

from app.render import words
from app.render.escape import Markdown
from app.render.evidence import cited, place
from app.render.templates import exists, render
from checks.model import CheckResult, Decision, Pull, Row

FINDINGS_SHOWN = 50
REASONS_SHOWN = 20
MEASURES_SHOWN = 40


def sections(decision: Decision) -> tuple[Markdown, ...]:
    """The evidence of every check in the table's order, then the risk's reasons where no check shows them."""
    found = tuple(section(row, decision.pull) for row in words.ordered(decision))
    if decision.risk is None or any(row.result.name == "risk" for row in decision.rows):
        return found
    return (*found, render("risk.md.j2", risk=decision.risk))


def section(row: Row, pull: Pull) -> Markdown:
    """One check's evidence under a heading of its own."""
    return render("section.md.j2", row=row, body=body(row, pull))


def body(row: Row, pull: Pull) -> Markdown:
    """One check's evidence: what it found and why, its figures, what its own room shows, its findings."""
    result = row.result
    reasons = tuple(reason for reason in result.reasons if reason != result.title)
    return render(
        "evidence.md.j2",
        row=row,
        result=result,
        reasons=reasons[:REASONS_SHOWN],
        more_reasons=max(len(reasons) - REASONS_SHOWN, 0),
        measures=words.worst_first(result.measures)[:MEASURES_SHOWN],
        findings=result.findings[:FINDINGS_SHOWN],
        fragment=_fragment(result, pull),
        cited=partial(cited, pull=pull),
        place=partial(place, pull=pull),
    )


def _fragment(result: CheckResult, pull: Pull) -> Markdown:
    name = f"checks/{result.name}.md.j2"
    if not result.detail or not exists(name):
        return Markdown("")
    return render(name, detail=result.detail, result=result, pull=pull, cited=partial(cited, pull=pull))
