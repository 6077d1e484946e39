"""The tables that the README has compared: made by the script beside them, and told as what was made up."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from tests.commands.conftest import Maestro

HERE = Path(__file__).parents[2] / "examples" / "drift"


def test_the_script_makes_the_very_files(tmp_path: Path) -> None:
    runpy.run_path(str(HERE / "tables.py"))["write"](tmp_path)
    for name in ("reference.csv", "today.csv"):
        assert (tmp_path / name).read_bytes() == (HERE / name).read_bytes()


def test_the_cache_is_told_since_its_first_day_and_the_plans_are_as_they_were(maestro: Maestro) -> None:
    files = (str(HERE / "reference.csv"), str(HERE / "today.csv"))
    ended = maestro("drift", *files, "--day-column", "day", "--json")
    told = json.loads(ended.out)["features"]
    assert ended.code == 1
    assert (told["ms"]["state"], told["ms"]["first"]) == ("drift", "2026-10-08")
    assert told["plan"]["state"] == "ok"
