"""A guarded function: the wrapper that the application holds, the cards that sit in it, and how it is made anew.

The application keeps one function object. To switch guards off, or to take other cards, the function is given other
code, made aside: calls that are under way end in the code that they began in, for each card that ever sat in a wrapper
keeps its names.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import random
import weakref
from collections.abc import Callable, Iterable
from itertools import count
from threading import RLock
from types import CodeType, FunctionType
from typing import Any, NamedTuple, cast

from speclive.counting import Counter
from speclive.expression import FUNCTIONS
from speclive.forking import unlocked_in_children
from speclive.generating import Placed, bare, fits, written
from speclive.limiter import Limiter, Stopwatch
from speclive.seats import Guard, Seat
from speclive.shaping import binder, defaults, shape
from speclive.state import STATE
from speclive.targets import called, place
from speclive.words import Binding, Card, Mode

ATTRIBUTE = "__speclive__"
"""Where a wrapper keeps its site."""

CHANGING = unlocked_in_children(RLock())
"""Held while guards, wrappers or what holds for them change; never by a call of a guarded function that goes well."""


class Plan(NamedTuple):
    """What a wrapper is to become, made aside."""

    cards: tuple[Card, ...]
    code: CodeType


class Reach:
    """The calls of one target, in all of its wrappers. `guarded`: of which a Then was seen; `left`: the others. With
    how it is called, and where its code is.
    """

    __slots__ = ("guarded", "handler", "left", "line", "path")

    def __init__(self, binding: Binding, function: Callable[..., Any]) -> None:
        self.guarded, self.left = Counter(), Counter()
        self.handler = binding.handler or called(function)
        where = place(function)
        self.path: str = where[0] if where else ""
        self.line: int | None = where[1] if where else None


class Registry:
    """All guards and targets of this process; they outlive the functions that were guarded. `retired`: guards of cards
    that were edited since; calls may still end in them.
    """

    def __init__(self) -> None:
        self.guards: dict[str, Guard] = {}
        self.retired: list[Guard] = []
        self.reaches: dict[Binding, Reach] = {}
        self.sites: weakref.WeakSet[Site] = weakref.WeakSet()

    def guard(self, card: Card) -> Guard:
        """The guard of a card: the same as long as the card is."""
        there = self.guards.get(card.id)
        if there is not None and there.card == card:
            return there
        if there is not None:
            self.retired.append(there)
        made = self.guards[card.id] = Guard(card, there)
        return made

    def retire(self, guard: Guard) -> None:
        """Its card holds no longer."""
        del self.guards[guard.card.id]
        self.retired.append(guard)

    def seated(self) -> set[Guard]:
        """The guards that sit in a wrapper."""
        return {seat.guard for site in tuple(self.sites) for seat in site.seats}

    def shares(self) -> dict[Guard, float]:
        """Of the calls that a card wants, how many it gets where it gets the fewest, since guards may cost too much."""
        shares: dict[Guard, float] = {}
        for site in tuple(self.sites):
            for seat in site.seats:
                shares[seat.guard] = min(site.limiter.share, shares.get(seat.guard, 1.0))
        return shares

    def reach(self, binding: Binding, function: Callable[..., Any]) -> Reach:
        """The calls of what a card is bound to."""
        if binding not in self.reaches:
            self.reaches[binding] = Reach(binding, function)
        return self.reaches[binding]


REGISTRY = Registry()


class Site:
    """One guarded function. `original`: what the wrapper calls. `bindings`: of all cards that ever sat in it."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original, self.shape = original, shape(original)
        self.seats: tuple[Seat, ...] = ()
        self.bindings = set[Binding]()
        self.most = 1.0  # the share of calls that some card looks at
        self.limiter = Limiter(self._limited)
        where = place(original)
        self._where = f"{where[0]}#L{where[1]}" if where else ""
        self._numbers: dict[Card, int] = {}
        self._due: list[bool] = []
        self._codes: dict[str, CodeType] = {}
        self._function: weakref.ref[FunctionType] | None = None

    def wrapper(self) -> FunctionType | None:
        """The wrapper; None where nobody holds it any longer."""
        return self._function() if self._function is not None else None

    @property
    def cards(self) -> tuple[Card, ...]:
        """Those that sit in it."""
        return tuple(seat.guard.card for seat in self.seats)

    def made(self, cards: tuple[Card, ...]) -> FunctionType:
        """The wrapper, with its first cards. Raises Unfit where one does not fit."""
        plan = self.plan(cards)
        names = {self.shape.prefix + name: thing for name, thing in self._words().items()}
        function = FunctionType(plan.code, {"__builtins__": {}, **names})
        function.__defaults__, function.__kwdefaults__ = defaults(self.shape.parameters)
        functools.update_wrapper(function, _named(self.original))
        vars(function).update({"__wrapped__": self.original, ATTRIBUTE: self})
        self._function = weakref.ref(function)
        REGISTRY.sites.add(self)
        self.take(plan)
        return function

    def plan(self, cards: Iterable[Card]) -> Plan:
        """What the wrapper is with `cards`. Raises Unfit where one does not fit; nobody sees anything of it yet."""
        chosen = tuple(cards)
        for card in chosen:
            self._numbers.setdefault(card, len(self._numbers))
            fits(self.shape, card)
        text = bare(self.shape) if STATE.killed or not chosen else written(self.shape, self._placed(chosen))
        return Plan(chosen, self._compiled(text, chosen))

    def take(self, plan: Plan) -> None:
        """Become what was planned."""
        function, there = self.wrapper(), {seat.guard.card: seat for seat in self.seats}
        if function is None:
            return
        self.seats = tuple(there.get(card) or self._seat(card, function) for card in plan.cards)
        for seat in self.seats:
            seat.rate, seat.enforced = self._rate(seat.guard.card), STATE.mode(seat.guard.card) is Mode.ENFORCE
        self.most = max((seat.rate for seat in self.seats if STATE.looks(seat.guard.card)), default=1.0)
        self.bindings |= {card.binding for card in plan.cards}
        if plan.cards:
            reach = REGISTRY.reach(plan.cards[0].binding, self.original)
            function.__globals__[f"{self.shape.prefix}_guarded"] = reach.guarded.tick
            function.__globals__[f"{self.shape.prefix}_left"] = reach.left.tick
        function.__code__ = plan.code

    def renewed(self) -> None:
        """Written anew, since something that holds for its cards has changed."""
        self.take(self.plan(self.cards))

    def _limited(self) -> None:
        """The guards cost more than they may, or no longer: another share of the calls is looked at."""
        if CHANGING.acquire(blocking=False):
            try:
                self.renewed()
            finally:
                CHANGING.release()

    def _seat(self, card: Card, function: FunctionType) -> Seat:
        number, guard = self._numbers[card], REGISTRY.guard(card)
        seat = Seat(guard, self._where)
        prefix = f"{self.shape.prefix}{number}"
        function.__globals__.update({f"{prefix}_{name}": thing for name, thing in seat.words().items()})
        return seat

    def _placed(self, cards: tuple[Card, ...]) -> tuple[Placed, ...]:
        looking = [card for card in cards if STATE.looks(card)]
        sampled = any(self._rate(card) < 1.0 for card in looking)
        return tuple(Placed(self._numbers[card], card, STATE.mode(card), sampled) for card in looking)

    def _rate(self, card: Card) -> float:
        return STATE.sample(card) * self.limiter.share

    def _compiled(self, text: str, cards: tuple[Card, ...]) -> CodeType:
        """The code of a wrapper, called like what it guards."""
        if text not in self._codes:
            space: dict[str, Any] = {"__builtins__": {}}
            exec(compile(text, shown(text, cards), "exec"), space)  # noqa: S102 - of conditions that were found harmless
            code: CodeType = space[self.shape.prefix].__code__
            core = _named(self.original)
            name, qualname = core.__name__, core.__qualname__
            flags = code.co_flags | (core.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE)
            self._codes[text] = code.replace(co_name=name, co_qualname=qualname, co_flags=flags)
        return self._codes[text]

    def _words(self) -> dict[str, Any]:
        """What every wrapper of this function may use, by what follows the prefix."""
        return {
            **FUNCTIONS,
            "_function": heard(self),
            "_site": self,
            "_due": self._due,
            "_begin": self._begin,
            "_random": random.random,
            "_bind": binder(self.original, self.shape),
            "_Exception": Exception,
            "_BaseException": BaseException,
            "_StopIteration": StopIteration,
            "_StopAsyncIteration": StopAsyncIteration,
        }

    def _begin(self) -> Stopwatch | None:
        """A watch for one call, unless another thread was there first."""
        try:
            self._due.pop()
        except IndexError:
            return None
        return Stopwatch(self.limiter)


def unheard(site: Site) -> Callable[..., Any]:
    """What a wrapper calls: the function itself."""
    return site.original


heard: Callable[[Site], Callable[..., Any]] = unheard
"""The same, where somebody wants to hear each call: tests do, while they look for wrong results (recording.py)."""


def shown(text: str, cards: tuple[Card, ...]) -> str:
    """The file name of a wrapper, under which a traceback finds its text: `<speclive pay.balance>`."""
    name = ", ".join(card.id for card in cards) or "nothing"
    for number in count(1):
        file = f"<speclive {name}>" if number == 1 else f"<speclive {name} {number}>"
        lines = text.splitlines(keepends=True)
        there = linecache.cache.setdefault(file, (len(text), None, lines, file))
        if len(there) == 4 and there[2] == lines:
            return file
    raise AssertionError("unreachable")


def _named(function: Any) -> FunctionType:
    """The function that a method, or a partial, is called like."""
    while isinstance(function, functools.partial):
        function = function.func
    return cast("FunctionType", getattr(function, "__func__", function))
