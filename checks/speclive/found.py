"""What the check finds, each at a line of a card or of the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
        *_seen(guarded),
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


def _seen(guarded: Guarded) -> Iterator[Finding]:
    """What guards saw of the head itself: at the card, and at the code that it speaks of."""
    if guarded.live is None:
        return
    where = window(guarded.live)
    for seen in guarded.live.clauses:
        if seen.violated:
            yield from _violated(seen, where)
        if seen.errors:
            message = f'the guard of "{seen.text}" failed {count(seen.errors, "time")} of {seen.evaluated:,}, {where}'
            yield Finding(FAILED, message, path=seen.path, line=seen.line, id=seen.id, state=State.WARN)


def _violated(seen: Seen, where: str) -> Iterator[Finding]:
    state = State.BLOCK if seen.critical else State.WARN
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
