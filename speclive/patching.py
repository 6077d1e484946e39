"""Guards for the time of a test run: put wherever a function is looked up, and taken back at the end."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from speclive.cards import Cards, Refusal
from speclive.guards import guard, site_of
from speclive.inspecting import Found, checked, resolve


@dataclass(slots=True)
class Patches:
    """What was guarded, by what cards name; and how it is taken back. What guards itself is left as it is."""

    guarded: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    _undone: list[Callable[[], None]] = field(default_factory=list)

    def bind(self, cards: Cards) -> tuple[Refusal, ...]:
        """Guard what the cards name and is not guarded yet. What cannot be, with the reason."""
        refused: list[Refusal] = []
        for handler, own in by_handler(cards).items():
            if handler not in self.guarded:
                refused.extend(checked(own) or self._bound(handler, own))
        return tuple(refused)

    def spread(self) -> None:
        """Replace the originals wherever a module has taken them over by their name."""
        originals = {id(original): (original, wrapper) for original, wrapper in self.guarded.values()}
        for module in list(sys.modules.values()):
            for name, value in list(getattr(module, "__dict__", {}).items()):
                found = originals.get(id(value))
                if found is not None and found[0] is value is not found[1]:
                    self._put(module, name, found[1])

    def undo(self) -> None:
        """Put the originals back, the last first."""
        while self._undone:
            self._undone.pop()()
        self.guarded.clear()

    def _bound(self, handler: str, cards: Cards) -> tuple[Refusal, ...]:
        found = resolve(handler)
        kept = inspect.getattr_static(found.owner, found.name)
        before = dict(vars(found.function)) if inspect.isclass(found.function) else {}
        try:
            made = kept if _is_guarded(kept) else guard(kept, cards)
        except (ValueError, TypeError) as error:
            return (Refusal(next(iter(cards)).path, next(iter(cards)).line, str(error)),)
        self.guarded[handler] = (kept, made)
        self._methods(found, before)
        if made is not kept:
            self._put(found.owner, found.name, made)
        return ()

    def _methods(self, found: Found, before: dict[str, Any]) -> None:
        """A class stays the class that others know, and has other methods for a while."""
        for name, method in before.items():
            if vars(found.function)[name] is not method:
                self._undone.append(_back(found.function, name, method))

    def _put(self, owner: Any, name: str, value: Any) -> None:
        self._undone.append(_back(owner, name, vars(owner)[name]) if name in vars(owner) else _gone(owner, name))
        setattr(owner, name, value)


def by_handler(cards: Cards) -> dict[str, Cards]:
    """The cards that name code, by what they name."""
    found: dict[str, Cards] = {}
    for card in cards:
        if card.binding.handler:
            found[card.binding.handler] = found.get(card.binding.handler, Cards()) + Cards((card,))
    return found


def _is_guarded(kept: Any) -> bool:
    return site_of(getattr(kept, "__func__", kept)) is not None


def _back(owner: Any, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(owner, name, value)


def _gone(owner: Any, name: str) -> Callable[[], None]:
    return lambda: delattr(owner, name)
