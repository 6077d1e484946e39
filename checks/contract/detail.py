"""The judged contracts as figures for every reader, and as plain JSON values for the check's own template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from checks.contract import escalation
from checks.contract.book import Book, Entry
from checks.contract.judge import RANK, Outcome, leaves
from checks.contract.margin import Margin, margin, worst
from checks.contract.older import older
from checks.contract.predicate import AllOf, Postcondition, Scalar, kind_of, say_limit, say_percent, say_value
from checks.contract.reading import Known
from checks.model import Measure, Snapshot, State

Told = Callable[[Outcome], dict[str, Any]]
"""What a line says of an outcome beside its words."""


def measures(outcomes: Sequence[Outcome]) -> tuple[Measure, ...]:
    """One figure a postcondition, the worst first, otherwise in the order they were written."""
    weighed = [pair for outcome in outcomes for pair in leaves(outcome)]
    weighed.sort(key=lambda pair: -RANK[pair[1]])
    return tuple(_measure(outcome, state) for outcome, state in weighed)


def describe(snapshot: Snapshot, book: Book, judged: Sequence[Sequence[Outcome]]) -> dict[str, Any]:
    """Each node as a tree, written as lines with their depth and where the value came from, and the worst margin."""
    lines = _without_margin if older(snapshot) else _with_margin  # older facts are told as they were
    least = None if older(snapshot) else worst(_margins(judged))
    return {
        "agent": snapshot.agent,
        "head": snapshot.pull.head_sha[:7],
        "contracts": [_entry(entry, outcomes, lines) for entry, outcomes in zip(book.entries, judged, strict=True)],
        "notes": [{"state": remark.state.value, "text": remark.reason} for remark in book.remarks],
        **({} if least is None else {"margin": _percentage(least)}),
        **_dispatched(snapshot),
    }


def _margins(judged: Sequence[Sequence[Outcome]]) -> Iterator[Margin]:
    """Those of the postconditions that weigh: one that fails beside a way that holds is missed by nobody."""
    for outcome in (one for entry in judged for one in entry):
        for leaf, state in leaves(outcome):
            found = margin(leaf)
            if found is not None and state in {State.PASS, State.BLOCK}:
                yield found


def _dispatched(snapshot: Snapshot) -> dict[str, Any]:
    """What commands had run, and what they could. A key that has nothing to say is absent.

    `arm` in use with what it is declared to cost, and whether only the change says so; `arms`: the next one;
    `escalated`: each run of heavier tests; `escalate`: whether they may be asked for.
    """
    acting = snapshot.dispatching
    if acting is None:
        return {}
    found = {
        "arm": acting.arm,
        "arm_stated": acting.stated,
        "arms": acting.next_arm,
        "escalated": escalation.told(snapshot),
        "escalate": escalation.open_to(snapshot),
    }
    cost = {} if acting.cost_usd is None else {"arm_cost_usd": acting.cost_usd}
    return {name: value for name, value in found.items() if value} | cost


def _entry(entry: Entry, outcomes: Sequence[Outcome], told: Told) -> dict[str, Any]:
    """A key that has nothing to say is absent: `promise` and `depth`, which a contract without nodes has not."""
    more = {"promise": entry.promise, "depth": entry.depth}
    return {
        "id": entry.id,
        "origin": entry.origin.value,
        "path": entry.path,
        "lines": [line for outcome in outcomes for line in _lines(outcome, 0, told)],
        **{name: value for name, value in more.items() if value},
    }


def _lines(outcome: Outcome, depth: int, told: Told) -> Iterator[dict[str, Any]]:
    text = outcome.remark.reason
    if not isinstance(outcome.clause, Postcondition):
        text = "all of these" if isinstance(outcome.clause, AllOf) else "any of these"
    evidence = outcome.reading.evidence if outcome.reading else ""
    yield {"depth": depth, "state": outcome.state.value, "text": text, "evidence": evidence, **told(outcome)}
    for part in outcome.parts:
        yield from _lines(part, depth + 1, told)


def _with_margin(outcome: Outcome) -> dict[str, Any]:
    left = margin(outcome)
    return {} if left is None else {"margin": _say_margin(left)}


def _without_margin(_outcome: Outcome) -> dict[str, Any]:
    return {}


def _say_margin(left: Margin) -> str:
    """`38 ms (15.2 %)`; of a limit of 0 there is no percentage."""
    distance = f"{left.distance:.4g} {left.unit}".rstrip()
    return distance if left.percent is None else f"{distance} ({_percentage(left.percent)})"


def _percentage(percent: float) -> str:
    """Three digits are enough."""
    return f"{percent:.3g} %"


def _measure(outcome: Outcome, state: State) -> Measure:
    leaf, reading = outcome.clause, outcome.reading
    assert isinstance(leaf, Postcondition)
    limit = say_limit(outcome.bound or leaf)
    if outcome.bound is not None and isinstance(outcome.base, Known):
        limit = f"{limit}, baseline {say_value(outcome.base.value)}{say_percent(leaf)}"
    if not isinstance(reading, Known):
        return Measure(leaf.name, None, limit=limit, evidence=reading.evidence if reading else "", state=state)
    return Measure(
        leaf.name,
        _finite(reading.value),
        reading.unit,
        limit,
        _finite_ends(reading.interval),
        reading.n,
        reading.evidence,
        state,
    )


def _finite(value: Scalar) -> Scalar | None:
    """The value, where JSON has one for it: NaN and the infinities are no measurement."""
    return None if kind_of(value) is None else value


def _finite_ends(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    return interval if interval and all(kind_of(end) for end in interval) else None
