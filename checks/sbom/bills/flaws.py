"""What could not be read of a bill, and how much of one is looked at."""

from __future__ import annotations

from typing import TypeVar

from checks.sbom.bills.bill import Flaw, UnreadableError

MAX_ENTRIES = 200_000  # of one list, and components in all
MAX_FLAWS = 100  # the first hundred say what is wrong with a file
MAX_SAID = 200  # characters of what a flaw or a refusal repeats from the file

T = TypeVar("T")


class Flaws:
    """What could not be read so far: the first hundred in full, the rest as a count."""

    def __init__(self) -> None:
        self._kept: list[Flaw] = []
        self._more = 0

    def add(self, position: str, message: str) -> None:
        if len(self._kept) < MAX_FLAWS:
            self._kept.append(Flaw(position, message))
        else:
            self._more += 1

    def all(self) -> tuple[Flaw, ...]:
        rest = (Flaw("", f"{self._more} more parts could not be read"),) if self._more else ()
        return (*self._kept, *rest)


def few(items: list[T], position: str) -> list[T]:
    """The same list; UnreadableError when it is longer than any real one."""
    if len(items) > MAX_ENTRIES:
        raise UnreadableError(f"more than {MAX_ENTRIES:,} entries in {position}")
    return items
