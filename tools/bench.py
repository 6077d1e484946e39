"""Run every benchmark: `make bench`.

A benchmark is a module `benchmarks/<name>.py` that prints its report and exits 0 when its bars hold, 1 when one is
missed, and 2 when its data is not on this machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUTCOMES = {0: "bars hold", 1: "a bar is missed", 2: "skipped: its data is not here (its docstring names it)"}


def benchmarks() -> Iterator[str]:
    """Names of the benchmarks, sorted."""
    yield from sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))


def run(name: str) -> int:
    """Run one benchmark; its exit code. The report goes to the terminal as it comes."""
    print(f"=== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False).returncode  # noqa: S603


def main() -> int:
    """Run all, then say in one line each how they ended; 1 if any missed a bar or broke."""
    codes = {name: run(name) for name in benchmarks()}
    print("=== summary")
    for name, code in codes.items():
        print(f"{name}: {OUTCOMES.get(code, f'broke with exit code {code}')}")
    return int(any(code not in {0, 2} for code in codes.values()))


if __name__ == "__main__":
    sys.exit(main())
