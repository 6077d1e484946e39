"""How long does a comment take to read, however hostile? `python -m benchmarks.parse_comment [rounds]`.

Each body has 60 kB. Beside it, in the same run, the plain ceiling of anything that reads lines: `str.splitlines` of the
same text. Exit 1 where the slowest body takes 10 ms or more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

from handlers.commands.parse import parse, spoken_to

SIZE = 60_000  # bytes, all of them ASCII
MOST = 0.010  # seconds


def repeated(piece: str, begin: str = "") -> str:
    """`begin`, then `piece` over and over, to SIZE."""
    return (begin + piece * (SIZE // len(piece) + 1))[:SIZE]


BODIES: Mapping[str, str] = {
    "prose": repeated("The quick brown fox jumps over the lazy dog. "),
    "a command, then prose": repeated("Thanks! ", "/maestro help\n"),
    "a command with endless arguments": repeated("x ", "/maestro ship "),
    "a command, then blanks": repeated(" ", "/maestro help"),
    "empty lines": repeated("\n"),
    "carriage returns": repeated("\r"),
    "blank lines": repeated(" \t\n"),
    "comments that are never closed": repeated("<!--"),
    "comments, each closed": repeated("<!---->"),
    "comments that nearly close": repeated("<!-- -- > "),
    "closings of no comment": repeated("-->"),
    "half openings": repeated("<!-"),
    "quotes": repeated("> "),
    "fences": repeated("```\n"),
    "spoken to, over and over": repeated("/maestro "),
    "spoken to, on each line": repeated("/maestro help\n", " "),
}


def best(run: Callable[[], object], rounds: int) -> float:
    """The fastest of `rounds` runs, in seconds."""
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def read(body: str) -> None:
    """What is done with each comment: is it for us, and what does it ask?"""
    spoken_to(body)
    parse(body)


def main() -> int:
    """Print each body's time and ratio; 1 where the slowest misses the bar."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    slowest = 0.0
    for name, body in BODIES.items():
        taken, ceiling = best(partial(read, body), rounds), best(body.splitlines, rounds)
        slowest = max(slowest, taken)
        print(f"{name:34} {1e3 * taken:7.3f} ms  splitlines {1e3 * ceiling:7.3f} ms  {taken / ceiling:6.1f} x")
    print(f"slowest: {1e3 * slowest:.3f} ms of {1e3 * MOST:.0f} ms")
    return int(slowest >= MOST)


if __name__ == "__main__":
    sys.exit(main())
