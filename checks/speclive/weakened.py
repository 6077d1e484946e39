"""What a change does to cards: which it removes, weakens, changes, strengthens, adds.

Clauses are paired by what they demand, not by their place: of those that are left the ones of one wording belong
together, then the ones of one number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from checks.speclive.reading import Ends
from speclive.cards import Card, Clause, Mode, Part


class Way(StrEnum):
    """In which direction a card moved; of an expression that became another one nobody can tell."""

    REMOVED = "removed"
    WEAKENED = "weakened"
    CHANGED = "changed"
    STRENGTHENED = "strengthened"
    ADDED = "added"


LOST = frozenset({Way.REMOVED, Way.WEAKENED, Way.CHANGED})
"""After which less may be demanded than before."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that became otherwise of a card. `what`: in words. `path`: "" where its file is gone at the head, else
    with the `line` to look at. `was` and `now`: both ends side by side, where they are expressions.
    """

    card: str
    way: Way
    what: str
    path: str
    line: int
    was: str = ""
    now: str = ""


Pairs = Sequence[tuple[Clause | None, Clause | None]]
_STRICT = (Mode.OFF, Mode.SHADOW, Mode.OBSERVE, Mode.ENFORCE)


def turns(ends: Ends) -> tuple[Turn, ...]:
    """All that became otherwise, in the order of the base's cards, then of the new ones."""
    gone = {id_: card for id_, card in ends.base.items() if id_ not in ends.head and card.path not in ends.hidden}
    new = {id_: card for id_, card in ends.head.items() if id_ not in ends.base}
    renamed = _renamed(gone, new)
    found: list[Turn] = []
    for id_, card in ends.base.items():
        after = ends.head.get(id_) or renamed.get(id_)
        if after is not None:
            found += _compared(card, after)
        elif id_ in gone:
            found.append(_removed(card, ends))
    known = {card.id for card in renamed.values()}
    found += [Turn(id_, Way.ADDED, "it is new", card.path, card.line) for id_, card in new.items() if id_ not in known]
    return tuple(found)


def _renamed(gone: Mapping[str, Card], new: Mapping[str, Card]) -> dict[str, Card]:
    """New cards that speak of the same and demand the same as one that is gone: by the id of that one."""
    free = dict(new)
    found: dict[str, Card] = {}
    for id_, card in gone.items():
        same = next((one for one in free.values() if _demand(one) == _demand(card)), None)
        if same is not None:
            found[id_] = free.pop(same.id)
    return found


def _demand(card: Card) -> tuple[object, ...]:
    return card.binding, tuple(sorted((clause.part, clause.digest) for clause in card.clauses))


def _removed(card: Card, ends: Ends) -> Turn:
    there = card.path in ends.at_head
    what = f"the card of `{card.binding.target}` is gone" if there else f"its file {card.path} is gone"
    return Turn(card.id, Way.REMOVED, what, card.path if there else "", 1)


def _compared(was: Card, now: Card) -> Iterator[Turn]:
    """Two ends of one card."""
    for way, what in (*_switches(was, now), *_flags(was, now)):
        yield Turn(now.id, way, what, now.path, now.line)
    for part in Part:
        yield from _RULES[part](now, _paired(was.of(part), now.of(part)))


def _switches(was: Card, now: Card) -> Iterator[tuple[Way, str]]:
    if was.binding != now.binding:
        yield Way.CHANGED, f"it is bound to `{_bound(now)}`, no longer to `{_bound(was)}`"
    if was.mode is not now.mode:
        lower = _STRICT.index(now.mode) < _STRICT.index(was.mode)
        yield _way(lower), f"mode {was.mode} became {now.mode}"
    if was.sample != now.sample:
        yield _way(now.sample < was.sample), f"of its calls {now.sample:.4g} are looked at, before {was.sample:.4g}"
    if more := [step for step in now.manual if step not in was.manual]:
        yield Way.WEAKENED, f"a person is to check what was decided: {'; '.join(more)}"


def _bound(card: Card) -> str:
    return " handled by ".join(filter(None, (card.binding.endpoint, card.binding.handler)))


def _flags(was: Card, now: Card) -> Iterator[tuple[Way, str]]:
    flags = {
        "critical": (was.critical, now.critical),
        "require": (was.require, now.require),
        "each": ("each" in was.tags, "each" in now.tags),
    }
    for name, (before, after) in flags.items():
        if before != after:
            yield _way(before), f"`@{name}` is {'gone' if before else 'new'}"


def _way(weaker: bool) -> Way:
    return Way.WEAKENED if weaker else Way.STRENGTHENED


# --- clauses -----------------------------------------------------------------------------------------------------


def _paired(was: Sequence[Clause], now: Sequence[Clause]) -> Pairs:
    """Those that do not demand the same, in pairs; None where the other end has none."""
    left, right = list(was), list(now)
    _taken(left, right, lambda clause: clause.digest)
    pairs = _taken(left, right, lambda clause: clause.text) + _taken(left, right, _number)
    return [*pairs, *((clause, None) for clause in left), *((None, clause) for clause in right)]


def _number(clause: Clause) -> str:
    return clause.id.rpartition("#")[2]


def _taken(left: list[Clause], right: list[Clause], key: Callable[[Clause], str]) -> list[tuple[Clause, Clause]]:
    """Takes from both sides what has one key."""
    found = []
    for clause in tuple(left):
        other = next((one for one in right if key(one) == key(clause)), None)
        if other is not None:
            left.remove(clause)
            right.remove(other)
            found.append((clause, other))
    return found


def _givens(card: Card, pairs: Pairs) -> Iterator[Turn]:
    """A Given more and the card applies less often; where it is required, more is demanded."""
    for was, now in pairs:
        if was and now:
            yield _changed(card, was, now, f'Given "{now.text}" became another: it applies to other calls')
        elif now:
            word = "more is required" if card.require else "it applies less often"
            yield Turn(card.id, _way(not card.require), f'{word}: Given "{now.text}" is new', card.path, now.line)
        elif was:
            word = "less is required" if card.require else "it applies more often"
            yield Turn(card.id, _way(card.require), f'{word}: Given "{was.text}" is gone', card.path, card.line)


def _thens(card: Card, pairs: Pairs) -> Iterator[Turn]:
    for was, now in pairs:
        if was and now:
            yield _changed(card, was, now, f'Then "{now.text}" demands something else')
        elif now:
            yield Turn(card.id, Way.STRENGTHENED, f'Then "{now.text}" is new', card.path, now.line)
        elif was:
            yield Turn(card.id, Way.WEAKENED, f'Then "{was.text}" is gone', card.path, card.line)


def _raises(card: Card, pairs: Pairs) -> Iterator[Turn]:
    for was, now in pairs:
        if now is None:
            yield Turn(card.id, Way.WEAKENED, "whatever is raised is allowed now", card.path, card.line)
        elif was is None:
            what = f"nothing but {', '.join(now.raises)} may be raised now"
            yield Turn(card.id, Way.STRENGTHENED, what, card.path, now.line)
        elif more := [name for name in now.raises if name not in was.raises]:
            yield Turn(card.id, Way.WEAKENED, f"{', '.join(more)} may be raised now", card.path, now.line)
        else:
            fewer = [name for name in was.raises if name not in now.raises]
            yield Turn(card.id, Way.STRENGTHENED, f"{', '.join(fewer)} may not be raised now", card.path, now.line)


def _changed(card: Card, was: Clause, now: Clause, what: str) -> Turn:
    sources = (clause.expression.source if clause.expression else "" for clause in (was, now))
    return Turn(card.id, Way.CHANGED, what, card.path, now.line, *sources)


_RULES: Mapping[Part, Callable[[Card, Pairs], Iterator[Turn]]] = {
    Part.GIVEN: _givens,
    Part.THEN: _thens,
    Part.RAISES: _raises,
}
