"""Two answers to one request, field by field: the same, or different in which way?

A field is a path, `body.items[*].price`: all elements of a list are one field, and so are all values of an object
whose keys are data. What is below a part that is missing on one side is not counted again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import UNSET

from checks.shadow.config import ShadowConfig
from checks.shadow.patterns import names
from checks.shadow.triple import Reply, is_id

DEEPEST = 64  # levels of a body; what lies deeper is compared as one value
LONGEST = 400  # characters of a field's name; those below a longer one are one field


class Difference(StrEnum):
    """In which way an answer differs from the primary's."""

    MISSING = "missing"
    ADDED = "added"
    TYPE = "type"
    VALUE = "value"
    SLOWER = "slower"


Seen = tuple[Difference | None, Any, Any]  # how a field differs, and both its values where it does
SAME: Seen = (None, None, None)


class Comparing:
    """Compares answers under one configuration."""

    def __init__(self, config: ShadowConfig) -> None:
        self._config = config
        self._ignore = tuple(f"{one}.**" for one in config.ignore)

    def __call__(self, primary: Reply, other: Reply) -> dict[str, Seen]:
        """Every field that is in either of the two. One that differs in several ways has the first of them."""
        found: dict[str, Seen] = {}
        for field, seen in self._fields(primary, other):
            if found.get(field, SAME)[0] is None:
                found[field] = seen
        return {field: seen for field, seen in found.items() if not names(self._ignore, field)}

    def _fields(self, primary: Reply, other: Reply) -> Iterator[tuple[str, Seen]]:
        config = self._config
        yield "status", _scalar(primary.status, other.status, 0, 0)
        if primary.latency is not None and other.latency is not None:
            over = other.latency - primary.latency
            slower = over > config.slower_ms and over > config.slower * primary.latency
            yield "latency", (Difference.SLOWER, primary.latency, other.latency) if slower else SAME
        if primary.size is not None and other.size is not None:
            yield "size", _scalar(primary.size, other.size, 0, config.size)
        mine, theirs = _lower(primary.headers), _lower(other.headers)
        for name in config.headers:
            if name in mine or name in theirs:
                yield from self._walk(f"headers.{name}", mine.get(name, UNSET), theirs.get(name, UNSET), 1)
        if primary.body is not UNSET or other.body is not UNSET:
            yield from self._walk("body", primary.body, other.body, 1)

    def _walk(self, field: str, mine: Any, theirs: Any, depth: int) -> Iterator[tuple[str, Seen]]:
        if mine is UNSET or theirs is UNSET:
            yield field, (Difference.MISSING if theirs is UNSET else Difference.ADDED, mine, theirs)
        elif _kind(mine) != _kind(theirs):
            yield field, (Difference.TYPE, mine, theirs)
        elif depth > DEEPEST or len(field) > LONGEST or not isinstance(mine, dict | list):
            yield field, _scalar(mine, theirs, *self._tolerance(field))
        else:
            yield field, SAME
            for name, left, right in self._inside(field, mine, theirs):
                yield from self._walk(name, left, right, depth + 1)

    def _inside(self, field: str, mine: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
        """What two objects, or two lists, hold, each part with its field."""
        return self._members(field, mine, theirs) if isinstance(mine, dict) else self._elements(field, mine, theirs)

    def _members(self, field: str, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        of_data = names(self._config.maps, field)
        for key in {**mine, **theirs}:
            name = "*" if of_data or is_id(key) else key
            yield f"{field}.{name}", mine.get(key, UNSET), theirs.get(key, UNSET)

    def _elements(self, field: str, mine: list[Any], theirs: list[Any]) -> Iterator[tuple[str, Any, Any]]:
        if names(self._config.unordered, field):
            mine, theirs = sorted(mine, key=_canonical), sorted(theirs, key=_canonical)
        for at in range(max(len(mine), len(theirs))):
            yield f"{field}[*]", _at(mine, at), _at(theirs, at)

    def _tolerance(self, field: str) -> tuple[float, float]:
        named = ((one.absolute, one.relative) for one in self._config.tolerances if names((one.field,), field))
        return next(named, (0.0, 0.0))


def _scalar(mine: Any, theirs: Any, absolute: float, relative: float) -> Seen:
    if mine == theirs:
        return SAME
    if _kind(mine) == "number" and _near(mine, theirs, absolute, relative):
        return SAME
    return Difference.VALUE, mine, theirs


def _near(mine: float, theirs: float, absolute: float, relative: float) -> bool:
    try:
        return abs(mine - theirs) <= absolute + relative * max(abs(mine), abs(theirs))
    except OverflowError:  # whole numbers beyond every float
        return False


def _kind(value: Any) -> str:
    """JSON's own types: 1 and 1.0 are one number, and true is none."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _at(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else UNSET


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
