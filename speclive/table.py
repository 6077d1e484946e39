"""The table of a step: each row is a word and the names that it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

NOTHING = "nothing"
_EXCEPTION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_PLACE = re.compile(r"[\w-]+(?:\.[\w-]+)*")


@dataclass(slots=True)
class Table:
    """What the tables of one step, or of a whole card, name. `raises` is None where none of them tells."""

    raises: tuple[str, ...] | None = None
    redact: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    refused: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, word: str, names: tuple[str, ...]) -> None:
        """One row. What is wrong with it goes to `refused`, with its line."""
        if reason := _wrong(word, names):
            self.refused.append((line, reason))
        elif word == "raises":
            self.raises = _joined(self.raises or (), () if names == (NOTHING,) else names)
        else:
            setattr(self, word, _joined(getattr(self, word), names))

    def take(self, other: Table) -> None:
        """What another one names, but for what it says of exceptions: that is of its own step."""
        for word in ("redact", "allow", "watch"):
            setattr(self, word, _joined(getattr(self, word), getattr(other, word)))

    def conflict(self) -> str:
        """The reason why its names cannot stand together, or ""."""
        for word in ("allow", "watch"):
            for path in getattr(self, word):
                if hidden := next((name for name in self.redact if _hides(name, path)), None):
                    return f"`{hidden}` is redacted, so `{path}` cannot be in `{word}`: take one of them out"
        return ""


def _hides(redacted: str, path: str) -> bool:
    """Does the example never show `path`, or a part that it goes through? As `speclive.redaction` reads it."""
    name, parts = redacted.lower(), path.lower().split(".")
    return name in parts or name in {".".join(parts[: end + 1]) for end in range(len(parts))}


def read(rows: Iterable[tuple[int, list[str]]]) -> Table:
    """The table of a step, from its rows: the line, and the cells."""
    table = Table()
    for line, cells in rows:
        word, *names = (cell.strip() for cell in cells or [""])
        table.add(line, word, tuple(filter(None, names)))
    return table


def _wrong(word: str, names: tuple[str, ...]) -> str:
    rule = _RULES.get(word)
    if rule is None:
        return f"`{word}` is no word of a table: begin each row with one of {', '.join(_RULES)}"
    return rule(names)


def _raises(names: tuple[str, ...]) -> str:
    if not names:
        return f"name what it raises, as `| raises | PaymentDeclined |`, or write `| raises | {NOTHING} |`"
    if NOTHING in names and len(names) > 1:
        return f"`{NOTHING}` stands alone: take it out, or all the others"
    if wrong := next((name for name in names if not _EXCEPTION.fullmatch(name)), None):
        return f"`{wrong}` does not name an exception: write its class, as `PaymentDeclined` or `shop.errors.Declined`"
    return ""


def _places(names: tuple[str, ...]) -> str:
    if not names:
        return "it names nothing: write an input, or a part of one, as `amount` or `result.balance`"
    if wrong := next((name for name in names if not _PLACE.fullmatch(name)), None):
        return f"`{wrong}` does not name an input or output: write it as `amount` or `result.balance`"
    return ""


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


_RULES: Mapping[str, Callable[[tuple[str, ...]], str]] = {
    "raises": _raises,
    "redact": _places,
    "allow": _places,
    "watch": _places,
}
