"""Where the refusals of one file are gathered, so that all of them can be told at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from speclive.words import CardError, Refusal

MOST_STEPS = 20_000  # of all cards of a file
MOST_FILLED = 5_000_000  # characters that the rows of outlines become
MOST_OF_A_REASON = 400
MOST_REFUSALS = 1_000


class TooMuch(Exception):
    """The file would become more than is read: nothing of it is read on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Refusals:
    """What is wrong with one file, and how much it has become so far."""

    path: str
    found: dict[Refusal, None] = field(default_factory=dict)
    steps: int = 0
    filled: int = 0

    def refuse(self, line: int, reason: str) -> None:
        """Note one; raises TooMuch. The same of the same line counts once: a Background is read with each scenario."""
        shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in " ".join(reason.split()))
        self.found[Refusal(self.path, line, shown[:MOST_OF_A_REASON])] = None
        if len(self.found) == MOST_REFUSALS:
            raise TooMuch(line, f"{MOST_REFUSALS} refusals are told, and what comes after them is not read: mend these")

    def give_up(self, much: TooMuch) -> None:
        """Note why nothing more is read."""
        self.found[Refusal(self.path, much.line, much.reason)] = None

    def count_steps(self, line: int, steps: int) -> None:
        """A card more, of so many steps; raises TooMuch."""
        self.steps += steps
        if self.steps > MOST_STEPS:
            told = f"more than {MOST_STEPS} steps, a Background's and each row's counted"
            raise TooMuch(line, f"{told}: split the file, or give it fewer rows")

    def count_filled(self, line: int, characters: int) -> None:
        """So many characters more were made of a row; raises TooMuch."""
        self.filled += characters
        if self.filled > MOST_FILLED:
            raise TooMuch(line, "the rows of its examples become too long a text: give it fewer, or shorter ones")

    def error(self) -> CardError:
        """All of them, in the order of the file."""
        return CardError(tuple(sorted(self.found, key=lambda refusal: refusal.line)))
