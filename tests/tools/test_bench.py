from pathlib import Path

import pytest

from tools import bench


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty room of benchmarks."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    return tmp_path / "benchmarks"


def write(room: Path, name: str, exit_code: int) -> None:
    (room / f"{name}.py").write_text(f"raise SystemExit({exit_code})\n", encoding="utf-8")


def test_absent_data_is_said_and_is_no_failure(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, "fast", 0)
    write(here, "risk", 2)
    assert bench.main() == 0
    told = capsys.readouterr().out
    assert "fast: bars hold" in told
    assert "risk: skipped: its data is not here" in told


@pytest.mark.parametrize(("exit_code", "words"), [(1, "a bar is missed"), (3, "broke with exit code 3")])
def test_a_missed_bar_or_a_broken_benchmark_fails(
    here: Path, capsys: pytest.CaptureFixture[str], exit_code: int, words: str
) -> None:
    write(here, "fast", 0)
    write(here, "slow", exit_code)
    assert bench.main() == 1
    assert f"slow: {words}" in capsys.readouterr().out


def test_modules_that_begin_with_an_underscore_are_no_benchmarks(here: Path) -> None:
    write(here, "_parts", 1)
    write(here, "fast", 0)
    assert list(bench.benchmarks()) == ["fast"]
