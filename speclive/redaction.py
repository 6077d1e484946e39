"""What of a value may be told: what the card allows, and of everything else the name of its type.

No code of the value's own class is ever called: no `repr`, `str`, `==`, `len`, property or hook.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import getattr_static
from itertools import islice
from math import isfinite
from typing import Any

LONGEST = 64  # characters of a text
DEEPEST = 4  # of what lies in what
WIDEST = 16  # entries of one mapping or sequence
_BIGGEST = 2**63
_NAME = type.__dict__["__name__"].__get__
_PLAIN: Mapping[type, Callable[[Any], str]] = {
    decimal.Decimal: str,
    uuid.UUID: str,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.date: datetime.date.isoformat,
}


class Withheld(str):
    """What stands for a value that is not told."""

    __slots__ = ()


HIDDEN = Withheld("<redacted>")


@dataclass(frozen=True, slots=True)
class Redaction:
    """By names, or by whole paths such as `result.balance`; `redact` wins. Upper and lower case are one."""

    allow: frozenset[str]
    redact: frozenset[str]

    @staticmethod
    def of(allow: Iterable[str], redact: Iterable[str]) -> Redaction:
        """As a card names them."""
        return Redaction(frozenset(name.lower() for name in allow), frozenset(name.lower() for name in redact))

    def told(self, name: str, value: object) -> Any:
        """What may be told of the input, or `result`, that is called so: JSON, of bounded size."""
        return self._told(value, name.lower(), name.lower(), allowed=False, depth=DEEPEST)

    def _told(self, value: object, name: str, path: str, *, allowed: bool, depth: int) -> Any:
        if name in self.redact or path in self.redact:
            return HIDDEN
        allowed = allowed or name in self.allow or path in self.allow
        kind = type(value)
        if depth and issubclass(kind, dict):
            return self._mapping(value, path, allowed=allowed, depth=depth - 1) or type_name(value)
        if depth and (fields := _fields(kind)):
            entries = dict(zip(fields, _items(value), strict=False))
            return self._mapping(entries, path, allowed=allowed, depth=depth - 1) or type_name(value)
        if depth and issubclass(kind, list | tuple):
            return self._sequence(value, name, path, allowed=allowed, depth=depth - 1) or type_name(value)
        return _scalar(value) if allowed else type_name(value)

    def _mapping(self, value: Any, path: str, *, allowed: bool, depth: int) -> dict[str, Any]:
        """Its entries that say something. A key may be somebody's name: it is told only with its value."""
        told: dict[str, Any] = {}
        for key, item in dict.items(value):
            if len(told) == WIDEST:
                break
            if type(key) is not str:
                continue
            below = self._told(item, key.lower(), f"{path}.{key.lower()}", allowed=allowed, depth=depth)
            if allowed or not _silent(below):
                told[key[:LONGEST]] = below
        return told

    def _sequence(self, value: Any, name: str, path: str, *, allowed: bool, depth: int) -> list[Any]:
        items = [self._told(item, name, path, allowed=allowed, depth=depth) for item in islice(_items(value), WIDEST)]
        return items if allowed or not all(map(_silent, items)) else []


def type_name(value: object) -> str:
    """`<Account>`, whatever its class says of itself."""
    return Withheld(f"<{_NAME(type(value))[:LONGEST]}>")


def _silent(told: Any) -> bool:
    return type(told) is Withheld


def _fields(kind: type) -> tuple[str, ...]:
    """The names of what a named tuple holds, its class not asked; of anything else none."""
    named = getattr_static(kind, "_fields", ()) if issubclass(kind, tuple) else ()
    return named if type(named) is tuple and all(type(name) is str for name in named) else ()


def _items(value: Any) -> Iterator[object]:
    return list.__iter__(value) if issubclass(type(value), list) else tuple.__iter__(value)


def _scalar(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if issubclass(kind, str):
        return str.__getitem__(value, slice(0, LONGEST)).encode("utf-8", "replace").decode()
    if issubclass(kind, int):
        whole = int.__int__(value)
        return whole if -_BIGGEST <= whole < _BIGGEST else type_name(value)
    if issubclass(kind, float):
        number = float.__float__(value)
        return number if isfinite(number) else type_name(value)
    return _PLAIN[kind](value)[:LONGEST] if kind in _PLAIN else type_name(value)
