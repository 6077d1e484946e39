"""Where the strings of a TOML document stand in its text.

The standard library reads the document and vouches for it; this walk over a text known to be well-formed only adds the
places.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from checks.sbom.manifests.words import UnreadableError

Key = tuple[str | int, ...]

_PART = r"""(?:[\w\-]+|"[^"\n]*"|'[^'\n]*')"""
# A key of very many parts costs its readers the square of them; no manifest has one.
_ENDLESS = re.compile(rf"^[ \t]*(?:\[\[?[ \t]*)?{_PART}(?:[ \t]*\.[ \t]*{_PART}){{32}}", re.MULTILINE)
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_\-]+")
_OTHER = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")  # numbers, booleans, dates ("1979-05-27 07:32:00")
_STRINGS = (
    re.compile(r'"""(?P<inside>(?:[^"\\]|\\.|"(?!""))*"{0,2})"""', re.DOTALL),
    re.compile(r"'''(?P<inside>(?:[^']|'(?!''))*'{0,2})'''", re.DOTALL),
    re.compile(r'"(?P<inside>[^"\\\n]*(?:\\.[^"\\\n]*)*)"'),
    re.compile(r"'(?P<inside>[^'\n]*)'"),
)


class Place(NamedTuple):
    """A value that holds no others: text[start:end] (a string without its quotes), and what leads to it."""

    key: Key
    start: int
    end: int
    quoted: bool


class Entry(NamedTuple):
    """One dependency of a table, `name = "1.2"` or `name = {version = "1.2", ...}`.

    `place` is its version when `states`, else the first thing it says.
    """

    key: Key
    value: Any
    place: Place
    states: bool


def parse(text: str) -> dict[str, Any]:
    """The document, numbers with a fraction as text; UnreadableError when it is no TOML or nests too deep."""
    if _ENDLESS.search(text):
        raise UnreadableError("it has a key of more than 32 parts")
    try:
        return tomllib.loads(text, parse_float=str)
    except RecursionError as error:
        raise UnreadableError("it nests too deep") from error
    except ValueError as error:
        raise UnreadableError(f"it is no TOML: {error}") from error


def places(text: str) -> Iterator[Place]:
    """Every string, number, date and boolean; the text has been parsed and is well-formed."""
    return _Walk(text).document()


def entries(document: dict[str, Any], text: str, entry_of: Callable[[Key], Key | None]) -> Iterator[Entry]:
    """The dependencies of the tables that `entry_of` knows: it shortens a key to that of its entry, or says None."""
    seen = set()
    for place in places(text):
        key = entry_of(place.key)
        if key is None or key in seen:
            continue
        value = at(document, key)
        version = (*key, "version") if isinstance(value, dict) and "version" in value else key
        states = version != key or isinstance(value, str)
        if not states or place.key == version:
            seen.add(key)
            yield Entry(key, value, place, states and place.quoted)


def at(document: Any, key: Key) -> Any:
    """What stands at this key of a parsed document; LookupError when nothing does."""
    for step in key:
        document = document[step]
    return document


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tables: dict[Key, int] = {}  # arrays of tables: how many there were so far

    def document(self) -> Iterator[Place]:
        table: Key = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                yield from self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        matched = pattern.match(self.text, self.at)
        if matched is None:
            raise UnreadableError(f"it cannot be followed at character {self.at}")
        self.at = matched.end()
        return self.at

    def _take(self, mark: str) -> None:
        self._skip(_SPACE)
        if not self.text.startswith(mark, self.at):
            raise UnreadableError(f"`{mark}` is missing at character {self.at}")
        self.at += len(mark)

    def _header(self) -> Key:
        brackets = "[[" if self.text.startswith("[[", self.at) else "["
        self._take(brackets)
        names = self._key()
        self._take("]" * len(brackets))
        place: Key = ()
        for name in names[:-1]:
            place = self._latest((*place, name))
        place = (*place, names[-1])
        if brackets == "[[":
            self.tables[place] = self.tables.get(place, -1) + 1
        return self._latest(place)

    def _latest(self, place: Key) -> Key:
        return (*place, self.tables[place]) if place in self.tables else place

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_SPACE)
            names.append(self._name())
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _name(self) -> str:
        start = self.at
        if self.text[start : start + 1] in {'"', "'"}:
            self._string()
            whole = self.text[start : self.at]
            return str(next(iter(tomllib.loads(f"{whole} = 0"))))
        self._skip(_BARE)
        return self.text[start : self.at]

    def _pair(self, table: Key) -> Iterator[Place]:
        key = (*table, *self._key())
        self._take("=")
        self._skip(_SPACE)
        yield from self._value(key)

    def _string(self) -> tuple[int, int]:
        for pattern in _STRINGS:
            if matched := pattern.match(self.text, self.at):
                self.at = matched.end()
                return matched.span("inside")
        raise UnreadableError(f"a string does not end at character {self.at}")

    def _value(self, key: Key) -> Iterator[Place]:
        mark = self.text[self.at : self.at + 1]
        if mark in {'"', "'"}:
            yield Place(key, *self._string(), quoted=True)
        elif mark == "[":
            yield from self._array(key)
        elif mark == "{":
            yield from self._inline(key)
        else:
            start = self.at
            yield Place(key, start, self._skip(_OTHER), quoted=False)

    def _array(self, key: Key) -> Iterator[Place]:
        self.at += 1
        index = 0
        while not self._ended("]"):
            yield from self._value((*key, index))
            index += 1

    def _inline(self, key: Key) -> Iterator[Place]:
        self.at += 1
        while not self._ended("}"):
            yield from self._pair(key)

    def _ended(self, mark: str) -> bool:
        """Steps over blanks, one comma and the closing mark; whether it was there."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)
        ended = self.text.startswith(mark, self.at)
        self.at += len(mark) if ended else 0
        return ended
