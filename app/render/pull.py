"""A pull request as the Decision Center shows it: what page and JSON both say, in plain words, not yet escaped.

Everything untrusted is one visible line here already, so that no control and no mark of direction reaches a reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.model import KeptCommand, KeptExperiment, KeptModule, KeptStudy, LogLine, Point, SpecTold
from app.model.beside import Spent
from app.render import words
from app.render.capability import Pages, of_module, of_pull
from app.render.escape import line
from app.render.evidence import blob, target
from app.render.spent import COST, EVAL, money
from checks.model import Decision, Finding, Measure, Measurement, Pull, Row, State, Verdict
from checks.overridden import Overridden
from program.remediation import Remediation

FIGURES = 12  # measures of one check
FINDINGS = 50  # of one check
TITLE = 300  # characters

OPEN, MERGED, CLOSED = "open", "merged", "closed"
RATIONALE = "rationale"
"""The measurement in which CI reports, in words, why an agent did what it did."""

_TONES = {Verdict.SHIP: "good", Verdict.HOLD: "open", Verdict.BLOCK: "bad", Verdict.ROLLBACK: "bad"}
_ROW_TONES = {State.PASS: "good", State.BLOCK: "bad"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one pull request, as it was read. `decision` is the newest, of id `id`; `state`: OPEN, MERGED or
    CLOSED; `judging`: a newer head that is being judged, "" where there is none; `reported`: what was measured of the
    head, by name; `remediations`: what was done about its failures, the oldest first; `guarded`: what is
    told of the Spec Cards of the head, and of what brought it into service; times are epoch seconds.
    """

    id: int
    decision: Decision
    decided: float
    reason: str
    state: str
    judging: str
    reported: Mapping[str, Measurement]
    experiments: Sequence[tuple[KeptExperiment, Sequence[Point]]]
    studies: Sequence[KeptStudy]
    modules: Sequence[KeptModule]
    commands: Sequence[KeptCommand]
    log: Sequence[LogLine]
    pages: Pages
    at: float
    edition: str
    remediations: Sequence[Remediation] = ()
    spent: Spent | None = None
    guarded: Sequence[SpecTold] = ()

    @property
    def pull(self) -> Pull:
        return self.decision.pull

    @property
    def remediation(self) -> Remediation | None:
        """The newest."""
        return self.remediations[-1] if self.remediations else None

    @property
    def path(self) -> str:
        """Of its page."""
        return of_pull(self.pull.repository, self.pull.number or 0).path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure in words; `url`: what it was read from, "" where nothing can be opened."""

    name: str
    value: str
    limit: str
    interval: str
    n: int | None
    url: str
    standing: str = ""
    """How it stands, mark and word, where it is not within its limit."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding in words. `trail`: how it comes in, the outermost first."""

    message: str
    severity: str
    trail: tuple[str, ...]
    fix: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One check in words. `overridden`: who said that it does not count, why and when; None where nobody did."""

    name: str
    state: str
    mark: str
    word: str
    tone: str
    title: str
    mode: str
    next: str
    overridden: Mapping[str, Any] | None
    page: str
    measures: tuple[Figure, ...]
    findings: tuple[Found, ...]
    more: int  # findings beyond those


@dataclass(frozen=True, slots=True)
class Said:
    """One thing of the short list; where it is not known, `why` says so."""

    text: str | None
    why: str = ""


def told(text: str, most: int = TITLE) -> str:
    """A sentence of ours, which may hold what others wrote, as one visible line without its marks for code."""
    return line(text.replace("`", ""), most)


def tone(shown: Shown) -> str:
    """In which tone the verdict is said: good, bad, or open; calm where it is of the past."""
    return _TONES[shown.decision.verdict] if shown.state == OPEN or shown.decision.merged else "calm"


def next_step(shown: Shown) -> str:
    """The one thing to do now: of what is merged, what its deployment asks for."""
    if shown.state == OPEN or shown.decision.merged:
        return words.next_step(shown.decision)
    return f"Nothing to do: it is {shown.state}."


def checked(decision: Decision) -> tuple[Checked, ...]:
    """Every check, what stands in the way first."""
    return tuple(_checked(row, decision.pull) for row in words.ordered(decision))


def short(shown: Shown) -> Mapping[str, Said]:
    """Arm, eval, cost and rationale: what a reviewer of an agent's work asks first."""
    contract = next((row.result.detail for row in shown.decision.rows if row.result.name == words.CONTRACT), {})
    arm, costs = contract.get("arm", ""), contract.get("arm_cost_usd")
    stated = " (as its author says)" if contract.get("arm_stated") else ""
    expected = Said(f"{words.dollars(costs)}, as the rules declare of its arm") if costs is not None else _missing(COST)
    claimed, of_head = shown.reported.get(COST), _dollars(_reported(shown, COST).text)
    measured = of_head if claimed and not claimed.trusted else money(shown.spent) or of_head
    return {
        "arm": Said(told(arm) + stated) if arm else Said(None, _armless(shown.decision)),
        "eval": _reported(shown, EVAL),
        "cost": Said(measured) if measured else expected,
        "rationale": _reported(shown, RATIONALE),
    }


def module_page(shown: Shown, module: KeptModule) -> str:
    """Where a module's page is, for whoever reads this one."""
    return opened(shown.pages, of_module(module.repository, module.name))


def opened(pages: Pages, subject: Any) -> str:
    """Where a page is, with its key; below our own root where that is not known."""
    return pages.address(subject) or f"{subject.path}?key={pages.key_of(subject)}"


def _checked(row: Row, pull: Pull) -> Checked:
    result, default = row.result, words.STATES[row.result.state].next_step
    stops = row.verdict is not Verdict.SHIP
    return Checked(
        line(result.name, 64),
        result.state.value,
        words.mark(row),
        words.word(row),
        "open" if words.remarks(row) or row.overridden else _ROW_TONES.get(result.state, "open"),
        told(result.title),
        row.mode.value,
        told(result.next_step or (default if stops else "")),
        _overridden(row.overridden) if row.overridden else None,
        str(result.detail.get("page", "")),
        tuple(_figure(one, row, pull) for one in words.telling(result.measures)[:FIGURES]),
        tuple(_found(one, pull) for one in result.findings[:FINDINGS]),
        max(len(result.findings) - FINDINGS, 0),
    )


def _overridden(said: Overridden) -> Mapping[str, Any]:
    return {"who": line(said.who, 100), "reason": line(said.reason, TITLE), "at": said.at}


def _figure(measure: Measure, row: Row, pull: Pull) -> Figure:
    check = row.result.name
    return Figure(
        line(words.label(measure, check), 100),
        line(words.value(measure, check), 100),
        line(words.limit(measure), 100),
        words.interval(measure),
        measure.n,
        target(measure.evidence, pull),
        _standing(measure, row),
    )


def _standing(measure: Measure, row: Row) -> str:
    if measure.limit and measure.state is State.BLOCK:
        return f"{words.mark(row)} {words.word(row)}"
    warn = words.STATES[State.WARN]
    return f"{warn.mark} {warn.word}" if measure.limit and measure.state is State.WARN else ""


def _found(finding: Finding, pull: Pull) -> Found:
    anchor = f"L{finding.line}" if finding.line else ""
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    trail = tuple(line(step, 120) for step in finding.trail)
    url = blob(finding.path, pull, anchor)
    return Found(told(finding.message), line(finding.severity, 20), trail, told(finding.fix), line(place, 200), url)


def _reported(shown: Shown, name: str) -> Said:
    measured = shown.reported.get(name)
    if measured is None or measured.value is None:
        return _missing(name)
    said = f"{words.number(measured.value)} {measured.unit}".rstrip()
    if measured.interval:
        said += f" ({words.number(measured.interval[0])}…{words.number(measured.interval[1])})"
    return Said(told(said if measured.trusted else f"{said} (as a fork reports of itself)", 600))


def _missing(name: str) -> Said:
    return Said(None, f"not measured: nobody reported {name} of this head")


def _armless(decision: Decision) -> str:
    return "not known: its contract names no arm" if decision.agent else "none: not an agent's pull request"


def _dollars(cost: str | None) -> str:
    return f"${cost}" if cost and cost[:1].isdigit() else cost or ""
