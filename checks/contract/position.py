"""Where in a JSON text a value stands, so that an error can point at its line."""

from __future__ import annotations

import json
import re

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]')


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line (from 1) of the key or list item that `path` leads to, or of as much of the path as is there.

    `text` must be well-formed JSON.

    >>> line_of('{"post":\\n  {"risk": 1}}', ("post", "risk", "lt"))
    2
    """
    here: list[str | int] = []  # "" stands for a key not yet read
    found, line = 0, 1
    key_follows = False
    for token in _TOKEN.finditer(text):
        mark = token.group()
        key_read = key_follows and mark.startswith('"')
        _move(here, mark, key_read)
        key_follows = mark in {"{", ","} and bool(here) and isinstance(here[-1], str)
        if len(here) > found and tuple(here) == path[: len(here)]:
            found, line = len(here), text.count("\n", 0, token.start()) + 1
    return line


def line_below(text: str, levels: int) -> int:
    """The line (from 1) of the first bracket that stands inside so many others; 1 where there is none."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.group(), 0)
        if depth > levels:
            return text.count("\n", 0, token.start()) + 1
    return 1


def _move(here: list[str | int], mark: str, key_read: bool) -> None:
    """Take one step through the text: `here` is the path to the value that comes next."""
    if mark in {"{", "["}:
        here.append("" if mark == "{" else 0)
    elif mark in {"}", "]"}:
        here.pop()
    elif key_read:
        here[-1] = json.loads(mark)
    elif mark == ",":
        last = here[-1]
        here[-1] = "" if isinstance(last, str) else last + 1
