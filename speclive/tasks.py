"""Tasks: functions that no route leads to, such as jobs of a queue or of a clock."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from speclive import traffic
from speclive.cards import Cards
from speclive.guards import guard, last
from speclive.targets import called, targets

F = TypeVar("F", bound=Callable[..., Any])


def task(cards: Cards, critical: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Guard a function by those of `cards` that name it; where none does, count its calls as not guarded.

    `critical`: globs of the names of tasks, `shop.tasks:*`, whose calls should all be guarded.
    """

    def decorated(function: F) -> F:
        name = called(function)
        traffic.know(targets([(name, function)], critical, cards))
        named = {card.binding.handler for card in cards if card.binding.handler}
        if name in named or last(name) in set(map(last, named)):
            return guard(function, cards)
        return cast("F", _counted(function, traffic.tick(name)))

    return decorated


def _counted(function: Callable[..., Any], tick: Callable[[], object]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def waiting(*args: Any, **kwargs: Any) -> Any:
            tick()
            return await function(*args, **kwargs)

        return waiting

    @functools.wraps(function)
    def calling(*args: Any, **kwargs: Any) -> Any:
        tick()
        return function(*args, **kwargs)

    return calling
