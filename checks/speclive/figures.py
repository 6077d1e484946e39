"""The figures of the check, each with its limit and how many it rests on, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.guarded import Guarded, Mutants
from checks.model import Measure, State
from checks.speclive.block import Config
from checks.speclive.coverage import Coverage
from checks.speclive.words import count, wilson, window

_BIND = "Write a card for it, or take it out of `speclive.critical` on the base branch."
_MEET = "See which of their calls meet no Given, and which cards are sampled or off."
_DEMAND = "Demand more of the results in a Then: `speclive mutate` names what nobody noticed."
_MUTATE = "Have CI run `speclive mutate` and send what it found with its report, or set `speclive.strength: 0`."
_SHOWN = 3  # names in a sentence


@dataclass(frozen=True, slots=True)
class Point:
    """What a figure says in words: how it stands, why, and what helps."""

    state: State
    reason: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Figured:
    """Figures, and what they say."""

    measures: tuple[Measure, ...]
    points: tuple[Point, ...]


def figured(guarded: Guarded, found: Coverage, config: Config) -> Figured:
    """Of a head that a report was sent of."""
    measures = [_coverage(found, config), *_live(found, config), *_strength(guarded.mutants, config)]
    points = [*_bare(found, config), *_calls(found, config), *_mutants(guarded.mutants, config)]
    return Figured(tuple(measures), tuple(points))


def _coverage(found: Coverage, config: Config) -> Measure:
    share, limit = found.share, config.coverage
    state = State.PASS if share is None or share >= limit else State.BLOCK
    value = None if share is None else 100 * share
    return Measure("coverage", value, "%", f">= {100 * limit:g}", n=len(found.critical), state=state)


def _live(found: Coverage, config: Config) -> Iterator[Measure]:
    if config.live == "none" or not found.critical:
        return
    calls = found.calls or 0
    value, interval = (100 * (found.live or 0), wilson(found.guarded, calls)) if calls else (None, None)
    state = State.WARN if found.live is None else _below(found.live, config.coverage)
    yield Measure("live", value, "%", f">= {100 * config.coverage:g}", interval, calls, state=state)


def _strength(mutants: Mutants | None, config: Config) -> Iterator[Measure]:
    if not config.strength:
        return
    limit = f">= {100 * config.strength:g}"
    if mutants is None or not mutants.made:
        yield Measure("strength", None, "%", limit, n=0, state=State.UNMEASURED)
        return
    share = mutants.killed / mutants.made
    state = _below(share, config.strength)
    yield Measure("strength", 100 * share, "%", limit, wilson(mutants.killed, mutants.made), mutants.made, state=state)


def _below(share: float, limit: float) -> State:
    return State.BLOCK if share < limit else State.PASS


# --- in words ----------------------------------------------------------------------------------------------------


def _bare(found: Coverage, config: Config) -> Iterator[Point]:
    if not found.critical:
        yield Point(State.WARN, "no path of the head is critical any more", "See that this is meant.")
        return
    if found.bare:
        state = _below(found.static or 0, config.coverage)
        reason = f"no card that counts guards {_named(found.bare)}"
        yield Point(state, reason, _BIND if state is State.BLOCK else "")
    if found.vacuous:
        reason = f"{_named(found.vacuous)} applied to no call, so they do not count"
        yield Point(State.PASS, reason)


def _calls(found: Coverage, config: Config) -> Iterator[Point]:
    if config.live == "none" or not found.critical:
        return
    if found.by is None:
        told = f"nobody told of calls within {config.window_hours:g} h: what is bound counts alone"
        yield Point(State.WARN, told, "Have the service, or its tests with `--speclive`, send reports.")
        return
    share = found.live
    if share is None:
        yield Point(State.WARN, f"no critical path was called, {window(found.by)}: what is bound counts alone")
        return
    reason = (
        f"of {count(found.calls or 0, 'call')} to critical paths {found.guarded:,} were guarded, {window(found.by)}"
    )
    idle = f"; {count(found.uncalled, 'critical path')} not called" if found.uncalled else ""
    state = _below(share, config.coverage)
    yield Point(state, reason + idle, _MEET if state is State.BLOCK else "")


def _mutants(mutants: Mutants | None, config: Config) -> Iterator[Point]:
    if not config.strength:
        return
    if mutants is None or not mutants.made:
        yield Point(State.UNMEASURED, "nobody told how many wrong results its cards notice", _MUTATE)
        return
    state = _below(mutants.killed / mutants.made, config.strength)
    left = ", ".join(f"{name} ({survived})" for name, survived in mutants.survivors[:_SHOWN])
    reason = f"{mutants.killed:,} of {count(mutants.made, 'wrong result')} were noticed"
    yield Point(
        state, reason + (f"; most were missed of {left}" if left else ""), _DEMAND if state is State.BLOCK else ""
    )


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
