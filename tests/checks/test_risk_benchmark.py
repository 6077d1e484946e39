"""The benchmark runs on any labelled history; what it says of the public one is in docs/checks/risk.md."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow
COLUMNS = ("project", "lines_added", "lines_deleted", "files", "dirs", "entropy", "fix", "bug")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MAESTRO_RISK_DATA"}
    command = [sys.executable, "-m", "benchmarks.risk", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def history(path: Path, slope: float) -> Path:
    """Three projects with commits of the public size, whose defects follow added lines by `slope`."""
    random = np.random.default_rng(5)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for project in ("a", "b", "c"):
            for size in np.exp(random.normal(2.8, 1.9, 700)):
                bug = random.random() < 1 / (1 + np.exp(2.5 - slope * (np.log1p(size) - 2.8)))
                table.writerow((project, int(size) + 1, 0, 1, 1, 0, 0, int(bug)))
    return path


def test_a_history_that_size_explains_holds_every_bar(tmp_path: Path) -> None:
    done = run(str(history(tmp_path / "clear.csv", slope=1.5)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("holds ") == 4
    assert [line.split()[0] for line in done.stdout.splitlines()[3:6]] == ["a", "b", "c"]


def test_a_history_that_nothing_explains_misses_the_bar_on_ranking(tmp_path: Path) -> None:
    done = run(str(history(tmp_path / "noise.csv", slope=0.0)))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "MISSED mean AUC" in done.stdout


def test_without_data_it_says_how_to_give_some() -> None:
    done = run()
    assert (done.returncode, "MAESTRO_RISK_DATA" in done.stdout) == (2, True)
