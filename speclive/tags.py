"""What the tags of a card say: those of its examples, of its scenario, and of what it stands in; the nearest counts."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from speclive.words import Mode

Tag = tuple[str, int]  # without its @, and the line
FLAGS = ("speclive", "critical", "require", "each", "manual")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
MOST_OF_AN_ID = 120


@dataclass(frozen=True, slots=True)
class Told:
    """What the tags say, all of them."""

    names: tuple[str, ...]
    values: Mapping[str, str]  # of spec-id, mode, sample, owner
    refused: tuple[Tag, ...]  # the reason, and the line

    def has(self, flag: str) -> bool:
        """Is it tagged so?"""
        return flag in self.names


def heard(levels: Iterable[list[Tag]]) -> Told:
    """The tags of each level, the farthest (the feature) first."""
    names: dict[str, None] = {}
    values: dict[str, str] = {}
    refused: list[Tag] = []
    for level in levels:
        here: dict[str, str] = {}
        for tag, line in level:
            names[tag] = None
            key, _, value = tag.partition(":")
            if reason := _wrong(tag) or _twice(key, value, here):
                refused.append((reason, line))
            elif key in _VALUES:
                here[key] = value
        values |= here
    return Told(tuple(names), values, tuple(refused))


def identity(feature: str, scenario: str) -> str:
    """The id of a card that names none: the same for the same two names, on every machine."""
    slugs = [_slug(name) for name in (feature, scenario)]
    if all(slugs) and len(made := ".".join(slugs)) <= MOST_OF_AN_ID:
        return made
    return hashlib.sha256(f"{feature}\0{scenario}".encode()).hexdigest()[:12]


def _slug(name: str) -> str:
    """Lower case with hyphens; "" where letters would be lost, so that two names would become one."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "-".join(re.findall(r"[a-z0-9]+", folded)) if folded.isascii() else ""


@lru_cache(maxsize=1024)
def _wrong(tag: str) -> str:
    key, colon, value = tag.partition(":")
    if key in _VALUES:
        return _VALUES[key](value)
    if key in FLAGS:
        return f"`@{key}` takes no value: write `@{key}`" if colon else ""
    near = difflib.get_close_matches(key, (*FLAGS, *_VALUES), n=1, cutoff=0.8)
    return f"`@{tag}` says nothing, but `@{near[0]}` does: write it so, or choose another name" if near else ""


def _twice(key: str, value: str, here: Mapping[str, str]) -> str:
    if here.get(key, value) == value:
        return ""
    return f"`@{key}` is said twice, and differently: leave one"


def _spec_id(value: str) -> str:
    if _ID.fullmatch(value) and len(value) <= MOST_OF_AN_ID:
        return ""
    return f"`@spec-id:{value}` is no id: letters, digits, `.`, `_`, `/` and `-`, at most {MOST_OF_AN_ID}"


def _mode(value: str) -> str:
    modes = [mode.value for mode in Mode]
    return "" if value in modes else f"`@mode:{value}` is no mode: write one of {', '.join(modes)}"


def _sample(value: str) -> str:
    good = re.fullmatch(r"\d*\.?\d+(?:e-?\d+)?", value) and 0 < float(value) <= 1
    return "" if good else f"`@sample:{value}` is no share: write a number above 0 and at most 1, as `@sample:0.1`"


def _owner(value: str) -> str:
    return "" if value else "`@owner:` names nobody: write `@owner:payments`"


_VALUES: Mapping[str, Callable[[str], str]] = {"spec-id": _spec_id, "mode": _mode, "sample": _sample, "owner": _owner}
