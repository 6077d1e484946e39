"""The contract check: does the change fulfil what the repository and its author promise of it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.contract import escalation
from checks.contract.book import Book, assemble, names
from checks.contract.config import Config
from checks.contract.detail import describe, measures
from checks.contract.judge import RANK, Outcome, Remark, judge
from checks.contract.predicate import TESTS, postconditions
from checks.contract.readings import reader
from checks.model import Check, CheckResult, Measured, Need, Snapshot, State

NAME = "contract"

_UNPROVEN = Remark(
    State.BLOCK,
    "An agent's change must state what it proves",
    "no contract applies to this change, and its author counts as an agent",
    "Add a fenced block marked `maestro-contract` to the description, such as "
    '`{"id": "change", "post": {"tests": "pass"}}`, or a file under `.maestro/contracts/`.',
)


def evaluate(snapshot: Snapshot, config: Config, measured: Measured) -> CheckResult:
    """Judge every postcondition that applies; the worst of them is the answer."""
    book = assemble(snapshot, config)
    read = reader(snapshot, config, measured)
    judged = tuple(tuple(judge(clause, read, entry.origin) for clause in entry.clauses) for entry in book.entries)
    outcomes = tuple(outcome for entry in judged for outcome in entry)
    astray = _astray(snapshot)
    remarks = _worst_first([*(outcome.remark for outcome in outcomes), *_aside(book, snapshot.agent), *astray])
    state = remarks[0].state if remarks else State.PASS
    return CheckResult(
        NAME,
        state,
        _title(state, remarks, len(outcomes)) + _escalated(snapshot, state, outcomes),
        reasons=tuple(dict.fromkeys(remark.reason for remark in remarks if remark.state is not State.PASS)),
        measures=measures(outcomes),
        findings=book.findings,
        next_step=next((remark.next_step for remark in remarks if remark.next_step), ""),
        detail=describe(snapshot, book, judged),
    )


def _aside(book: Book, agent: str) -> tuple[Remark, ...]:
    """What is to be said beside the outcomes. What cannot be read might have been the contract."""
    silent = not book.entries and not book.remarks
    return (_UNPROVEN,) if agent and silent else book.remarks


def _astray(snapshot: Snapshot) -> Iterator[Remark]:
    """Heavier tests that ran on another commit prove nothing of this one."""
    for one in escalation.told(snapshot):
        if one["state"] == "astray":
            text = f"the escalated tests of {one['workflow']}: {one['text']}"
            yield Remark(State.WARN, text, text, "Ask for `/maestro escalate` again.")


def _escalated(snapshot: Snapshot, state: State, outcomes: Sequence[Outcome]) -> str:
    """Where all is well the title does not name the tests; that heavier ones passed among them is worth a word."""
    heavier = escalation.counted(snapshot)
    if heavier is None or not escalation.passes(heavier) or state not in {State.PASS, State.WARN}:
        return ""
    asked = {leaf.name for outcome in outcomes for leaf in postconditions(outcome.clause)}
    return "; tests escalated" if TESTS in asked else ""


def _worst_first(remarks: list[Remark]) -> list[Remark]:
    return sorted(remarks, key=lambda remark: -RANK[remark.state])


def _title(state: State, remarks: list[Remark], count: int) -> str:
    if not remarks:
        return "No contract applies"
    if state is State.PASS:
        return _hold(count)
    headline = remarks[0].headline
    return f"{_hold(count)}; {headline}" if state is State.WARN else headline


def _hold(count: int) -> str:
    return "1 postcondition holds" if count == 1 else f"{count} postconditions hold"


CHECK = Check(
    NAME,
    Config,
    frozenset({Need.TESTS, Need.MEASUREMENTS, Need.CONTRACTS, Need.CHANGE}),
    evaluate,
    names=names,
)
