"""Which fields a pattern names: `body.items[*].price`, with `*` within one name and `**` over any number of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

_ELEMENT = "[*]"  # the elements of a list: a field is spelled with a star, too
_LITERAL = str.maketrans({"[": "[[]", "?": "[?]"})


@lru_cache(maxsize=8_192)
def names(patterns: tuple[str, ...], field: str) -> bool:
    """Does one of `patterns` name the whole of `field`?

    >>> names(("body.**.price",), "body.items[*].price")
    True
    """
    parts = _parts(field)
    return any(_covers(_parts(pattern), parts) for pattern in patterns)


def _parts(text: str) -> list[str]:
    return text.replace(_ELEMENT, f".{_ELEMENT}").split(".")


def _covers(pattern: list[str], parts: list[str]) -> bool:
    """Each part of the pattern looks at each part of the field once: `**` does not backtrack."""
    reached = {0}  # how many parts of the field the pattern may have consumed so far
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached, default=len(parts) + 1), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _is(parts[at], part)}
    return len(parts) in reached


def _is(name: str, part: str) -> bool:
    if _ELEMENT in (name, part):
        return name == part
    return fnmatchcase(name, part.translate(_LITERAL))
