"""What does an estimate cost, beside a Gibbs sampler in Rust? Exit 1 when a bar is missed, 2 without the sampler.

    python -m benchmarks.impact [--peer PYTHON] [--rounds N]

The peer is bsts-causalimpact, R's CausalImpact with its sampler in Rust, at its defaults (1,000 draws). PYTHON is an
interpreter that can import it; without one it is installed into an environment of its own, in a temporary directory.
Both sides answer the same series, bands and summary included. Ours and its rounds come in turn, each in a process of
its own, on one thread; of all repetitions the least processor time counts. The load of the machine is printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

PEER = "bsts-causalimpact==1.7.0"
REPEATS = 7
SHAPES = ((100, 1), (500, 1), (2_000, 1), (100, 5), (500, 5), (2_000, 5))  # points, covariates
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Numbers = npt.NDArray[np.float64]


def least(n: int, k: int) -> float:
    """How many times our time the peer must take; 0 where nothing is promised."""
    return 10 if k == 1 else 2 if n >= 500 else 0


def series(n: int, k: int) -> tuple[Numbers, Numbers, int]:
    """A level of 50 that follows the first two covariates under white noise; an effect of 1 after 70 %."""
    draw = np.random.default_rng(1)
    x = 0.09 * np.cumsum(draw.normal(size=(n, k)), axis=0) + draw.normal(size=(n, k))
    y = 50 + x @ np.array([1.0, 0.5, 0, 0, 0])[:k] + draw.normal(size=n)
    y[n * 7 // 10 :] += 1
    return y, x, n * 7 // 10


# --- in a process of its own -----------------------------------------------------------------------------------


def ours(prior: str) -> Callable[[Numbers, Numbers, int], object]:
    from checks.impact import estimate

    return lambda y, x, at: estimate(y, x, at, prior)


def sampler() -> Callable[[Numbers, Numbers, int], object]:
    """Its own way in is a pandas frame, the outcome first."""
    import pandas
    from causal_impact import CausalImpact

    def run(y: Numbers, x: Numbers, at: int) -> object:
        found = CausalImpact(pandas.DataFrame(np.column_stack([y, x])), [0, at - 1], [at, len(y) - 1])
        return found.summary(), found.inferences

    return run


WORK: Mapping[str, Callable[[], Callable[[Numbers, Numbers, int], object]]] = {
    "auto": lambda: ours("auto"),
    "r": lambda: ours("r"),
    "peer": sampler,
}


def alone(name: str) -> None:
    """Print for each shape the least processor time of its repetitions, in seconds."""
    work = WORK[name]()
    for n, k in SHAPES:
        asked = series(n, k)
        work(*asked)
        spent = []
        for _ in range(REPEATS):
            started = time.process_time()
            work(*asked)
            spent.append(time.process_time() - started)
        print(min(spent))


# --- from outside ----------------------------------------------------------------------------------------------


def installed(folder: str) -> str | None:
    """An interpreter in `folder` that has the peer; None where it cannot be had."""
    python = str(Path(folder, "bin", "python"))
    steps = ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "--quiet", PEER])
    return python if all(subprocess.run(step, check=False).returncode == 0 for step in steps) else None


def spent(python: str, name: str) -> Numbers:
    command = [python, str(Path(__file__)), "--alone", name]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(Path(__file__).parents[1])}
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout
    return np.array(printed.split(), dtype=float)


def compare(peer: str, rounds: int) -> int:
    """Print the report; was a bar missed?"""
    pythons = {"auto": sys.executable, "r": sys.executable, "peer": peer}
    seen = [{name: spent(python, name) for name, python in pythons.items()} for _ in range(rounds)]
    best = {name: np.min([times[name] for times in seen], axis=0) for name in pythons}
    missed = False
    for at, (n, k) in enumerate(SHAPES):
        for prior in ("auto", "r"):
            ratio, bar = best["peer"][at] / best[prior][at], least(n, k)
            missed |= ratio < bar
            asked = f"at least {bar:.0f} x" if bar else "nothing promised"
            said = f"{1000 * best[prior][at]:6.2f} ms, the sampler {1000 * best['peer'][at]:6.1f} ms: {ratio:5.1f} x"
            print(f"n={n:<5} k={k} prior {prior:<4} {said} ({asked})")
    return int(missed)


def main(peer: str | None, rounds: int) -> int:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        python = peer or installed(folder)
        if python is None:
            print(f"{PEER} cannot be installed here")
            return 2
        code = compare(python, rounds)
    print(f"load {os.getloadavg()[0]:.1f}")
    return code


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(sys.argv[2])
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
        parser.add_argument("--peer")
        parser.add_argument("--rounds", type=int, default=3)
        sys.exit(main(**vars(parser.parse_args())))
