"""Where two JSON values differ: by the path of each place, what it was and what it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 200  # characters of a value that is told


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. `was`, `now`: JSON text of the value there, "" where there is none."""

    path: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.path}: was {_cut(self.was)}, is {_cut(self.now)}"


def silent(value: object) -> bool:
    """Whether a value says nothing: what an older writer left out, a newer one may write down as such."""
    return value is None or value is False or value in ("", [], {}) or (value == 0 and not isinstance(value, bool))


def differences(was: Any, now: Any, path: str, passes: Callable[[object], bool] = silent) -> Iterator[Difference]:
    """The places at which `now` is not `was`, in the order of `was`.

    A value that `was` does not hold at all counts unless it `passes`. The order of keys counts, and 1 is not 1.0.
    """
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        yield from _of_objects(was, now, path, passes)
    elif isinstance(was, list) and isinstance(now, list):
        yield from _of_lists(was, now, path, passes)
    elif _text(was) != _text(now):
        yield Difference(path, _text(was), _text(now))


def _of_objects(
    was: Mapping[str, Any], now: Mapping[str, Any], path: str, passes: Callable[[object], bool]
) -> Iterator[Difference]:
    both = [key for key in was if key in now]
    if both != (order := [key for key in now if key in was]):
        yield Difference(f"{path} (order of keys)", _text(both), _text(order))
    for key, value in was.items():
        if key in now:
            yield from differences(value, now[key], f"{path}.{key}", passes)
        else:
            yield Difference(f"{path}.{key}", _text(value), "")
    for key, value in now.items():
        if key not in was and not passes(value):
            yield Difference(f"{path}.{key}", "", _text(value))


def _of_lists(was: list[Any], now: list[Any], path: str, passes: Callable[[object], bool]) -> Iterator[Difference]:
    for index, (one, other) in enumerate(zip(was, now, strict=False)):
        yield from differences(one, other, f"{path}[{index}]", passes)
    for index in range(len(now), len(was)):
        yield Difference(f"{path}[{index}]", _text(was[index]), "")
    for index in range(len(was), len(now)):
        yield Difference(f"{path}[{index}]", "", _text(now[index]))


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _cut(text: str) -> str:
    shown = text or "nothing"
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
