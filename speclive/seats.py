"""A guard, which is a card at work, and its seat in a wrapper, which the wrapper calls where something is wrong.

An outcome of one call is a text: `=` where the card applied, `-` where not, `*` for one item of a generator; then a
letter for each clause in its order: `+` it held, `!` it did not, `?` it could not be decided, `.` a Given that does not
hold, `-` it was not looked at. So `=+!` is one violation of the second clause.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from speclive import tracing
from speclive.counting import Outcomes
from speclive.errors import SpecViolation
from speclive.exemplar import NOTHING, Exemplars
from speclive.sketching import Watch
from speclive.state import STATE
from speclive.words import Card, Part

APPLIED, LEFT, ITEM = "=", "-", "*"
HELD, VIOLATED, ERRED, UNMET, UNSEEN = "+", "!", "?", ".", "-"
_MRO = type.__dict__["__mro__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_MODULE = type.__dict__["__module__"].__get__


class Counts(NamedTuple):
    """Of one clause: how often it was decided, and how often it did not hold, or could not be decided."""

    evaluated: int = 0
    violated: int = 0
    errors: int = 0


class Guard:
    """A card, and what was seen of it in this process, in whatever wrappers it sits."""

    __slots__ = ("card", "exemplars", "outcomes", "watches")

    def __init__(self, card: Card, before: Guard | None = None) -> None:
        """`before`: of the card as it was before an edit; what is watched is watched on."""
        self.card, self.outcomes, self.exemplars = card, Outcomes(), Exemplars(card)
        there: dict[str, Watch] = {watch.name: watch for watch in before.watches} if before is not None else {}
        self.watches: tuple[Watch, ...] = tuple(there.get(path) or Watch(path) for path in card.watch)

    @property
    def on(self) -> bool:
        """Does it look at calls of this process now?"""
        return STATE.looks(self.card)

    @property
    def calls(self) -> int:
        """Calls that were looked at, and have ended."""
        return sum(seen for outcome, seen in self.outcomes.counts().items() if outcome[0] != ITEM)

    @property
    def applied(self) -> int:
        """Those of them that the card applied to."""
        return sum(seen for outcome, seen in self.outcomes.counts().items() if outcome[0] == APPLIED)

    def counts(self) -> dict[str, Counts]:
        """By the id of the clause, in the order of the card."""
        return counted(self.card, self.outcomes.counts())

    def outcome(self, first: str, letters: Mapping[Part, str]) -> str:
        """One in which all clauses of a part fared alike."""
        return first + "".join(letters.get(clause.part, UNSEEN) for clause in self.card.clauses)


def counted(card: Card, outcomes: Mapping[str, int]) -> dict[str, Counts]:
    """What outcomes say of each clause."""
    told: dict[str, Counts] = {}
    for index, clause in enumerate(card.clauses, start=1):
        by_letter = dict.fromkeys((HELD, VIOLATED, ERRED, UNMET, UNSEEN), 0)
        for outcome, seen in outcomes.items():
            by_letter[outcome[index]] += seen
        seen = sum(by_letter.values()) - by_letter[UNSEEN]
        told[clause.id] = Counts(seen, by_letter[VIOLATED], by_letter[ERRED])
    return told


class Seat:
    """A guard in one wrapper. `code`: where the function is written. `rate`: the share of calls that is looked at.
    `enforced`: whether it raises.

    What is called here is called where something is wrong, and never raises; it gives back what an enforced card is to
    raise.
    """

    __slots__ = ("code", "enforced", "guard", "rate")

    def __init__(self, guard: Guard, code: str) -> None:
        self.guard, self.code, self.rate, self.enforced = guard, code, 1.0, False

    def words(self) -> dict[str, Any]:
        """What a wrapper calls, by what follows the prefix of the card in it. All but `seat` counts one outcome."""
        tick, fared = self.guard.outcomes.counter, self.guard.outcome
        held = {Part.GIVEN: HELD, Part.THEN: HELD, Part.RAISES: HELD}
        words: dict[str, Any] = {
            "seat": self,
            "held": tick(fared(APPLIED, held)).tick,
            "exhausted": tick(fared(APPLIED, held | {Part.THEN: UNSEEN})).tick,
            "item": tick(fared(ITEM, {Part.THEN: HELD})).tick,
        }
        for index, clause in enumerate(self.guard.card.clauses):
            if clause.part is Part.GIVEN:
                words[f"unmet{index}"] = tick(self.unmet(index)).tick
        return words | {f"noted{number}": watch.note for number, watch in enumerate(self.guard.watches)}

    def failed(self, places: Mapping[int, int]) -> bool:
        """A Given raised, the line of the wrapper tells which; so the card does not apply."""
        trace = sys.exc_info()[2]
        index = places.get(trace.tb_lineno if trace is not None else 0, 0)
        self.guard.outcomes.counter(self._given(index, ERRED)).tick()
        return False

    def unmet(self, index: int) -> str:
        """The outcome of a Given that does not hold: those after it are not looked at."""
        return self._given(index, VIOLATED if self.guard.card.require else UNMET)

    def _given(self, index: int, letter: str) -> str:
        letters = [HELD if clause.part is Part.GIVEN else UNSEEN for clause in self.guard.card.clauses]
        letters[index:] = [letter] + [UNSEEN] * (len(letters) - index - 1)
        return LEFT + "".join(letters)

    def refused(self, index: int, inputs: Mapping[str, object]) -> SpecViolation | None:
        """A Given that is required does not hold."""
        self.guard.outcomes.counter(self.unmet(index)).tick()
        return self._violated(index, inputs, NOTHING)

    def settled(self, wrong: tuple[int, ...], inputs: Mapping[str, object], result: object) -> SpecViolation | None:
        """Some Then did not hold (its index), or could not be decided (the complement of its index)."""
        return self._settled(APPLIED, wrong, inputs, result)

    def settled_item(
        self, wrong: tuple[int, ...], inputs: Mapping[str, object], result: object
    ) -> SpecViolation | None:
        """The same of one item of a generator."""
        return self._settled(ITEM, wrong, inputs, result)

    def _settled(
        self, first: str, wrong: tuple[int, ...], inputs: Mapping[str, object], result: object
    ) -> SpecViolation | None:
        letters = [
            HELD if clause.part is Part.THEN or first == APPLIED else UNSEEN for clause in self.guard.card.clauses
        ]
        for index in wrong:
            letters[max(index, ~index)] = VIOLATED if index >= 0 else ERRED
        self._count(first, letters)
        found = [self._violated(index, inputs, result) for index in wrong if index >= 0]
        return found[0] if found else None

    def raised(self, error: Exception, inputs: Mapping[str, object]) -> SpecViolation | None:
        """The call raised. Is that among what it may raise? A violation of another card is no business of this one."""
        card = self.guard.card
        letters = [HELD if clause.part is Part.GIVEN else UNSEEN for clause in card.clauses]
        wrong: list[int] = []
        for index, clause in enumerate(card.clauses):
            if clause.part is Part.RAISES and type(error) is not SpecViolation:
                letters[index] = HELD if expected(error, clause.raises) else VIOLATED
                wrong += [index] if letters[index] == VIOLATED else []
        self._count(APPLIED, letters)
        found = [self._violated(index, inputs, NOTHING, error) for index in wrong]
        return found[0] if found else None

    def _count(self, first: str, letters: list[str]) -> None:
        self.guard.outcomes.counter(first + "".join(letters)).tick()

    def _violated(
        self, index: int, inputs: Mapping[str, object], result: object, error: object = None
    ) -> SpecViolation | None:
        """Keep an example, and say so on the span. What cannot be told is not told."""
        card, trace = self.guard.card, ""
        clause = card.clauses[index]
        try:
            trace = tracing.traceparent()
            self.guard.exemplars.add(clause.id, self.code, inputs, result, error)
            tracing.annotate(card.id, clause.id)
        except Exception:  # an example, or somebody's tracing; the service must not hear of it
            self.guard.exemplars.lost.tick()
        if not self.enforced:
            return None
        return SpecViolation(f"{clause.id}: {clause.text} ({card.path}:{clause.line})", clause.id, trace)


def expected(error: BaseException, names: tuple[str, ...]) -> bool:
    """Is its class, or one that it derives from, among the names: `PaymentDeclined`, `shop.errors.PaymentDeclined`?"""
    told = {name.replace(":", ".") for name in names}
    for kind in _MRO(type(error)):
        qualname, module = _QUALNAME(kind), _MODULE(kind)
        if not told.isdisjoint({qualname, qualname.rpartition(".")[2], f"{module}.{qualname}"}):
            return True
    return False
