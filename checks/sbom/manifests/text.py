"""Places in a text: the line of an offset, and the text with a part replaced."""

from __future__ import annotations

from bisect import bisect_right


class Lines:
    """The lines of a text, each ended by "\\n" (so "\\r\\n" counts once)."""

    def __init__(self, text: str) -> None:
        starts, at = [0], text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = text.find("\n", at + 1)
        self.starts = starts

    def of(self, offset: int) -> int:
        """The line, from 1, that holds the character at `offset`."""
        return bisect_right(self.starts, offset)


def spliced(text: str, parts: dict[tuple[int, int], str]) -> str:
    """The text with each (start, end) replaced; the parts do not overlap."""
    pieces, at = [], 0
    for (start, end), new in sorted(parts.items()):
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])


def newline(text: str) -> str:
    """How the lines of this text end: as the first one does."""
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"
