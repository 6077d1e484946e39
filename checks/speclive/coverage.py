"""How much of what is critical is guarded: by what is bound to it, and by what was seen of its calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks.globs import matches
from checks.guarded import Guarded, Live, Target
from checks.speclive.block import Config
from checks.speclive.reading import Ends
from checks.speclive.weakened import turns
from speclive.cards import Card, Mode, Part


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the critical paths of the head. `bare`: those that no Then guards that counts. `vacuous`: cards that do not
    count, for what they speak of was called and they applied to no call. `calls` to critical paths, and those `guarded`
    of which a Then was seen; None where nobody told of any. `uncalled`: critical paths without a call.
    """

    critical: tuple[str, ...]
    bare: tuple[str, ...]
    vacuous: tuple[str, ...] = ()
    calls: int | None = None
    guarded: int = 0
    uncalled: int = 0
    by: Live | None = None  # who told of the calls

    @property
    def covered(self) -> int:
        """Critical paths that a card guards."""
        return len(self.critical) - len(self.bare)

    @property
    def static(self) -> float | None:
        """The share of critical paths that a card guards; None where there are none."""
        return self.covered / len(self.critical) if self.critical else None

    @property
    def live(self) -> float | None:
        """The share of calls of which a Then was seen; None where there were none."""
        return self.guarded / self.calls if self.calls else None

    @property
    def share(self) -> float | None:
        """The lesser of the two; where one is not known, the other."""
        known = [share for share in (self.static, self.live) if share is not None]
        return min(known, default=None)


def known_critical(guarded: Guarded, ends: Ends, config: Config) -> bool:
    """Is anything critical, at either end of the change or of what serves?"""
    named = [*guarded.targets, *(guarded.serving.targets if guarded.serving else ())]
    return any(_critical(named, config)) or any(card.critical or _names(card, config.critical) for card in ends.cards)


def coverage(guarded: Guarded, ends: Ends, config: Config) -> Coverage:
    """Of a head that a report was sent of."""
    by = None if config.live == "none" else guarded.live or guarded.serving
    vacuous = _vacuous(by) if by else frozenset[str]()
    if by is not guarded.live:
        vacuous -= {one.card for one in turns(ends)}  # what serves says nothing of a card that is another one now
    idle = vacuous | {card.id for card in ends.head.values() if card.mode is Mode.OFF}
    placed = list(_critical(guarded.targets, config))
    names = [target.name for target in placed]
    bare = [target.name for target in placed if not _counting(target, idle, ends)]
    for name in dict.fromkeys(_nowhere(guarded.targets, ends.head.values())):
        names.append(name)
        bare.append(name)
    found = Coverage(tuple(names), tuple(bare), tuple(sorted(vacuous)))
    return _with_calls(found, by) if by else found


def _with_calls(found: Coverage, by: Live) -> Coverage:
    told = [target for target in by.targets if target.name in found.critical]
    calls = sum(target.calls for target in told)
    guarded = sum(min(target.guarded, target.calls) for target in told if target.name not in found.bare)
    uncalled = len(found.critical) - sum(target.calls > 0 for target in told)
    return Coverage(found.critical, found.bare, found.vacuous, calls, guarded, uncalled, by)


def _critical(targets: Iterable[Target], config: Config) -> Iterator[Target]:
    return (target for target in targets if target.critical or matches(target.name, config.critical))


def _names(card: Card, globs: tuple[str, ...]) -> bool:
    return any(matches(name, globs) for name in (card.binding.endpoint, card.binding.handler) if name)


def _counting(target: Target, idle: frozenset[str], ends: Ends) -> bool:
    """Is it guarded by a Then of a card that counts? What it may raise says nothing of results."""
    clauses = (clause.rpartition("#") for clause in target.clauses if _is_there(clause, ends))
    return any(number.startswith("t") and card not in idle for card, _, number in clauses)


def _is_there(clause: str, ends: Ends) -> bool:
    """Has its card that clause at the head? Where the file is at hand, it says more than a report."""
    name = clause.rpartition("#")[0]
    card = ends.head.get(name)
    return name not in ends.base if card is None else any(one.id == clause for one in card.clauses)


def _nowhere(targets: tuple[Target, ...], cards: Iterable[Card]) -> Iterator[str]:
    """What critical cards speak of and the report of the head does not know: it is guarded by nothing."""
    bound = {clause.rpartition("#")[0] for target in targets for clause in target.clauses}
    known = {name for target in targets for name in (target.name, target.handler)}
    for card in cards:
        if card.critical and card.id not in bound and card.binding.target not in known:
            yield card.binding.target


def _vacuous(live: Live) -> frozenset[str]:
    """Cards of which nothing was decided, though what they speak of was called."""
    called = {target.name for target in live.targets if target.calls}
    asked = {seen.card for seen in live.clauses if seen.target in called or seen.evaluated}
    decided = {seen.card for seen in live.clauses if seen.part != Part.GIVEN and seen.evaluated > seen.errors}
    return frozenset(asked - decided)
