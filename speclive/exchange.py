"""A request and its answer, as cards of an endpoint see them whatever the framework.

The guarded function is a coroutine that waits for the answer, and a middleware moves it by hand: the conditions on the
request are decided where it begins, those on the answer where that is known, and no event loop is needed for it.
"""

from __future__ import annotations

import difflib
import inspect
import json
import logging
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from speclive import traffic
from speclive.cards import Card, CardError, Cards, Refusal
from speclive.guards import guard, guards
from speclive.reads import REQUEST, Reads
from speclive.state import STATE
from speclive.targets import Route, called, targets

_log = logging.getLogger("speclive")

LARGEST = 64 * 1024
"""The bytes of a body that is read for a card."""
_MOST_DIGITS = 9  # of a length: a number of thousands of them is not even read


def is_small(length: str) -> bool:
    """Does a header `Content-Length` tell of a body that is read?"""
    told = length.isascii() and length.isdecimal() and len(length) <= _MOST_DIGITS
    return told and int(length) <= LARGEST


class _Answer:
    def __await__(self) -> Generator[None, Any, Any]:
        return (yield)


_ANSWER = _Answer()


class Open:
    """A request that was not answered yet."""

    __slots__ = ("_running",)

    def __init__(self, running: Coroutine[Any, Any, Any]) -> None:
        self._running = running
        running.send(None)

    def answered(self, result: dict[str, Any]) -> None:
        """Judge an answer. SpecViolation where an enforced card is not kept."""
        try:
            self._running.send(result)
        except StopIteration:
            return
        self._running.close()

    def raised(self, error: Exception) -> None:
        """Judge that the handler raised. SpecViolation where an enforced card does not allow it."""
        where = error.__traceback__
        try:
            self._running.throw(error)
        except StopIteration:
            return
        except Exception as raised:
            if raised is not error:
                raise
        error.__traceback__ = where  # ours is no part of the way it came

    def left(self) -> None:
        """Nobody waits for the answer any more: nothing is judged."""
        self._running.close()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done at one target. `function` is None where no card of the request is bound to it."""

    name: str
    tick: Callable[[], object]
    reads: Reads = field(default_factory=Reads)
    function: Callable[..., Coroutine[Any, Any, Any]] | None = None

    @property
    def looks(self) -> bool:
        """Whether anything of a request is to be made, and held back: not where all guards are off."""
        return self.function is not None and not STATE.killed

    def begin(self, facts: Mapping[str, Callable[[], Any]]) -> Open | None:
        """Judge a request by what the cards read of it. SpecViolation where an enforced card requires another one."""
        if self.function is None:
            return None
        read = self.reads.request
        try:
            told = {name: facts[name]() for name in read}
        except Exception:  # a guard's own error never breaks the endpoint
            _log.exception("a request could not be read for %s", self.name)
            return None
        return Open(self.function(**told))


def planned(routes: Iterable[Route] | None, cards: Cards, critical: Iterable[str] = ()) -> dict[str, Plan]:
    """A plan for each target, by its name. CardError where a card is bound to an endpoint that is not there.

    `routes`: all that there are, or None where nobody knows; then the cards' endpoints are what there is.
    """
    asked: dict[str, list[Card]] = {}
    for card in cards:
        if card.binding.endpoint:
            asked.setdefault(card.binding.endpoint, []).append(card)
    if routes is not None:
        handlers: dict[str, Any] = {route.name: route.handler for route in routes}
        _refuse_unknown(asked, list(handlers))
    else:
        handlers = dict.fromkeys(asked, _unknown)
    traffic.know(targets(handlers.items(), critical, cards))
    return {name: _plan(name, handler, asked.get(name, [])) for name, handler in handlers.items()}


def refuse_unguarded(cards: Cards) -> None:
    """CardError where what handles an endpoint is not guarded, so that its card would never be looked at."""
    guarded = {each.card.id for each in guards()}
    refuse(
        (card, f'"{card.binding.handler}" is not guarded: put @speclive.guarded(cards) over it')
        for card in cards
        if card.binding.endpoint and card.binding.handler and card.id not in guarded
    )


def refuse(found: Iterable[tuple[Card, str]]) -> None:
    """CardError with the reasons, where there is one."""
    refusals = tuple(Refusal(card.path, card.line, reason) for card, reason in found)
    if refusals:
        raise CardError(refusals)


def json_value(body: bytes | None, kind: str) -> Any:
    """The JSON value of a body; None where it is none, or too large to be looked at."""
    if body is None or len(body) > LARGEST or "json" not in kind:
        return None
    try:
        return json.loads(body.decode())  # quicker than to find out which encoding it is: JSON is UTF-8
    except (ValueError, RecursionError):
        return None


def first_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of names that stand several times, the first value."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def queried(query: str) -> dict[str, str]:
    """What a query says, by name."""
    return first_of(parse_qsl(query, keep_blank_values=True))


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names in lower case; what stands several times, with commas."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _plan(name: str, handler: Any, cards: list[Card]) -> Plan:
    mine = Cards(tuple(card for card in cards if not card.binding.handler))
    if not len(mine):
        return Plan(name, traffic.tick(name))
    reads = Reads.of(mine)
    return Plan(name, traffic.tick(name), reads, guard(_exchange(handler, reads), mine))


def _unknown() -> None:
    """Whatever answers where an application does not tell."""


def _exchange(handler: Any, reads: Reads) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A coroutine function of what is read of a request, which an example takes for what answers."""

    async def exchange() -> Any:
        return await _ANSWER

    names = tuple(name for name in REQUEST if name in reads.request)
    code = exchange.__code__.replace(co_varnames=names, co_argcount=len(names), co_nlocals=len(names))
    place = getattr(inspect.unwrap(handler), "__code__", code)
    exchange.__code__ = code.replace(co_filename=place.co_filename, co_firstlineno=place.co_firstlineno)
    exchange.__module__, _, exchange.__qualname__ = called(handler).partition(":")
    return exchange


def _refuse_unknown(asked: Mapping[str, list[Card]], names: list[str]) -> None:
    refuse(
        (card, f'there is no route "{name}"{_nearest(name, names)}')
        for name, cards in asked.items()
        if name not in names
        for card in cards
    )


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1, 0.0)
    return f'; the nearest is "{near[0]}"' if near else "; the application has none"
