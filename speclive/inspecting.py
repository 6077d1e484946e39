"""What a card's binding names in the code, and whether its expressions can be read there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from speclive.cards import Card, Cards, Clause, Part, Refusal

ENDPOINT = frozenset({"method", "path", "params", "query", "headers", "body"})
"""What the expressions of an endpoint without a handler may read, besides `result`."""


class Unresolved(ValueError):
    """A binding that names nothing; the reason in one line, with the nearest name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A function or class, as `owner` (a module or a class) has it under `name`."""

    owner: Any
    name: str
    function: Any

    @property
    def methods(self) -> dict[str, Callable[..., Any]]:
        """The public methods of a class that are guarded; of a function none."""
        if not inspect.isclass(self.function):
            return {}
        own = vars(self.function).items()
        return {name: one for name, one in own if inspect.isfunction(one) and not name.startswith("_")}


def resolve(handler: str) -> Found:
    """`shop.pay:Pay.settle`, imported. Raises Unresolved; whatever the import of a module raises is told as one."""
    module, _, qualname = handler.partition(":")
    owner, found, name = None, _imported(module), ""
    for name in qualname.split("."):
        owner = found
        if not hasattr(owner, name):
            where = owner.__name__ if inspect.ismodule(owner) else f"{module}:{owner.__qualname__}"
            raise Unresolved(f"{where} has no `{name}`{nearest(name, dir(owner))}")
        found = getattr(owner, name)
    if not callable(found):
        raise Unresolved(f"{handler} is a {type(found).__name__}, which nobody can call")
    return Found(owner, name, found)


def names_of(found: Found) -> frozenset[str]:
    """What a card of this binding may read of a call: the parameters; of a class `self`, and those of its methods."""
    functions = list(found.methods.values()) if inspect.isclass(found.function) else [found.function]
    names = frozenset({"self"}) if inspect.isclass(found.function) else frozenset()
    return names.union(*(inspect.signature(function).parameters for function in functions))


def checked(cards: Cards) -> tuple[Refusal, ...]:
    """What keeps cards from being bound: each name that the code does not have, in the order of the cards."""
    return tuple(refusal for card in cards for refusal in _refusals(card))


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that may have been meant, as the end of a sentence; "" where none is near."""
    near = get_close_matches(name, [one for one in names if not one.startswith("__")], 1)
    return f": did you mean `{near[0]}`?" if near else ""


def _refusals(card: Card) -> Iterator[Refusal]:
    try:
        readable = names_of(resolve(card.binding.handler)) if card.binding.handler else ENDPOINT
    except (Unresolved, ValueError, TypeError) as error:
        yield Refusal(card.path, card.line, str(error))
        return
    for clause in card.clauses:
        yield from _unreadable(card, clause, readable)


def _unreadable(card: Card, clause: Clause, readable: frozenset[str]) -> Iterator[Refusal]:
    if clause.expression is None:
        return
    after = readable | {"result"} if clause.part is Part.THEN else readable
    for name in sorted(clause.expression.names - after):
        what = "the endpoint" if not card.binding.handler else f"`{card.binding.handler}`"
        yield Refusal(card.path, clause.line, f"{what} has no `{name}` to read{nearest(name, sorted(after))}")


def _imported(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        near = nearest(module.rpartition(".")[2], _beside(module)) if error.name == module else ""
        raise Unresolved(f"the module {module} cannot be imported: {error}{near}") from error
    except Exception as error:  # a module may raise whatever it likes while it is imported
        raise Unresolved(f"the module {module} cannot be imported: {type(error).__name__}: {error}") from error


def _beside(module: str) -> list[str]:
    """The modules of the same package."""
    package = sys.modules.get(module.rpartition(".")[0])
    return [one.name for one in pkgutil.iter_modules(getattr(package, "__path__", []))]
