import json
from pathlib import Path

import pytest

from tools.mutation_score import main


def exported(directory: Path, **counts: int) -> Path:
    """A file as `mutmut export-cicd-stats` writes it."""
    none = dict.fromkeys(
        ("survived", "no_tests", "timeout", "suspicious", "segfault", "skipped", "check_was_interrupted_by_user"), 0
    )
    path = directory / "stats.json"
    path.write_text(json.dumps({"total": sum(counts.values()), **none, **counts}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("counts", "exit_code", "score"),
    [
        ({"killed": 70, "survived": 30}, 0, "70.0 %"),
        ({"killed": 69, "survived": 31}, 1, "69.0 %"),
        ({"killed": 70, "survived": 20, "no_tests": 10}, 0, "70.0 %"),
        ({"killed": 69, "timeout": 20, "suspicious": 10, "segfault": 1}, 1, "69.0 %"),
        ({"killed": 7, "survived": 3, "skipped": 90}, 0, "70.0 %"),
    ],
)
def test_only_a_failing_test_kills_and_the_bar_is_seventy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], counts: dict[str, int], exit_code: int, score: str
) -> None:
    assert main(exported(tmp_path, **counts)) == exit_code
    assert score in capsys.readouterr().out


def test_a_run_that_was_cut_short_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(exported(tmp_path, killed=9, survived=1, total=100)) == 2
    assert "90 of 100 mutants were not tried" in capsys.readouterr().out


def test_no_mutants_are_no_success(tmp_path: Path) -> None:
    assert main(exported(tmp_path, killed=0)) == 2


@pytest.mark.parametrize("content", [None, "", "[]", '{"killed": 1}', '{"killed": "many"}'])
def test_without_a_result_it_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    path = tmp_path / "stats.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main(path) == 2
    assert "mutmut run" in capsys.readouterr().out
