"""Where the strings and objects of a JSON document stand in its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from checks.sbom.manifests.words import UnreadableError

_TOKEN = re.compile(r'[{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+')
_DEEPEST = 3  # of what a manifest says about dependencies


class Place(NamedTuple):
    """A string (without its quotes) or an object (with its braces): text[start:end], and the keys that lead to it."""

    key: tuple[str, ...]
    start: int
    end: int


def parse(text: str) -> Any:
    """The document; numbers stay text, and a key given twice is an error, as readers differ on which counts."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=_never)
    except RecursionError as error:
        raise UnreadableError("it nests too deep") from error
    except ValueError as error:
        raise UnreadableError(f"it is no JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("the same key is given twice")
    return made


def _never(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def places(text: str) -> Iterator[Place]:
    """The strings and objects to three keys deep, not inside lists; the text has been parsed and is well-formed.

    An object comes after what it holds.
    """
    holders: list[tuple[str, int]] = []  # ("{" or "[", where it opens)
    keys: list[str] = []
    expects_key = False
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if mark in "{[":
            holders.append((mark, token.start()))
            expects_key = mark == "{"
        elif mark in "}]":
            opened, start = holders.pop()
            if opened == "{" and _shown(holders, keys):
                yield Place(tuple(keys), start, token.end())
            keys = _left(keys, holders)
        elif mark == ",":
            expects_key = holders[-1][0] == "{"
        elif mark == '"' and expects_key:
            keys.append(json.loads(token[0]) if len(holders) <= _DEEPEST else "")
            expects_key = False
        elif mark != ":":
            if mark == '"' and _shown(holders, keys):
                yield Place(tuple(keys), token.start() + 1, token.end() - 1)
            keys = _left(keys, holders)


def _shown(holders: list[tuple[str, int]], keys: list[str]) -> bool:
    return len(keys) == len(holders) <= _DEEPEST and all(opened == "{" for opened, _ in holders)


def _left(keys: list[str], holders: list[tuple[str, int]]) -> list[str]:
    """The keys once a value has ended: its own goes, when it had one."""
    if holders and holders[-1][0] == "{":
        keys.pop()
    return keys
