"""What the check finds, each at a line of a card or of the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.globs import matches
from checks.guarded import Guarded, Seen, Unread
from checks.model import Finding, State
from checks.speclive.block import Config
from checks.speclive.reading import Broken, Ends
from checks.speclive.weakened import LOST, Turn, Way
from checks.speclive.words import count, place, window

BROKEN, VIOLATED, FAILED, WEAKENED = "broken card", "violated clause", "failing guard", "weakened card"
_ORDER = (State.BLOCK, State.WARN)


def findings(guarded: Guarded, ends: Ends, moved: Iterable[Turn], config: Config) -> tuple[Finding, ...]:
    """All of them, what stops the change first."""
    found = [
        *_unread(guarded.unread),
        *map(_broken, ends.broken),
        *_seen(guarded, ends),
        *_dropped(guarded, config),
        *(_lost(turn, config) for turn in moved if turn.way in LOST),
    ]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.state)))


def _unread(files: Iterable[Unread]) -> Iterator[Finding]:
    """A file that the change touches and nobody read may say anything."""
    for one in files:
        if one.touched:
            fix = "Split it, or write it as UTF-8 text."
            yield Finding(BROKEN, one.reason, path=one.path, line=1 if one.path else None, fix=fix)


def _broken(one: Broken) -> Finding:
    refusal = one.refusal
    state = State.WARN if one.already else State.BLOCK
    kind = "as on the base" if one.already else ""
    return Finding(BROKEN, refusal.reason, path=refusal.path, line=refusal.line, state=state, kind=kind)


def _seen(guarded: Guarded, ends: Ends) -> Iterator[Finding]:
    """What guards saw of the head itself: at the card, and at the code that it speaks of."""
    if guarded.live is None:
        return
    where, critical = window(guarded.live), {card.id for card in ends.cards if card.critical}
    for seen in guarded.live.clauses:
        if seen.violated:
            is_critical = seen.critical or seen.card in critical  # at either end: to call it less is no excuse
            yield from _violated(seen, where, State.BLOCK if is_critical else State.WARN)
        if seen.errors:
            message = f'the guard of "{seen.text}" failed {count(seen.errors, "time")} of {seen.evaluated:,}, {where}'
            yield Finding(FAILED, message, path=seen.path, line=seen.line, id=seen.id, state=State.WARN)


def _dropped(guarded: Guarded, config: Config) -> Iterator[Finding]:
    """Paths that are critical in what serves, and in the report of the head are not, or not there."""
    if not guarded.told or guarded.serving is None:
        return
    now = {target.name: target.critical or matches(target.name, config.critical) for target in guarded.targets}
    state = State.BLOCK if config.weakened == "block" else State.WARN
    for target in guarded.serving.targets:
        if (target.critical or matches(target.name, config.critical)) and not now.get(target.name):
            what = "is critical no more" if target.name in now else "is not known to the report of the head"
            message = f"{target.name}, critical in what serves, {what}"
            yield Finding(WEAKENED, message, id=target.name, state=state)


def _violated(seen: Seen, where: str, state: State) -> Iterator[Finding]:
    message = f'"{seen.text}" ({seen.id}) did not hold in {seen.violated:,} of {count(seen.evaluated, "call")}, {where}'
    fix = f"See {', '.join(seen.tests[:3])}" if seen.tests else ""
    path, line = place(seen.code)
    if path and line:
        yield Finding(VIOLATED, message, path=path, line=line, id=seen.id, state=state, fix=fix)
    yield Finding(VIOLATED, message, path=seen.path, line=seen.line, id=seen.id, state=state, fix=fix)


def _lost(turn: Turn, config: Config) -> Finding:
    state = State.BLOCK if config.weakened == "block" else State.WARN
    sides = f": {turn.was} → {turn.now}" if turn.was or turn.now else ""
    message = f"{turn.card}: {turn.what}{sides}"
    line = turn.line if turn.path else None
    kind = "" if turn.way is Way.WEAKENED else turn.way.value
    return Finding(WEAKENED, message, path=turn.path, line=line, id=turn.card, state=state, kind=kind)
