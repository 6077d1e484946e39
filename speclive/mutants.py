"""Wrong results, made of right ones: a Then that notices none of them promises little.

A mutant stands for one mistake of an endpoint: "the status is 500", "`error` is missing", "the balance is one more". It
is killed where a Then that held of the right result is violated by the wrong one, or can no longer be evaluated, in at
least one of the calls that it could be made of. A result that is equal to the right one is no mutant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from speclive.cards import Card
from speclive.judging import Judged, Said
from speclive.wire import Mutants

DEPTH = 4
"""How far into a result mutants are made."""
MOST = 200
"""Mutants of one result at most: those nearest to its surface."""
OTHER_STATUSES = (200, 404, 500)
_STATUS = frozenset({"status", "status_code"})
_LONGEST_KEY = 40


class Mutant(NamedTuple):
    """What is wrong, in the words of an expression, and the result that shows it."""

    name: str
    result: Any


def mutants(result: Any, most: int = MOST) -> list[Mutant]:
    """The mutants of a result, from its surface inwards; none of what is None."""
    found: list[Mutant] = []
    layer = [_Place("result", result, lambda value: value)]
    for _ in range(DEPTH):
        found.extend(mutant for place in layer for mutant in _made(place))
        layer = [below for place in layer for below in _within(place)]
    return found[:most]


@dataclass(slots=True)
class Trials:
    """Which mutants of which target were made, and which of them were killed.

    `most`: calls of one target that are tried.
    """

    most: int = 64
    killed: dict[str, dict[str, bool]] = field(default_factory=dict)
    clauses: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def wants(self, card: Card) -> bool:
        """Whether more calls of a card's target are to be tried."""
        return self.calls.get(card.binding.target, 0) < self.most

    def try_all(
        self, judged: Iterable[Judged], arguments: Mapping[str, Any], olds: Mapping[str, tuple[Any, ...]], result: Any
    ) -> None:
        """Try the mutants of one call's result on the cards that apply to it. All cards are of one target."""
        cards = list(judged)
        if not cards or not self.wants(cards[0].card):
            return
        target = cards[0].card.binding.target
        self.calls[target] = self.calls.get(target, 0) + 1
        told, clauses = self.killed.setdefault(target, {}), self.clauses.setdefault(target, [])
        clauses.extend(one.id for card in cards for one, _ in card.then if one.id not in clauses)
        right = _said(cards, arguments, olds, result)
        for mutant in mutants(result):
            if not told.get(mutant.name):
                told[mutant.name] = _noticed(right, _said(cards, arguments, olds, mutant.result))

    def add(self, other: Mapping[str, Mapping[str, bool]], clauses: Mapping[str, Iterable[str]]) -> None:
        """Take in what another process tried: what it killed is killed."""
        for target, told in other.items():
            mine = self.killed.setdefault(target, {})
            for name, killed in told.items():
                mine[name] = mine.get(name, False) or killed
            have = self.clauses.setdefault(target, [])
            have.extend(one for one in clauses.get(target, ()) if one not in have)

    def report(self, critical: Iterable[str] | None = None) -> Mutants:
        """The sum over the targets whose names match a glob of `critical`; None: over all."""
        globs = None if critical is None else tuple(critical)
        chosen = {target: told for target, told in self.killed.items() if globs is None or matches(target, globs)}
        survivors = [
            {"target": target, "mutant": name, "clauses": self.clauses.get(target, [])}
            for target, told in sorted(chosen.items())
            for name, killed in told.items()
            if not killed
        ]
        made = sum(map(len, chosen.values()))
        return {"made": made, "killed": made - len(survivors), "survivors": survivors}


def strength(told: Mutants) -> float | None:
    """The share of mutants that were killed; None where none was made."""
    return told["killed"] / told["made"] if told["made"] else None


def joined(reports: Iterable[Mutants]) -> Mutants:
    """The mutants of several reports, of different targets or of the same: a survivor of one may be killed in another,
    which sums alone cannot tell, so that each counts by itself.
    """
    told = list(reports)
    return {
        "made": sum(one["made"] for one in told),
        "killed": sum(one["killed"] for one in told),
        "survivors": [survivor for one in told for survivor in one["survivors"]],
    }


def matches(target: str, globs: Iterable[str]) -> bool:
    """Whether a target is one of those that globs name: `POST *`, `shop.tasks:*`."""
    return any(fnmatchcase(target, glob) for glob in globs)


class _Place(NamedTuple):
    """Somewhere in a result: how it is reached, what stands there, and the result with something else there."""

    name: str
    value: Any
    with_: Callable[[Any], Any]


class _Altered:
    """An object as it is, but for one attribute."""

    def __init__(self, original: Any, name: str, value: Any) -> None:
        self.__dict__[name] = value
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _said(
    cards: Iterable[Judged], arguments: Mapping[str, Any], olds: Mapping[str, tuple[Any, ...]], result: Any
) -> dict[str, Said]:
    return {clause: said for card in cards for clause, said in card.says(arguments, olds, result).items()}


def _noticed(right: Mapping[str, Said], wrong: Mapping[str, Said]) -> bool:
    return any(said is Said.HOLDS and wrong[clause] is not Said.HOLDS for clause, said in right.items())


def _made(place: _Place) -> Iterator[Mutant]:
    for words, value in _instead(place):
        if type(value) is type(place.value) and value == place.value:
            continue
        with suppress(Exception):  # a record that refuses such a value cannot be returned with it
            yield Mutant(f"{place.name} {words}", place.with_(value))


def _instead(place: _Place) -> Iterator[tuple[str, Any]]:
    """What may stand there instead, each in words."""
    value = place.value
    if value is not None:
        yield "is None", None
    match value:
        case bool():
            yield "is the contrary", not value
        case Enum():
            yield from ((f"is {other.name}", other) for other in type(value) if other is not value)
        case int() if _is_status(place.name):
            yield from ((f"is {other}", other) for other in OTHER_STATUSES)
        case int() | float():
            yield "is one more", value + 1
            yield "is one less", value - 1
        case str() | bytes() | list() | tuple() if value and not hasattr(value, "_fields"):
            yield "is empty", type(value)()
        case dict():
            for key in value:
                yield f"lacks {_quoted(key)}", {other: kept for other, kept in value.items() if other != key}


def _within(place: _Place) -> Iterator[_Place]:
    """The places one step further in."""
    value, name, with_ = place.value, place.name, place.with_
    if isinstance(value, dict):
        yield from (_Place(f"{name}[{_quoted(key)}]", kept, _at(value, key, with_)) for key, kept in value.items())
    elif fields := _fields(value):
        yield from (_Place(f"{name}.{one}", getattr(value, one), _with_field(value, one, with_)) for one in fields)
    elif isinstance(value, list | tuple) and value:
        yield _Place(f"{name}[0]", value[0], lambda new: with_(type(value)([new, *value[1:]])))
    elif not isinstance(value, Enum | type):
        yield from _of_an_answer(place)


def _of_an_answer(place: _Place) -> Iterator[_Place]:
    """What the answers of web frameworks have, whatever class they are of."""
    for name in sorted(_STATUS | {"body"}):
        if isinstance(seen := getattr(place.value, name, None), int | bytes):
            yield _Place(f"{place.name}.{name}", seen, _with_attribute(place.value, name, place.with_))


def _fields(value: Any) -> tuple[str, ...]:
    """Of a dataclass or a named tuple."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return tuple(one.name for one in dataclasses.fields(value) if one.init)
    return tuple(value._fields) if isinstance(value, tuple) and hasattr(value, "_fields") else ()


def _at(value: dict[Any, Any], key: Any, with_: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda new: with_({**value, key: new})


def _with_field(value: Any, name: str, with_: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if isinstance(value, tuple):
        return lambda new: with_(value._replace(**{name: new}))  # type: ignore[attr-defined]
    return lambda new: with_(dataclasses.replace(value, **{name: new}))


def _with_attribute(value: Any, name: str, with_: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda new: with_(_Altered(value, name, new))


def _is_status(name: str) -> bool:
    return name.rstrip("']").replace("['", ".").rsplit(".", 1)[-1] in _STATUS


def _quoted(key: Any) -> str:
    text = repr(key)
    return text if len(text) <= _LONGEST_KEY else text[: _LONGEST_KEY - 1] + "…"
