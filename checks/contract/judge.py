"""A clause held against what was measured: a tree of outcomes, in a logic of more than two values.

States are one chain, from PASS to BLOCK (`RANK`). `all` is as bad as its worst clause, `any` as good as its
best. That is Kleene's strong logic (Introduction to Metamathematics, 1952, section 64), its one unknown refined into
three, WAIT, UNMEASURED and ERROR. An unknown never hides a failure in `all`, nor spoils a success in `any`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from checks.contract import relative
from checks.contract.predicate import (
    GREEN,
    TESTS,
    AllOf,
    AnyOf,
    Clause,
    Postcondition,
    say,
    say_limit,
    say_percent,
    say_value,
)
from checks.contract.reading import Known, Reading, Unknown, measure_trusted, unavailable
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
    """One clause, judged. A postcondition has its `reading`, a group the outcomes of its `parts`.

    `base`: what was measured on the base, where the limit is told from it; `bound`: that limit, as one of its own.
    """

    clause: Clause
    remark: Remark
    reading: Reading | None = None
    parts: tuple[Outcome, ...] = ()
    base: Reading | None = None
    bound: Postcondition | None = None

    @property
    def state(self) -> State:
        """How the clause stands."""
        return self.remark.state


def _nobody(name: str) -> Reading:
    return unavailable(f"the baseline of {name}", None)


def judge(
    clause: Clause,
    read: Callable[[str], Reading],
    origin: Origin = Origin.CONFIG,
    before: Callable[[str], Reading] = _nobody,
) -> Outcome:
    """Hold `clause`, which `origin` demands, against the readings that `read` gives by name; `before`: on the base."""
    if isinstance(clause, Postcondition):
        reading = read(clause.name)
        if isinstance(reading, Unknown):
            return Outcome(clause, _unknown(reading), reading)
        if clause.relative:
            return _against(clause, reading, before(clause.name), origin)
        return Outcome(clause, _hold(_Held(clause, reading), origin), reading, bound=clause)
    parts = tuple(judge(part, read, origin, before) for part in clause.clauses)
    return Outcome(clause, _group(clause, parts), parts=parts)


def _against(leaf: Postcondition, reading: Known, base: Reading, origin: Origin) -> Outcome:
    """Hold a relative postcondition against the baseline, if there is one."""
    if isinstance(base, Unknown):
        return Outcome(leaf, _unknown(base), reading, base=base)
    bound = _bound(leaf, base)
    if isinstance(bound, Unknown):
        return Outcome(leaf, _unknown(bound), reading, base=base)
    return Outcome(leaf, _hold(_Held(leaf, reading, base, bound), origin), reading, base=base, bound=bound)


def _bound(leaf: Postcondition, base: Known) -> Postcondition | Unknown:
    value = base.value
    if isinstance(value, bool | str):
        return _no_limit(f"the baseline of {leaf.name} is {say_value(value)}, no number {base.words}", leaf)
    if value == 0:
        return _no_limit(f"the baseline of {leaf.name} is 0 {base.words}: of nothing there is no percentage", leaf)
    return relative.resolved(leaf, value)


def _no_limit(why: str, leaf: Postcondition) -> Unknown:
    return Unknown(
        State.UNMEASURED, why, f"State a limit of its own for {leaf.name}, or see what its baseline measured."
    )


def leaves(outcome: Outcome, ceiling: State = State.BLOCK) -> Iterator[tuple[Outcome, State]]:
    """Every postcondition with its weight in the whole: its own state, or WARN where it stops nothing.

    That is where an `any` around it is in a better state than the postcondition itself.
    """
    if isinstance(outcome.clause, Postcondition):
        yield outcome, weight(outcome, ceiling)
        return
    for part in outcome.parts:
        yield from leaves(part, lowered(outcome, ceiling))


def weight(outcome: Outcome, ceiling: State) -> State:
    """Its own state, or WARN where what is around it is better than that, so that it stops nothing."""
    return outcome.state if RANK[outcome.state] <= RANK[ceiling] else State.WARN


def lowered(outcome: Outcome, ceiling: State) -> State:
    """The worst state that a part of `outcome` can bring about, where it could itself bring about `ceiling`."""
    return min(ceiling, outcome.state, key=RANK.__getitem__) if isinstance(outcome.clause, AnyOf) else ceiling


def _unknown(reading: Unknown) -> Remark:
    return Remark(reading.state, reading.reason, reading.reason, reading.remedy)


@dataclass(frozen=True, slots=True)
class _Held:
    """A postcondition with all that it is held against; of a relative one, the baseline and the limit it gives."""

    leaf: Postcondition
    reading: Known
    base: Known | None = None
    bound: Postcondition | None = None

    @property
    def holds(self) -> bool | None:
        """Is it kept? None where value and limit cannot be compared."""
        if self.base is None:
            return self.leaf.holds(self.reading.value)
        assert isinstance(self.base.value, int | float), "else there would be no limit"
        return relative.holds(self.leaf, self.reading.value, self.base.value)


def _hold(held: _Held, origin: Origin) -> Remark:
    leaf, reading, holds = held.leaf, held.reading, held.holds
    if holds is None:
        return _incomparable(leaf, reading)
    if _unobserved(leaf, reading):
        return _nothing(leaf, reading)
    headline, reason = _say(held)
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


def _say(held: _Held) -> tuple[str, str]:
    reading, base = held.reading, held.base
    if reading.words:
        return reading.words, reading.words
    unit = f" {reading.unit}" if reading.unit else ""
    limit = f"{say_limit(held.bound or held.leaf)}{unit}"
    aside = f" (baseline{say_percent(held.leaf)})" if base else ""
    headline = f"{held.leaf.name} {_figure(reading.value)}{unit}, limit {limit}{aside}"
    told = f"; baseline {_figure(base.value)}{unit} {base.words}{_noted(base)}" if base else ""
    return headline, f"{headline}{_noted(reading)}{told}"


def _noted(reading: Known) -> str:
    notes = [*_interval(reading), *([f"n {reading.n}"] if reading.n is not None else [])]
    return f" ({', '.join(notes)})" if notes else ""


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
