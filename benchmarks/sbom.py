"""What does it cost to read two bills and to compare them, with every path? Exit 1 when a bar is missed.

    python -m benchmarks.sbom [--runs N] [--peer COMPONENTS]

CPU time, and the growth of a process that holds both files: a fresh process each time, nothing read before, and of
`--runs` runs the fastest. First CycloneDX JSON in every shape of `benchmarks.shapes`, at 10,000 and 50,000 components;
then the plain shape as CycloneDX XML and as SPDX; then, at `--peer` components, every shape beside
cyclonedx-python-lib, which reads the same two bills and does nothing else, our runs and its in turn. The load of the
machine is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.shapes import SHAPES, Written, as_json, as_spdx, as_xml, content
from checks import sbom

PLAIN = "plain"
WARM = 300  # components, before anything is measured
SMALL, LARGE = 10_000, 50_000
MOST_SECONDS = {SMALL: 0.4, LARGE: 3.0}  # of CPU; CycloneDX JSON, plain
MOST_MEMORY = 120.0  # MiB, at the smaller size
LEAST_RATIO = 60  # times cyclonedx-python-lib's time, in every shape

OTHERS: Mapping[str, Written] = {"CycloneDX XML": as_xml, "SPDX JSON": as_spdx}


class Cost(NamedTuple):
    """CPU seconds; MiB that the process grew by, the two files included."""

    seconds: float
    memory: float

    def __str__(self) -> str:
        return f"{1000 * self.seconds:6.0f} ms, {self.memory:4.0f} MiB"


# --- in a process of its own -----------------------------------------------------------------------------------


def ours(base: bytes, head: bytes) -> None:
    sbom.diff(sbom.read(base), sbom.read(head))


def library(base: bytes, head: bytes) -> None:
    """cyclonedx-python-lib reads both, and compares nothing."""
    from cyclonedx.model.bom import Bom

    for text in (base, head):
        Bom.from_json(json.loads(text))  # type: ignore[attr-defined]


WORK: Mapping[str, Callable[[bytes, bytes], None]] = {"ours": ours, "library": library}


def report(name: str, shape: str, base: str, head: str) -> None:
    """Print what one run costs, after two small bills of that shape: imports are not what is measured."""
    for write in (as_json, *(OTHERS.values() if shape == PLAIN else ())):
        if name == "ours" or write is as_json:
            WORK[name](*bills(shape, WARM, write))
    before = peak()
    started = time.process_time()
    WORK[name](Path(base).read_bytes(), Path(head).read_bytes())
    print(time.process_time() - started, peak() - before)


def peak() -> float:
    """The most memory that this process has held, MiB; ru_maxrss would begin with its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


# --- from outside ----------------------------------------------------------------------------------------------


def bills(shape: str, count: int, write: Written = as_json) -> tuple[bytes, bytes]:
    return write(content(SHAPES[shape], count, 0)), write(content(SHAPES[shape], count, 5))


def costs(shape: str, count: int, runs: int, *names: str, write: Written = as_json) -> list[Cost]:
    """What each of `WORK` by these names needs: the least of all runs, taken in turn."""
    found: dict[str, list[Cost]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, side) for side in ("base", "head")]
        for path, raw in zip(paths, bills(shape, count, write), strict=True):
            path.write_bytes(raw)
        for _ in range(runs):
            for name in names:
                command = [sys.executable, "-m", "benchmarks.sbom", "--alone", name, shape, *map(str, paths)]
                printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
                found[name].append(Cost(*map(float, printed)))
    return [Cost(*map(min, zip(*found[name], strict=True))) for name in names]


def growth(shape: str, runs: int) -> bool:
    """Print what a shape costs at both sizes; was a bar missed?"""
    (small,), (large,) = (costs(shape, count, runs, "ours") for count in (SMALL, LARGE))
    times = large.seconds / small.seconds
    print(f"{shape:<14} {SMALL:,}: {small}   {LARGE:,}: {large}   {times:.1f} x the time", flush=True)
    slow = shape == PLAIN and (small.seconds > MOST_SECONDS[SMALL] or large.seconds > MOST_SECONDS[LARGE])
    return slow or small.memory > MOST_MEMORY


def beside(shape: str, count: int, runs: int) -> bool:
    """Print how much longer the library takes; is it less than the bar?"""
    mine, its = costs(shape, count, runs, "ours", "library")
    ratio = its.seconds / mine.seconds
    print(f"{shape:<14} {count:,}: {mine}   the library: {its}   {ratio:.0f} x", flush=True)
    return ratio < LEAST_RATIO


def main(runs: int, peer: int) -> int:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    missed = [growth(shape, runs) for shape in SHAPES]
    for name, write in OTHERS.items():
        print(f"{name:<14} {SMALL:,}: {costs(PLAIN, SMALL, runs, 'ours', write=write)[0]}", flush=True)
    missed += [beside(shape, peer, runs) for shape in SHAPES]
    print(f"load {os.getloadavg()[0]:.1f}")
    return int(any(missed))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        report(*sys.argv[2:6])
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
        parser.add_argument("--runs", type=int, default=3)
        parser.add_argument("--peer", type=int, default=1_000)
        sys.exit(main(**vars(parser.parse_args())))
