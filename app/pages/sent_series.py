"""Series as they are sent, in JSON or CSV: read strictly, so that the sender learns what is wrong, and where."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from app.store.series import LONGEST_NAME, Moments, Stream
from checks.experiment.quantity import is_number

MOST = 50_000  # points at a time
LARGEST = 1e300  # of a value: so many of them as are kept still add up
AHEAD = 3_600.0  # seconds that a point may lie in the future: clocks differ
FORM = 'send {"environment": "<name>", "series": {"<name>": [[<time>, <value>], ...]}}'
SIDES = ("", "canary", "control")
_KEYS = ("repository", "environment", "side")
_NOTHING = frozenset({"", "nan", "null"})  # what a cell says that has no value, in any case of its letters
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_ENVIRONMENT = 255
_LAST = 253_402_300_800.0  # epoch seconds of the year 10000, which no text can name
_WRONG_TIME = "a time is a number of seconds since 1970, or as 2026-11-30T14:00:00Z"

Where = Mapping[str, object]
"""Of what the series are, as the sender says it: `environment`, and perhaps `repository` and `side`."""

_Point = tuple[str, str, object, object]
"""Its place for people, the name of its series, its time and its value, as they were sent."""


class BadSeries(ValueError):
    """What was sent is no series; the message says where it goes wrong."""


class TooMany(ValueError):
    """More points than are read at a time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Epoch seconds: what it is `now`, and `since` when points are kept."""

    now: float
    since: float


@dataclass(frozen=True, slots=True)
class Sent:
    """Series by name. `old`: points that were sent and are in none, for they would not be kept."""

    series: Mapping[str, Moments]
    old: int


def in_json(content: bytes, clock: Clock) -> tuple[Where, Sent]:
    """`{"repository"?, "environment", "side"?, "series": {name: [[time, value], ...]}}`. Raises BadSeries, TooMany."""
    outer = _object(content)
    series = outer.pop("series", None)
    if not isinstance(series, dict):
        raise BadSeries(FORM)
    return outer, _sent(_listed(series), clock)


def in_csv(content: bytes, clock: Clock) -> Sent:
    """A table whose first column is `time`, and each other one a series. Raises BadSeries, TooMany."""
    lines = _lines(content)
    _, head = next(lines, (1, []))
    names = [cell.strip() for cell in head]
    if names[:1] != ["time"] or len(names) < 2:
        raise BadSeries("line 1: the first column is `time`, and each other one is named as its series")
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise BadSeries(f"line 1: {_shown(twice)} stands twice")
    return _sent(_cells(lines, names), clock)


def stream(where: Where, repository: str) -> Stream:
    """Whose series they are; without a word on it `repository`'s. Raises BadSeries."""
    unknown = next((key for key in where if key not in _KEYS), None)
    if unknown is not None:
        raise BadSeries(f"{_shown(unknown)} is not known; there are `environment`, `side` and `repository`")
    environment, side = where.get("environment"), where.get("side", "")
    if not isinstance(environment, str) or not 0 < len(environment) <= _LONGEST_ENVIRONMENT:
        raise BadSeries(f"`environment` must be a name of up to {_LONGEST_ENVIRONMENT} characters")
    if not environment.isprintable():
        raise BadSeries("`environment` must be a name that can be printed")
    if not isinstance(side, str) or side not in SIDES:
        raise BadSeries("`side` is `canary`, `control`, or left out")
    return Stream(str(where.get("repository", repository)), environment, side)


def moment(told: object, place: str) -> float:
    """Epoch seconds of a time: a number of them, or text with its offset from UTC. Raises BadSeries."""
    at = _written(told, place) if isinstance(told, str) else _finite(told)
    if at is None or not 0 <= at < _LAST:
        _wrong(place, f"{_shown(told)} is no time: {_WRONG_TIME}")
    return at


# --- points, wherever they stood ---------------------------------------------------------------------------------


def _sent(points: Iterable[_Point], clock: Clock) -> Sent:
    """Of two points of one moment the later one counts."""
    series: dict[str, dict[float, float | None]] = {}
    old = 0
    for number, (place, name, time, value) in enumerate(points, 1):
        if number > MOST:
            raise TooMany(f"more than {MOST:,} points at a time")
        at, measured = _believed(moment(time, place), place, clock), _value(value, place)
        moments = series.setdefault(name, {})
        if at < clock.since:
            old += 1
        else:
            moments[at] = measured
    return Sent({series_name(name): moments for name, moments in series.items()}, old)


def _believed(at: float, place: str, clock: Clock) -> float:
    if at > clock.now + AHEAD:
        _wrong(place, "its time is more than an hour ahead; times are in seconds, with their offset from UTC")
    return at


def _value(told: object, place: str) -> float | None:
    value = _finite(told)
    if (value is None and told is not None) or (value is not None and abs(value) > LARGEST):
        _wrong(place, f"{_shown(told)} is no finite number, and no word for none")
    return value


def _finite(told: object) -> float | None:
    return float(told) if is_number(told) else None


def series_name(name: str) -> str:
    """`name`, where a series may be called so. Raises BadSeries."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise BadSeries(f"{_shown(name)} is no name of a series: up to {LONGEST_NAME} characters that can be printed")
    return name


def _written(told: str, place: str) -> float:
    if _NUMBER.fullmatch(told):
        return float(told)
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        _wrong(place, f"{_shown(told)} is no time: {_WRONG_TIME}")
    if found.tzinfo is None:
        _wrong(place, f"{_shown(told)} does not say its offset from UTC: {_WRONG_TIME}")
    return found.timestamp()


# --- JSON --------------------------------------------------------------------------------------------------------


def _object(content: bytes) -> dict[str, Any]:
    try:
        outer = json.loads(content, object_pairs_hook=_once, parse_constant=_constant)
    except BadSeries:
        raise
    except (ValueError, RecursionError):
        raise BadSeries(f"the body is not JSON: {FORM}") from None
    if not isinstance(outer, dict):
        raise BadSeries(FORM)
    return outer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for key, value in pairs:
        if key in held:
            raise BadSeries(f"{_shown(key)} stands twice")
        held[key] = value
    return held


def _constant(word: str) -> NoReturn:
    raise BadSeries(f"{word} is no number of JSON; where nothing was measured, send null")


def _listed(series: Mapping[str, object]) -> Iterator[_Point]:
    for name, points in series.items():
        series_name(name)
        if not isinstance(points, list):
            _wrong(f"series.{name}", "a list of [time, value] is expected")
        for number, point in enumerate(points):
            place = f"series.{name}[{number}]"
            if not isinstance(point, list) or len(point) != 2:
                _wrong(place, f"{_shown(point)} is not [time, value]")
            yield place, name, *point


# --- CSV ---------------------------------------------------------------------------------------------------------


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, each with its number."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSeries("the body is not UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise BadSeries(f"line {reader.line_num}: {error}") from None


def _cells(lines: Iterable[tuple[int, list[str]]], names: list[str]) -> Iterator[_Point]:
    for number, cells in lines:
        if len(cells) != len(names):
            raise BadSeries(f"line {number}: {len(cells)} cells, and line 1 has {len(names)}")
        time, *values = (cell.strip() for cell in cells)
        for name, value in zip(names[1:], values, strict=True):
            yield f"line {number}, {name}", name, time, _read(value)


def _read(cell: str) -> object:
    """A number or nothing, where it is one of them; else the text."""
    if cell.lower() in _NOTHING:
        return None
    return float(cell) if _NUMBER.fullmatch(cell) else cell


def _wrong(place: str, why: str) -> NoReturn:
    raise BadSeries(f"{place}: {why}")


def _shown(told: object) -> str:
    """Untrusted: a repr holds no control characters."""
    return repr(told)[:100]
