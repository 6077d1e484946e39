"""`speclive compile`: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from speclive.cli import COMMANDS, main
from tests.speclive.features import PAY, feature, then


@pytest.fixture(name="specs")
def _specs(tmp_path: Path) -> Path:
    """A folder with one file of cards, and one below it."""
    (tmp_path / "pay.feature").write_text(PAY, encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "one.feature").write_text(feature(then("result > 0")), encoding="utf-8")
    (tmp_path / "notes.md").write_text("no cards", encoding="utf-8")
    return tmp_path


def test_a_folder_that_can_be_used_is_counted(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", str(specs), str(specs / "pay.feature")]) == 0
    assert capsys.readouterr() == (
        "2 cards, 1 of them critical, with 4 clauses, bound to 2 endpoints, functions, tasks or classes\n",
        "",
    )


def test_each_refusal_of_each_file_is_named_with_its_line_and_reason(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = specs / "wrong.feature"
    wrong.write_text(feature(then("result.__class__") + then("2 **\n9")), encoding="utf-8")
    absent = specs / "absent.feature"
    assert main(["compile", str(specs), str(absent)]) == 1
    out, err = capsys.readouterr()
    assert out == "refused: 3 in 2 of the files; nothing is used\n"
    first, second, third = err.splitlines()
    assert first.startswith(f"{wrong}:8: `.__class__` is not allowed")
    assert second.startswith(f"{wrong}:12: `**` is not allowed")
    assert third.startswith(f"{absent}:1: it cannot be read (No such file or directory)")


def test_as_json_it_tells_every_clause_and_every_refusal(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--json", str(specs)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["summary"] == {"cards": 2, "clauses": 4, "critical": 1, "bound": 2}
    (raises,) = [clause for clause in told["cards"][0]["clauses"] if clause["part"] == "raises"]
    assert (raises["id"], raises["raises"], len(raises["digest"])) == ("pay.balance#r1", ["PaymentDeclined"], 12)
    (specs / "shop" / "one.feature").write_text("", encoding="utf-8")
    assert main(["compile", "--json", str(specs)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["path"], each["line"]) for each in told["refused"]] == [(str(specs / "shop" / "one.feature"), 1)]
    assert told["cards"] == []


@pytest.mark.parametrize("arguments", [[], ["compile"], ["frobnicate"], ["compile", "--fast", "x"]])
def test_what_is_no_command_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: speclive" in capsys.readouterr().err


def test_every_command_can_be_asked_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
    assert capsys.readouterr().out.count("usage: speclive") == len(COMMANDS)


def test_as_a_process_it_needs_neither_the_parser_to_help_nor_anything_of_the_bot() -> None:
    code = """
import sys
from speclive.cli import main
try:
    main(["--help"])
finally:
    print(sorted({"gherkin", "ast", "app", "checks", "aiohttp", "pydantic"} & sys.modules.keys()))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert "compile" in ended.stdout
    assert ended.stdout.endswith("[]\n")
