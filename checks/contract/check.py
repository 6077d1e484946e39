"""The contract check: does the change fulfil what the repository and its author promise of it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from checks.contract import escalation
from checks.contract.book import Book, assemble, names
from checks.contract.book import baselines as wanted_of_base
from checks.contract.config import Config
from checks.contract.detail import Judged, describe, measures
from checks.contract.futile import futile, hollow, warns
from checks.contract.judge import RANK, Outcome, Remark, judge
from checks.contract.older import older
from checks.contract.predicate import TESTS, Clause, postconditions, say
from checks.contract.reach import vacuous
from checks.contract.readings import baselines, reader
from checks.model import Check, CheckResult, Measured, Need, Origin, Snapshot, State

NAME = "contract"
SAID = 3  # empty promises that are named in one line

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
    judged = _judged(book, snapshot, config, measured)
    outcomes = tuple(outcome for entry in judged for outcome in entry.own)
    told = () if older(snapshot) else futile(book)
    aside = [*_aside(book, snapshot), *_astray(snapshot)]
    remarks = _worst_first([*(remark for remark, _ in told), *(outcome.remark for outcome in outcomes), *aside])
    state = remarks[0].state if remarks else State.PASS
    return CheckResult(
        NAME,
        state,
        _title(state, remarks, len(outcomes)) + _escalated(snapshot, state, outcomes),
        reasons=tuple(dict.fromkeys(remark.reason for remark in remarks if remark.state is not State.PASS)),
        measures=measures(outcomes),
        findings=(*book.findings, *(finding for _, finding in told)),
        next_step=next((remark.next_step for remark in remarks if remark.next_step), ""),
        detail=describe(snapshot, replace(book, remarks=(*(remark for remark, _ in told), *book.remarks)), judged),
    )


def _judged(book: Book, snapshot: Snapshot, config: Config, measured: Measured) -> tuple[Judged, ...]:
    """The outcome of each clause, node by node."""
    read, before = reader(snapshot, config, measured), baselines(snapshot, config, measured)

    def held(clauses: Iterable[Clause], origin: Origin) -> tuple[Outcome, ...]:
        return tuple(judge(clause, read, origin, before) for clause in clauses)

    return tuple(
        Judged(held(entry.clauses, entry.origin), held((clause for clause, _ in entry.demanded), entry.origin))
        for entry in book.entries
    )


def _aside(book: Book, snapshot: Snapshot) -> tuple[Remark, ...]:
    """What is to be said beside the outcomes. What cannot be read might have been the contract."""
    if not snapshot.agent or book.remarks:
        return book.remarks
    if not book.clauses:
        return (_UNPROVEN,)
    empty = () if older(snapshot) else hollow(book)
    return (_hollow(empty),) if empty else ()


def _hollow(clauses: Sequence[Clause]) -> Remark:
    said = "; ".join(say(clause) for clause in clauses[:SAID])
    what = "all that applies to it holds whatever is measured"
    if not all(map(vacuous, clauses)):
        what = "all that applies to it can hold without a measurement of its work"
    why = f"{what} ({said}), which counts as no contract"
    return replace(
        _UNPROVEN, reason=f"{why}, and its author counts as an agent", headline=f"{_UNPROVEN.headline}: {why}"
    )


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
    baselines=wanted_of_base,
    warns=warns,
)
