"""Fitting a document into GitHub's limits: whole blocks are left out and said to be, nothing is cut in two.

Sizes are UTF-8 bytes, which are never fewer than the characters that GitHub states and, by some reports, what
it counts (objectstack-ai/objectstack#18806).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

BLANK = "\n\n"
Note = Callable[[int], str]  # how many blocks were left out → the line that says so

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_OPENED = re.compile(r"<details\b", re.IGNORECASE)
_CLOSED = re.compile(r"</details>", re.IGNORECASE)


def size(text: str) -> int:
    """The bytes of `text` as GitHub receives it."""
    return len(text.encode("utf-8", "replace"))


def blocks(text: str) -> list[str]:
    """The parts of a Markdown document between blank lines; a `<details>` or a fence is one part, whole."""
    found: list[list[str]] = [[]]
    for row, free in _lines(text):
        if row.strip() or not free:
            found[-1].append(row)
        elif found[-1]:
            found.append([])
    return ["\n".join(part) for part in found if part]


def fit(parts: Sequence[str], room: int, note: Note) -> str:
    """The leading `parts` that fit into `room` bytes, with a note in place of the rest."""
    whole = BLANK.join(parts)
    if size(whole) <= room:
        return whole
    for kept in range(len(parts) - 1, -1, -1):
        text = BLANK.join([*parts[:kept], note(len(parts) - kept)])
        if size(text) <= room:
            return text
    return ""


def fit_all(sections: Sequence[str], room: int, note: Note) -> str:
    """Every section, each cut to its fair share of `room`: the short ones whole, the long ones to the same
    length.
    """
    shares = _shares([size(section) for section in sections], room - len(BLANK) * max(len(sections) - 1, 0))
    kept = (fit(blocks(section), share, note) for section, share in zip(sections, shares, strict=True))
    return BLANK.join(filter(None, kept))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether a blank there would part two blocks."""
    depth, fence = 0, ""
    for row in text.splitlines():
        marker = _FENCE.match(row)
        if marker and not fence:
            fence = marker[1]
        elif marker and marker[1].startswith(fence):
            fence = ""
        elif not fence:
            depth = max(depth + len(_OPENED.findall(row)) - len(_CLOSED.findall(row)), 0)
        yield row, not depth and not fence


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """Water filling: who needs less than an equal share leaves the rest to the others."""
    shares = [0] * len(sizes)
    for left, at in zip(range(len(sizes), 0, -1), sorted(range(len(sizes)), key=sizes.__getitem__), strict=True):
        shares[at] = min(sizes[at], max(room, 0) // left)
        room -= shares[at]
    return shares
