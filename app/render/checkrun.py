"""The texts of check runs: plain Markdown, for neither alerts nor diagrams are known to work there."""

from __future__ import annotations

from typing import Literal

from app.github.limits import (
    ACTIONS,
    ANNOTATION_MESSAGE_BYTES,
    ANNOTATION_TITLE,
    ANNOTATIONS_PER_REQUEST,
    CHECK_SUMMARY,
    CHECK_TEXT,
)
from app.model import AGREE_BUTTON, DISAGREE_BUTTON, EVALUATE_BUTTON, Annotation, Beside, Button, CheckRunText
from app.render import remediated, words
from app.render.card import cut_note, table
from app.render.cut import blocks, fit, fit_all
from app.render.escape import Markdown, line
from app.render.evidence import in_repository
from app.render.offers import pressed
from app.render.sections import body, sections
from app.render.spent import spending
from app.render.templates import render
from checks.model import Decision, Finding, Mode, Pull, Row, State, Verdict
from program.remediation import Remediation

TITLE = 255  # ours: GitHub states no limit for a check run's title
NOTHING_BESIDE = Beside()
ROWS = 20  # lines of the table in a summary

EVALUATE = Button("Re-evaluate", "Read the facts again and decide anew", EVALUATE_BUTTON)

_FAILING_FIRST = ("failure", "warning", "notice")


def decision_run(decision: Decision, page: str = "", beside: Beside = NOTHING_BESIDE) -> CheckRunText:
    """The run to require: the verdict in one line, every check in a table, the evidence of each. `page`: the address of
    its page in the Decision Center. `beside`: what is known beside the decision.
    """
    summary = render(
        "decision_run.md.j2",
        why=words.why(decision),
        next_step=words.next_step(decision),
        repair=remediated.telling(beside.remediation, decision.verdict is Verdict.SHIP),
        spent=spending(beside.spent, beside.reported),
        notes=words.notes(decision),
        table=table(decision, ROWS),
    )
    text = fit_all(sections(decision), CHECK_TEXT, cut_note)
    pressed = buttons(decision, beside.remediation)
    return CheckRunText(line(words.headline(decision), TITLE), _fitted(summary), text, buttons=pressed, page=page)


def buttons(decision: Decision, remediation: Remediation | None = None) -> tuple[Button, ...]:
    """What helps most, and to look again; GitHub shows three. A merge group has no pull request to ask it for."""
    if decision.pull.number is None:
        return (EVALUATE,)
    asked = [Button(offer.label, offer.description, offer.verb) for offer in pressed(decision, remediation)]
    return (*asked[: ACTIONS - 1], EVALUATE)


def check_run(row: Row, decision: Decision) -> CheckRunText:
    """The run of one check. Its findings with a line become annotations, in mode `warn` none of them red."""
    summary = render("check_run.md.j2", row=row, result=row.result)
    return CheckRunText(
        line(_remark(row) + row.result.title, TITLE) or line(row.result.name, TITLE),
        _fitted(summary),
        fit(blocks(body(row, decision.pull)), CHECK_TEXT, cut_note),
        annotated(row)[:ANNOTATIONS_PER_REQUEST],
        (EVALUATE, *_opinions(row)),
        row.result.detail.get("page", ""),
    )


def _remark(row: Row) -> str:
    """What stands before the title of a check that found something and stops nothing."""
    if row.overridden:
        return f"Overridden by {row.overridden.who}: "
    return f"{words.word(row)}: " if words.remarks(row) else ""


def _opinions(row: Row) -> tuple[Button, ...]:
    """What a reviewer may say to the first study that the check tells of, once it has an answer."""
    studies = row.result.detail.get("studies", ())
    study = next((one["study"] for one in studies if one.get("digest")), None)
    if study is None:
        return ()
    agree = Button("Agree", "Say that you believe this answer", f"{AGREE_BUTTON}:{study}")
    return (agree, Button("Disagree", "Say that you do not believe it", f"{DISAGREE_BUTTON}:{study}"))


def retired() -> CheckRunText:
    """The last words of a run whose gate nobody asks for any more."""
    return CheckRunText("No longer configured", render("retired_run.md.j2"))


def overtaken(pull: Pull) -> CheckRunText:
    """The last words of a run on the head before that of `pull`."""
    title = line(f"Overtaken by {words.short(pull.head_sha)}", TITLE)
    return CheckRunText(title, render("overtaken_run.md.j2", pull=pull))


def merged(pull: Pull) -> CheckRunText:
    """The last words of a run that still waited when `pull` was merged."""
    return CheckRunText(line(f"Merged at {words.short(pull.head_sha)}", TITLE), render("merged_run.md.j2", pull=pull))


def pending(pull: Pull) -> CheckRunText:
    """The words of a run while nothing is known yet."""
    return CheckRunText(line(f"Reading {words.short(pull.head_sha)}", TITLE), render("pending_run.md.j2", pull=pull))


def annotated(row: Row) -> tuple[Annotation, ...]:
    """A remark on each line that a finding names, failures first."""
    found = (one for one in row.result.findings if one.line and in_repository(one.path))
    placed = [_annotation(finding, row.mode) for finding in found]
    return tuple(sorted(placed, key=lambda remark: _FAILING_FIRST.index(remark.level)))


def _annotation(finding: Finding, mode: Mode) -> Annotation:
    level: Literal["notice", "warning", "failure"] = "warning"
    if finding.state is State.PASS:
        level = "notice"
    elif finding.state is State.BLOCK and mode is Mode.BLOCK:
        level = "failure"
    said = ". ".join(filter(None, (finding.message, finding.fix)))
    return Annotation(
        finding.path,
        max(finding.line or 1, 1),
        level,
        line(said, ANNOTATION_MESSAGE_BYTES // 4),  # a character has at most four bytes
        line(finding.rule, ANNOTATION_TITLE),
    )


def _fitted(summary: Markdown) -> str:
    return fit(blocks(summary), CHECK_SUMMARY, cut_note)
