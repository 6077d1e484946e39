"""The judged contracts as figures for every reader, and as plain JSON values for the check's own template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checks.contract import escalation
from checks.contract.book import Book, Entry
from checks.contract.judge import RANK, Outcome, leaves, lowered, weight
from checks.contract.margin import Margin, margin, worst
from checks.contract.older import older
from checks.contract.predicate import AllOf, Postcondition, Scalar, kind_of, say_limit, say_percent, say_value
from checks.contract.reading import Known
from checks.model import Measure, Snapshot, State

_ASTRONOMIC = 1e15  # from here on nobody counts digits

Line = dict[str, Any]
Told = Callable[[Outcome], Iterator[Line]]
"""The lines that tell of an outcome and its parts."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcomes of one node: of what it asks for, and of what is asked for elsewhere too, which counts there."""

    own: tuple[Outcome, ...]
    demanded: tuple[Outcome, ...] = ()


def measures(outcomes: Sequence[Outcome]) -> tuple[Measure, ...]:
    """One figure a postcondition, the worst first, otherwise in the order they were written."""
    weighed = [pair for outcome in outcomes for pair in leaves(outcome)]
    weighed.sort(key=lambda pair: -RANK[pair[1]])
    return tuple(_measure(outcome, state) for outcome, state in weighed)


def describe(snapshot: Snapshot, book: Book, judged: Sequence[Judged]) -> dict[str, Any]:
    """Each node as a tree, written as lines with their depth and where the value came from, and the worst margin."""
    lines = _as_they_were if older(snapshot) else _weighed
    least = None if older(snapshot) else worst(_margins(judged))
    return {
        "agent": snapshot.agent,
        "head": snapshot.pull.head_sha[:7],
        "contracts": [_entry(entry, one, lines) for entry, one in zip(book.entries, judged, strict=True)],
        "notes": [{"state": remark.state.value, "text": remark.reason} for remark in book.remarks],
        **({} if least is None else {"margin": _percentage(least) + _missed(least)}),
        **_dispatched(snapshot),
    }


def _margins(judged: Sequence[Judged]) -> Iterator[Margin]:
    """Those of the postconditions that weigh: one that fails beside a way that holds is missed by nobody."""
    for outcome in (one for each in judged for one in each.own):
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


def _entry(entry: Entry, judged: Judged, told: Told) -> dict[str, Any]:
    """A key that has nothing to say is absent: `promise` and `depth`, which a contract without nodes has not."""
    more = {"promise": entry.promise, "depth": entry.depth}
    return {
        "id": entry.id,
        "origin": entry.origin.value,
        "path": entry.path,
        "lines": [
            *(line for outcome in judged.own for line in told(outcome)),
            *(
                line
                for outcome, (_, owner) in zip(judged.demanded, entry.demanded, strict=True)
                for line in _elsewhere(told(outcome), owner)
            ),
        ],
        **{name: value for name, value in more.items() if value},
    }


def _elsewhere(lines: Iterator[Line], owner: str) -> Iterator[Line]:
    """The same, with who demands it already: there it counts."""
    first = next(lines)
    yield {**first, "text": f"{first['text']} (as demanded by {owner})"}
    yield from lines


def _as_they_were(outcome: Outcome, depth: int = 0) -> Iterator[Line]:
    """As an earlier version told it: each with its own state, and no margin."""
    yield _line(outcome, depth, outcome.state)
    for part in outcome.parts:
        yield from _as_they_were(part, depth + 1)


def _weighed(outcome: Outcome, depth: int = 0, ceiling: State = State.BLOCK) -> Iterator[Line]:
    """Each with its margin and its weight in the whole: a way that fails beside one that holds is no failure."""
    left = margin(outcome)
    yield _line(outcome, depth, weight(outcome, ceiling)) | ({} if left is None else {"margin": _say_margin(left)})
    for part in outcome.parts:
        yield from _weighed(part, depth + 1, lowered(outcome, ceiling))


def _line(outcome: Outcome, depth: int, state: State) -> Line:
    text = outcome.remark.reason
    if not isinstance(outcome.clause, Postcondition):
        text = "all of these" if isinstance(outcome.clause, AllOf) else "any of these"
    evidence = outcome.reading.evidence if outcome.reading else ""
    return {"depth": depth, "state": state.value, "text": text, "evidence": evidence}


def _say_margin(left: Margin) -> str:
    """`38 ms (15.2 %)`; of a limit of 0 there is no percentage."""
    distance = f"{_plain(left.distance, 4)} {left.unit}".rstrip()
    return (distance if left.percent is None else f"{distance} ({_percentage(left)})") + _missed(left)


def _percentage(left: Margin) -> str:
    """Three digits are enough."""
    assert left.percent is not None, "whoever asks has looked"
    return f"{_plain(left.percent, 3)} %"


def _missed(left: Margin) -> str:
    """Where the figure alone would not show it."""
    return ", missed" if left.missed and left.distance >= 0 else ""


def _plain(figure: float, digits: int) -> str:
    """So many digits of it, and never fewer than stand before the point: `60,000`, `92.5`, `0.0012`."""
    whole = 10 ** (digits - 1) <= abs(figure) < _ASTRONOMIC
    return f"{figure:,.0f}" if whole else f"{figure:.{digits}g}"


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
