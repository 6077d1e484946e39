"""A clause held against what was measured: a tree of outcomes, in a logic of more than two values.

States are one chain, from PASS to BLOCK (`RANK`). `all` is as bad as its worst clause, `any` as good as its
best. That is Kleene's strong logic (Introduction to Metamathematics, 1952, section 64), its one unknown refined into
three, WAIT, UNMEASURED and ERROR. An unknown never hides a failure in `all`, nor spoils a success in `any`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from checks.contract.predicate import GREEN, TESTS, AllOf, AnyOf, Clause, Postcondition, say, say_limit, say_value
from checks.contract.reading import Known, Reading, Unknown, measure_trusted
from checks.model import Origin, State

RANK: Mapping[State, int] = {
    state: rank
    for rank, state in enumerate(
        (State.PASS, State.WARN, State.WAIT, State.UNMEASURED, State.ERROR, State.BLOCK)  # best to worst
    )
}

_LOOSEN: Mapping[Origin, str] = {  # who may: what a change promised of itself, it may take back
    Origin.CONFIG: "; only the base branch can loosen it",
    Origin.BASE: "; only the base branch can loosen it",
    Origin.HEAD: ", or correct the limit, which this change itself adds",
    Origin.BODY: ", or correct the limit in the description",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say: how bad, in one line for a title, in full for the reasons, and what to do."""

    state: State
    headline: str
    reason: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clause, judged. A postcondition has its `reading`, a group the outcomes of its `parts`."""

    clause: Clause
    remark: Remark
    reading: Reading | None = None
    parts: tuple[Outcome, ...] = ()

    @property
    def state(self) -> State:
        """How the clause stands."""
        return self.remark.state


def judge(clause: Clause, read: Callable[[str], Reading], origin: Origin = Origin.CONFIG) -> Outcome:
    """Hold `clause`, which `origin` demands, against the readings that `read` gives by name."""
    if isinstance(clause, Postcondition):
        reading = read(clause.name)
        remark = _unknown(reading) if isinstance(reading, Unknown) else _hold(clause, reading, origin)
        return Outcome(clause, remark, reading)
    parts = tuple(judge(part, read, origin) for part in clause.clauses)
    return Outcome(clause, _group(clause, parts), parts=parts)


def leaves(outcome: Outcome, ceiling: State = State.BLOCK) -> Iterator[tuple[Outcome, State]]:
    """Every postcondition with its weight in the whole: its own state, or WARN where it stops nothing.

    That is where an `any` around it is in a better state than the postcondition itself.
    """
    if isinstance(outcome.clause, Postcondition):
        yield outcome, outcome.state if RANK[outcome.state] <= RANK[ceiling] else State.WARN
        return
    if isinstance(outcome.clause, AnyOf):
        ceiling = min(ceiling, outcome.state, key=RANK.__getitem__)
    for part in outcome.parts:
        yield from leaves(part, ceiling)


def _unknown(reading: Unknown) -> Remark:
    return Remark(reading.state, reading.reason, reading.reason, reading.remedy)


def _hold(leaf: Postcondition, reading: Known, origin: Origin) -> Remark:
    holds = leaf.holds(reading.value)
    if holds is None:
        return _incomparable(leaf, reading)
    if _unobserved(leaf, reading):
        return _nothing(leaf, reading)
    headline, reason = _say(leaf, reading)
    if not holds:
        return Remark(State.BLOCK, headline, reason, _remedy(leaf, origin))
    if not reading.trusted:
        aside = "measured by the fork's own run, not trusted"
        return Remark(State.UNMEASURED, f"{leaf.name}: {aside}", f"{reason}: {aside}", measure_trusted(leaf.name))
    return Remark(State.PASS, headline, reason)


def _incomparable(leaf: Postcondition, reading: Known) -> Remark:
    text = f"{leaf.name} is {say_value(reading.value)}: {say_limit(leaf)} needs a {leaf.kind.value} value"
    return Remark(State.UNMEASURED, text, text, f"Send {leaf.name} as a {leaf.kind.value} value.")


def _unobserved(leaf: Postcondition, reading: Known) -> bool:
    """Whatever was said, nobody saw it. Tests that failed before the first of them ran have failed all the same."""
    return reading.n == 0 and (leaf.name != TESTS or reading.value == GREEN)


def _nothing(leaf: Postcondition, reading: Known) -> Remark:
    text = f"{leaf.name} is {say_value(reading.value)}, but nothing was observed (n 0)"
    return Remark(State.UNMEASURED, text, text, f"See why nothing was observed, then measure {leaf.name} again.")


def _remedy(leaf: Postcondition, origin: Origin) -> str:
    if leaf.name == TESTS:
        return "Make the failing tests pass."
    return f"Bring {leaf.name} within its limit{_LOOSEN[origin]}."


def _say(leaf: Postcondition, reading: Known) -> tuple[str, str]:
    if reading.words:
        return reading.words, reading.words
    unit = f" {reading.unit}" if reading.unit else ""
    headline = f"{leaf.name} {_figure(reading.value)}{unit}, limit {say_limit(leaf)}{unit}"
    notes = [*_interval(reading), *([f"n {reading.n}"] if reading.n is not None else [])]
    return headline, f"{headline} ({', '.join(notes)})" if notes else headline


def _figure(value: object) -> str:
    """A measured value: six digits of a fraction are more than any reader needs, a count is shown whole."""
    if isinstance(value, float) and not value.is_integer() and abs(value) < 1e6:
        return f"{value:.6g}"
    return say_value(value)


def _interval(reading: Known) -> Iterator[str]:
    if reading.interval is not None:
        low, high = reading.interval
        yield f"95 % interval {say_value(low)} to {say_value(high)}"


def _group(clause: AllOf | AnyOf, parts: tuple[Outcome, ...]) -> Remark:
    if isinstance(clause, AllOf):
        return max((part.remark for part in parts), key=_badness)
    best = min((part.remark for part in parts), key=_badness)
    if best.state in {State.PASS, State.WARN}:
        return best
    yet = "" if best.state is State.BLOCK else " yet"
    headline = f"none of these holds{yet}: {'; '.join(say(part.clause) for part in parts)}"
    reason = f"none of {len(parts)} alternatives holds{yet}: {'; '.join(part.remark.reason for part in parts)}"
    return Remark(best.state, headline, reason, best.next_step)


def _badness(remark: Remark) -> int:
    return RANK[remark.state]
