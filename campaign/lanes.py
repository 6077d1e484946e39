"""The journal of runs: every process writes when it begins and ends a job; no lane may ever be begun twice at a time.

One line an event: word, steady seconds (one clock for all processes of a machine), process id, lane, job.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from pathlib import Path

BEGIN, END, DEAD = "begin", "end", "dead"


@dataclass(frozen=True, slots=True)
class Run:
    """One job inside one process; `end` is infinite where it has not ended."""

    lane: str
    job: str
    process: int
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Journal:
    """The file; appended to by all, each line in one write."""

    file: Path

    def note(self, word: str, process: int | None = None, lane: str = "", job: str = "") -> None:
        """Write one line."""
        line = "\t".join([word, repr(time.monotonic()), str(process or os.getpid()), lane, job]) + "\n"
        with self.file.open("ab", buffering=0) as file:
            file.write(line.encode())

    def runs(self) -> list[Run]:
        """Every run so far; the death of its process ends it.

        A death is noted just before the blow: what still began in between has ended with it.
        """
        begun: dict[tuple[int, str], tuple[str, float]] = {}
        ended: list[Run] = []
        dead: set[int] = set()
        for word, at, process, lane, job in self._lines():
            if word == BEGIN and process in dead:
                ended.append(Run(lane, job, process, at, at))
                continue
            if word == BEGIN:
                begun[process, job] = (lane, at)
                continue
            if word == DEAD:
                dead.add(process)
            gone = [key for key in begun if key[0] == process and (word == DEAD or key[1] == job)]
            ended += [Run(begun[key][0], key[1], process, begun.pop(key)[1], at) for key in gone]
        return ended + [Run(lane, job, process, at, inf) for (process, job), (lane, at) in begun.items()]

    def first_after(self, moment: float) -> float | None:
        """When the first run after `moment` began."""
        return min((run.begin for run in self.runs() if run.begin > moment), default=None)

    def _lines(self) -> Iterable[tuple[str, float, int, str, str]]:
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                word, at, process, lane, job = line.split("\t")
                yield word, float(at), int(process), lane, job


def overlaps(runs: Iterable[Run]) -> list[str]:
    """Each run that began while another of its lane had not ended, in words."""
    longest: dict[str, Run] = {}
    found = []
    for run in sorted(runs, key=lambda run: run.begin):
        other = longest.get(run.lane)
        if other is not None and run.begin < other.end:
            found.append(f"lane {run.lane}: {other.job} in {other.process} and {run.job} in {run.process} at a time")
        if other is None or run.end > other.end:
            longest[run.lane] = run
    return found
