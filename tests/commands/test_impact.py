"""`maestro impact` on files, as its help and its page say."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.series_csv import Mixed, Unreadable, moment, read
from tests.checks.impact.series import DATA
from tests.commands.conftest import Maestro

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "examples" / "impact" / "orders.csv"
PAGE = (ROOT / "docs" / "checks" / "impact.md").read_text(encoding="utf-8")
KEYS = {"outcome", "reason", "average", "cumulative", "relative", "p", "q", "placebo", "controls", "pointwise"}


def series(path: Path, values: list[object], effect: float = 0.0, at: int = 60) -> str:
    """Hourly points, with `effect` added from `at` on; what is text stays as it is."""
    rows = [
        f"2026-03-{1 + n // 24:02}T{n % 24:02}:00Z,{value + effect if isinstance(value, float) and n >= at else value}"
        for n, value in enumerate(values)
    ]
    file = path / "series.csv"
    file.write_text("\n".join(["time,p95", *rows]) + "\n")
    return str(file)


def wave(n: int = 90) -> list[object]:
    return [100.0 + (n * 37 % 11) / 5 for n in range(n)]


AT = "2026-03-03T12:00Z"  # the 60th hour


def answered(maestro: Maestro, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(maestro("impact", *words, "--json").out)
    return found


# --- the answer --------------------------------------------------------------------------------------------------


def test_the_json_holds_what_scripts_read(maestro: Maestro) -> None:
    found = answered(maestro, str(ORDERS), "--at", "2026-03-12")
    assert found.keys() >= KEYS
    assert found["outcome"] == "likely_better"
    for amount in ("average", "cumulative"):
        assert found[amount].keys() == {"actual", "expected", "effect", "lower", "upper"}
    assert found["cumulative"]["effect"] == pytest.approx(30 * found["average"]["effect"])
    assert found["relative"]["lower"] < 0.08 < found["relative"]["upper"]
    assert [one["name"] for one in found["controls"]] == ["visits"]
    assert len(found["pointwise"]) == 120
    first_after = found["pointwise"][90]
    assert first_after["cumulative"] == pytest.approx(first_after["actual"] - first_after["expected"])


def test_the_season_that_is_used_is_told(maestro: Maestro) -> None:
    week = answered(maestro, str(ORDERS), "--at", "2026-03-12", "--period", "7")
    year = answered(maestro, str(ORDERS), "--at", "2026-03-12", "--period", "365")
    assert (week["period"], week["notes"], year["period"]) == (7, [], 0)
    assert "no season of 365 points is in the model" in year["notes"][0]
    assert year["placebo"] == {"dates": 0, "alarms": 0, "horizon": 0, "trusted": None}


def test_a_level_has_no_sum(maestro: Maestro, tmp_path: Path) -> None:
    found = answered(maestro, series(tmp_path, wave(), 5.0), "--at", AT, "--kind", "stock")
    assert (found["cumulative"], found["outcome"]) == (None, "likely_better")


@pytest.mark.parametrize(
    ("effect", "at", "better", "code", "word"),
    [
        (5.0, AT, "higher", 0, "LIKELY BETTER"),
        (5.0, AT, "lower", 1, "LIKELY WORSE"),
        (0.0, AT, "lower", 0, "NO EVIDENCE"),
        (0.0, "2026-03-09", "lower", 0, "PENDING DEPLOY"),
        (0.0, "2026-03-01T12:00Z", "lower", 3, "INSUFFICIENT DATA"),
        (0.0, "2026-02-01", "lower", 3, "INSUFFICIENT DATA"),
    ],
)
def test_the_exit_code_is_the_answer(
    maestro: Maestro, tmp_path: Path, effect: float, at: str, better: str, code: int, word: str
) -> None:
    ended = maestro("impact", series(tmp_path, wave(), effect), "--at", at, "--better", better)
    assert (ended.code, ended.out.partition("  ")[0]) == (code, word)


def test_a_person_reads_the_numbers_the_course_and_what_is_taken_for_granted(maestro: Maestro) -> None:
    out = maestro("impact", str(ORDERS), "--at", "2026-03-12").out
    assert re.search(r"^average +135\.3 ", out, re.MULTILINE)
    assert re.search(r"^cumulative +4058 ", out, re.MULTILINE)
    assert re.search(r"^actual +[▁▂▃▄▅▆▇█]{45}│[▁▂▃▄▅▆▇█]{15}$", out, re.MULTILINE)
    assert "Without it" in out
    assert "an effect is of the moment" in " ".join(out.split())
    assert "\x1b" not in out


def test_it_is_drawn_into_a_file(maestro: Maestro, tmp_path: Path) -> None:
    drawing = tmp_path / "orders.svg"
    assert maestro("impact", str(ORDERS), "--at", "2026-03-12", "--svg", str(drawing)).code == 0
    assert ElementTree.parse(drawing).getroot().get("class") == "impact"


def test_standard_input_is_read(maestro: Maestro, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(ORDERS.read_bytes())))
    assert answered(maestro, "-", "--at", "2026-03-12")["outcome"] == "likely_better"


def test_the_prior_of_r_says_what_r_says_of_its_own_example(maestro: Maestro, tmp_path: Path) -> None:
    """Cumulative 316, s.d. 10.4 to 12.6, as stored print-outs of R have it; its covariate wanders, and is kept."""
    rows = (DATA / "vignette.csv").read_text().splitlines()[1:]
    file = tmp_path / "vignette.csv"
    file.write_text("\n".join(f"{at},{row}" for at, row in enumerate(rows)))
    found = answered(maestro, str(file), "--at", "70", "--prior", "r")
    assert found["cumulative"]["effect"] == pytest.approx(316, abs=1.1)
    assert found["cumulative"]["lower"] == pytest.approx(294.4, abs=1.6)
    assert found["cumulative"]["upper"] == pytest.approx(336, abs=1.6)


# --- data that is not as it should be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([5.0] * 90, "does not vary"),
        ([1.0, 2.0, 3.0], "3 usable points"),
        (["NA"] * 90, "no points"),
        ([*wave(89), "inf"], "infinite"),
        ([*wave(60), *["nan"] * 30], "no usable point after"),
    ],
)
def test_what_cannot_be_answered_is_an_outcome_with_its_reason(
    maestro: Maestro, tmp_path: Path, values: list[object], reason: str
) -> None:
    at = AT if len(values) > 3 else "2026-03-01T03:00Z"
    if len(values) == 3:
        values = [*values, 4.0]
    ended = maestro("impact", series(tmp_path, values), "--at", at, "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["outcome"]) == (3, "insufficient_data")
    assert reason in found["reason"]
    assert found["average"] is None


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("03/02/2026", "line 3: '03/02/2026' is no time, line 2 is a day"),
        ("2026-03-02T00:00Z", "line 3: '2026-03-02T00:00Z' is a time with its zone, line 2 is a day"),
        ("1772409600", "line 3: '1772409600' is seconds, line 2 is a day"),
    ],
)
def test_mixed_dates_are_an_outcome(maestro: Maestro, tmp_path: Path, second: str, said: str) -> None:
    file = tmp_path / "mixed.csv"
    file.write_text(f"time,y\n2026-03-01,1\n{second},2\n")
    ended = maestro("impact", str(file), "--at", "2026-03-02", "--json", "--svg", str(tmp_path / "no.svg"))
    assert (ended.code, json.loads(ended.out)["outcome"]) == (3, "insufficient_data")
    assert json.loads(ended.out)["reason"] == f"mixed times: {said}"
    assert "nothing to draw" in ended.err


def test_a_covariate_that_is_the_metric_itself_is_not_used(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "itself.csv"
    rows = [f"{at},{value},{value}" for at, value in enumerate(wave())]
    file.write_text("\n".join(rows))
    found = answered(maestro, str(file), "--at", "60")
    assert (found["outcome"], found["controls"][0]["why"]) == ("no_evidence", "it is the metric itself")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("time\n2026-03-01\n", "the columns are time, the metric"),
        ("time,y\nsoon,1\nlater,2\n", "'soon' is no time"),
        ("time,y\n2026-03-01,1\n2026-03-02,many\n", "line 3: 'many' is no number"),
        ("time,y\n2026-03-01,1\n2026-03-02,1,2\n", "line 3: not 2 cells"),
        ("time,y,y\n2026-03-01,1,2\n", "two columns have one name"),
        ("time,y\n1772409600000,1\n", "is no time"),
        ("time,y\x07\n2026-03-01,1\n", "line 1: a name has characters that cannot be shown"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        ('time,y\n"2026-03-01,1\n', "it is no CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_place(
    maestro: Maestro, tmp_path: Path, text: str | bytes, said: str
) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    ended = maestro("impact", str(file), "--at", "2026-03-02")
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("--at", "soon"),
        (),
        ("--at", "2026-03-02", "--alpha", "1e-300"),
        ("--at", "2026-03-02", "--period", "-7"),
        ("--at", "2026-03-02", "--period", "6.5"),
        ("--at", "2026-03-02", "--prior", "bsts"),
    ],
)
def test_wrong_use_is_told(maestro: Maestro, words: tuple[str, ...]) -> None:
    assert maestro("impact", str(ORDERS), *words).code == 2


def test_what_could_be_mended_is_mended_and_told() -> None:
    table = read(b"3600,4\n0,1\n7200,3\n3600,2\n18000,6\n")
    assert table.observed.y.times == (0.0, 3600.0, 7200.0, 10800.0, 14400.0, 18000.0)
    assert table.observed.y.values == (1.0, 2.0, 3.0, None, None, 6.0)
    assert (table.step, table.notes) == (
        3600.0,
        (
            "lines were out of order and are sorted",
            "1 lines are of a moment that another one is of; the last one counts",
            "2 moments are missing and count as such",
        ),
    )


def test_a_period_of_working_days_is_told_to_count_the_week() -> None:
    days = [date(2026, 3, 2) + timedelta(at) for at in range(60)]
    open_days = [day for day in days if day.weekday() < 5 and day != date(2026, 4, 15)]
    table = read("\n".join(f"{day},{day.day}" for day in open_days).encode())
    assert table.notes == (
        "17 moments are missing and count as such, regularly, every 7: a period counts them, too"
        " (that of working days is a week of 7)",
    )


def test_times_without_a_grid_are_taken_as_they_come_and_told() -> None:
    table = read(b"2026-01-31,1\n2026-02-28,2\n2026-03-31,3\n2026-04-30,4\n")
    assert len(table.observed.y.times) == 4
    assert table.notes == ("times are not evenly spaced; points are taken as if they were",)


def test_a_byte_order_mark_and_windows_lines_are_no_trouble() -> None:
    assert read("\ufefftime,y\r\n0,1\r\n60,2\r\n".encode()).observed.y.values == (1.0, 2.0)


def test_a_first_line_whose_time_is_broken_is_no_header() -> None:
    with pytest.raises(Mixed, match="line 1: '2026-13-01' is no time"):
        read(b"2026-13-01,55\n2026-03-02,56\n2026-03-03,57\n")
    assert read(b"time,2019\n2026-03-02,56\n2026-03-03,57\n").observed.metric == "2019"


def test_a_day_may_be_written_without_dashes() -> None:
    table = read(b"time,y\n20260331,1\n20260401,2\n20260402,3\n")
    assert (table.step, len(table.observed.y.times)) == (86_400.0, 3)
    assert moment("12345678") == ("seconds", 12_345_678.0)


def test_times_that_nobody_can_read_are_not_mixed() -> None:
    with pytest.raises(Unreadable):
        read(b"time,y\n01/02/2026,1\n")
    with pytest.raises(Mixed):
        read(b"time,y\n01/02/2026,1\n2026-01-03,2\n")


CELLS = st.sampled_from(
    ["2026-03-01", "2026-03-02T00:00Z", "0", "60", "-1e10", "1e999", "inf", "nan", "", "x", '"', "0001-01-01"]
)


@given(
    st.binary(max_size=60)
    | st.lists(st.lists(CELLS, min_size=1, max_size=3).map(",".join)).map("\n".join).map(str.encode)
)
def test_whatever_the_bytes_they_are_a_table_or_refused(text: bytes) -> None:
    try:
        table = read(text)
    except (Unreadable, Mixed):
        return
    assert list(table.observed.y.times) == sorted(set(table.observed.y.times))
    assert {len(one.values) for one in table.observed.controls} <= {len(table.observed.y.times)}


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_series_of_the_example_is_what_its_maker_makes() -> None:
    made = subprocess.run([sys.executable, ORDERS.with_suffix(".py")], capture_output=True, text=True, check=True)
    assert ORDERS.read_text(encoding="utf-8") == made.stdout


def test_the_commands_of_the_page_run_as_they_stand_there(
    maestro: Maestro, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    shown = re.findall(r"^\$ maestro (impact .*)\n(.*)$", PAGE, re.MULTILINE)
    assert len(shown) >= 2
    for command, first in shown:
        out = maestro(*shlex.split(command)).out
        assert out.splitlines()[0].split("  ")[0] == first.split("  ")[0]
