"""How many mutants of `checks/` did the tests kill? `make nightly` runs it after mutmut; exit 1 below the bar.

The score is killed / (all - skipped), in per cent. A mutant that no test reaches counts as alive; so does one whose
run timed out or looked suspicious: only a failing test is a kill. `skipped` are those the source marks as not to be
mutated. A run that was cut short says nothing, and exits 2.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

STATS = Path("mutants/mutmut-cicd-stats.json")
BAR = 70.0  # per cent


class NoStats(ValueError):
    """The file is missing or is not what `mutmut export-cicd-stats` writes."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Mutants by their end, as mutmut counts them."""

    killed: int
    survived: int
    no_tests: int
    timeout: int
    suspicious: int
    segfault: int
    skipped: int
    total: int

    @property
    def untried(self) -> int:
        """Mutants whose run has not ended."""
        ended = (self.killed, self.survived, self.no_tests, self.timeout, self.suspicious, self.segfault, self.skipped)
        return self.total - sum(ended)

    @property
    def score(self) -> float:
        """Killed mutants in per cent of those that were to be tried; 0 where none was."""
        tried = self.total - self.skipped
        return 100 * self.killed / tried if tried else 0.0


def read(path: Path) -> Stats:
    """The counts in `path`. Raises NoStats."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Stats(**{name: int(held[name]) for name in Stats.__slots__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoStats(f"{path}: {type(error).__name__}; run `mutmut run` and `mutmut export-cicd-stats`") from error


def main(path: Path = STATS) -> int:
    """Print the score; 0 at or above the bar, 1 below it, 2 without a whole result."""
    try:
        stats = read(path)
    except NoStats as error:
        print(error)
        return 2
    if stats.untried or not stats.total:
        print(f"{stats.untried} of {stats.total} mutants were not tried: run `mutmut run` to its end")
        return 2
    print(f"{stats.killed} of {stats.total - stats.skipped} mutants killed: {stats.score:.1f} % (bar: {BAR:g} %)")
    print(
        f"survived {stats.survived}, no test {stats.no_tests}, timeout {stats.timeout}, suspicious {stats.suspicious}"
    )
    return int(stats.score < BAR)


if __name__ == "__main__":
    sys.exit(main())
