"""One case of a difference, to look at: which request, and both values, of which nothing personal is shown."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct

from checks.shadow.difference import Difference, Seen

MOST = 3  # kept of a field
_OPEN = frozenset({"status", "latency", "size"})  # fields that say nothing of a person
_LONGEST = 120  # characters of a value that is shown


class Exemplar(Struct, frozen=True):
    """`primary`, `candidate`: the values, or what kind of value they were."""

    id: str
    difference: Difference
    primary: str
    candidate: str


def exemplar(triple_id: str, field: str, seen: Seen, shown: bool) -> Exemplar:
    """The case of one triple. `shown`: somebody allowed the values of this field to be shown as they are."""
    difference, mine, theirs = seen
    assert difference is not None
    said = _verbatim if shown or field in _OPEN else _kind
    return Exemplar(triple_id, difference, said(mine), said(theirs))


def _verbatim(value: Any) -> str:
    if value is UNSET:
        return "nothing"
    text = f"{value:.4g}" if isinstance(value, float) else msgspec.json.encode(value).decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _kind(value: Any) -> str:
    """What may be said of any value: its type, and how long it is."""
    if value is UNSET:
        return "nothing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return f"a text of length {len(value):,}"
    return f"{'a list' if isinstance(value, list) else 'an object'} of length {len(value):,}"
