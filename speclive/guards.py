"""Guards: from cards and a function to a wrapper that is cheap enough to leave on, and what all of them saw.

    pay = guard(pay, load("specs/"))
    report()["pay.balance#t1"]["violated"]

Cards are chosen by the `handled by` of their binding: `module:qualname`, else the last name of it; cards that all speak
of one thing may be given to any function.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import FunctionType, MethodType
from typing import Any, TypeVar, cast

from speclive.conditions import Unfit
from speclive.seats import Counts, Guard, counted
from speclive.sites import ATTRIBUTE, CHANGING, REGISTRY, Site
from speclive.state import STATE
from speclive.targets import called
from speclive.words import Card, Mode

__all__ = ["Counts", "Guard", "Unfit", "guard", "guarded", "guards", "report"]

F = TypeVar("F")


def guard(function: F, cards: Iterable[Card]) -> F:
    """`function` with those of `cards` that speak of it: called, awaited and read as before.

    A class is guarded in the public methods that it defines, and stays itself; a function that is guarded already takes
    the cards besides. Raises ValueError where no card speaks of it, or one reads what it has not; TypeError where it is
    not written in Python.
    """
    chosen = chosen_for(function, tuple(cards))
    with CHANGING:
        return cast("F", _guarded(function, chosen))


def guarded(cards: Iterable[Card]) -> Callable[[F], F]:
    """`guard` as a decorator."""
    known = tuple(cards)
    return lambda function: guard(function, known)


def chosen_for(function: Any, cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """The cards that speak of a function. Raises ValueError, which says of what they speak, where none does."""
    name = called(getattr(function, "__func__", function))
    if exact := tuple(card for card in cards if card.binding.handler == name):
        return exact
    if alike := tuple(card for card in cards if card.binding.handler and last(card.binding.handler) == last(name)):
        return alike
    if len({card.binding for card in cards}) == 1:
        return cards
    spoken = ", ".join(sorted({card.binding.handler or card.binding.target for card in cards})) or "nothing"
    raise ValueError(f"no card speaks of {name}; they speak of {spoken}")


def last(name: str) -> str:
    """The last part of `shop.pay:Till.pay`."""
    return name.rpartition(":")[2].rpartition(".")[2]


def guards() -> tuple[Guard, ...]:
    """Those of all cards that were given to `guard` in this process."""
    return tuple(REGISTRY.guards.values())


def report() -> dict[str, dict[str, Any]]:
    """What was seen in this process, by the id of the clause.

    `evaluated`, `violated`, `errors` (of the guard itself; these two are within the first), `exemplars` (the newest, at
    most 64 a card), and which clause it is. `sample`: the share of calls that is looked at, `limited`: whether that is
    less than the card wants, since the guards would cost too much.
    """
    with CHANGING:
        shares = REGISTRY.shares()
    return {
        clause: row | {"exemplars": [dict(one) for one in tuple(guard.exemplars.kept) if one["clause"] == clause]}
        for guard in guards()
        for clause, row in _rows(guard, shares.get(guard, 1.0)).items()
    }


def _rows(guard: Guard, share: float) -> dict[str, dict[str, Any]]:
    card, counts = guard.card, counted(guard.card, guard.outcomes.counts())
    mode = Mode.OFF if STATE.killed else STATE.mode(card)
    told = {"card": card.id, "target": card.binding.target, "mode": str(mode), "critical": card.critical}
    told |= {"path": card.path, "sample": STATE.sample(card) * share, "limited": share < 1.0}
    return {
        clause.id: {**told, "part": str(clause.part), "text": clause.text, "line": clause.line}
        | counts[clause.id]._asdict()
        for clause in card.clauses
    }


def _guarded(function: Any, cards: tuple[Card, ...]) -> Any:
    if isinstance(function, staticmethod | classmethod):
        return type(function)(_guarded(function.__func__, cards))
    if isinstance(function, MethodType):
        return MethodType(_guarded(function.__func__, cards), function.__self__)
    if inspect.isclass(function):
        return _class_guarded(function, cards)
    site = site_of(function)
    if site is None:
        return Site(function).made(cards)
    known = {card.id for card in cards}
    site.take(site.plan([*(card for card in site.cards if card.id not in known), *cards]))
    return function


def site_of(function: Any) -> Site | None:
    """The site of a wrapper of ours; a decorator that copied its attributes is none."""
    site: Site | None = getattr(function, ATTRIBUTE, None) if isinstance(function, FunctionType) else None
    return site if site is not None and site.wrapper() is function else None


def _class_guarded(kind: type, cards: tuple[Card, ...]) -> type:
    """Each public method with those cards that read what it has; each card must fit some."""
    made: dict[str, Any] = {}
    refused: dict[Card, Unfit] = {}
    fitted: set[Card] = set()
    for name, method in vars(kind).items():
        if name.startswith("_") or not inspect.isfunction(getattr(method, "__func__", method)):
            continue
        fitting = tuple(card for card in cards if _fits(method, card, refused))
        fitted |= set(fitting)
        if fitting:
            made[name] = _guarded(method, fitting)
    for card in cards:
        if card not in fitted:
            raise refused.get(card) or ValueError(f"{kind.__qualname__} has no public method for {card.id}")
    for name, method in made.items():
        setattr(kind, name, method)
    return kind


def _fits(method: Any, card: Card, refused: dict[Card, Unfit]) -> bool:
    try:
        Site(getattr(method, "__func__", method)).plan((card,))
    except Unfit as unfit:
        refused.setdefault(card, unfit)
        return False
    return True
