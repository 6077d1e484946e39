"""`maestro drift` on files, as its help says."""

import gzip
import io
import json
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.commands.conftest import Maestro

RANDOM = np.random.default_rng(6)
ROWS = 1_000
BEGIN = RANDOM.bit_generator.state


@pytest.fixture(autouse=True)
def _same_draws_in_each_test() -> None:
    RANDOM.bit_generator.state = BEGIN


def text(rows: int = ROWS, faster: float = 1.0) -> str:
    """Latencies and plans."""
    ms, plans = RANDOM.lognormal(3, 0.5, rows) * faster, RANDOM.choice(["free", "pro"], rows)
    return "ms,plan\n" + "".join(f"{one:.3f},{plan}\n" for one, plan in zip(ms, plans, strict=True))


def daily(first: date, days: int, moved_from: int | None = None) -> str:
    lines = ["day,ms"]
    for day in range(days):
        factor = 0.8 if moved_from is not None and day >= moved_from else 1.0
        told = date.fromordinal(first.toordinal() + day)
        lines += [f"{told},{one:.3f}" for one in RANDOM.lognormal(3, 0.5, 500) * factor]
    return "\n".join(lines)


def kept(directory: Path, name: str, content: str) -> str:
    file = directory / name
    file.write_text(content)
    return str(file)


def test_tables_of_one_distribution_are_ok(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", text()))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("OK  all 2 as the reference")


def test_a_drift_is_shown_with_its_bins_and_exits_with_1(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", text(faster=0.7)))
    assert ended.code == 1
    assert ended.out.startswith("DRIFT  ms: ≤ ")
    (row,) = (line for line in ended.out.splitlines() if line.startswith("ms "))
    assert "  ▄▄▄▄▄▄▄▄▄▄  █▆▅▄▃▂▂▂▂▁  " in row


def test_the_answer_as_json(maestro: Maestro, tmp_path: Path) -> None:
    words = kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", text(faster=0.7))
    ended = maestro("drift", *words, "--json")
    answer = json.loads(ended.out)
    assert (ended.code, answer["state"]) == (1, "drift")
    ms, plan = answer["features"]["ms"], answer["features"]["plan"]
    assert (ms["kind"], ms["state"], plan["kind"], plan["state"]) == ("numeric", "drift", "categorical", "ok")
    assert ms["psi"] > 5 * ms["threshold"] > 0
    assert 0 <= ms["p"] <= ms["q"] < 0.01 < plan["q"] <= 1
    assert sum(one["after"] for one in ms["bins"]) == pytest.approx(1)


def test_too_few_rows_are_blind_and_exit_with_3(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", text(49)))
    assert ended.code == 3
    assert "BLIND  ms, and 1 more: 49 rows, fewer than 50" in ended.out
    assert maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", "ms,plan\n")).code == 3


def test_a_column_that_is_gone_is_blind_and_a_new_one_is_told(maestro: Maestro, tmp_path: Path) -> None:
    renamed = text().replace("plan", "tariff", 1)
    ended = maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", renamed))
    assert ended.code == 3
    assert "plan: not in the batch" in ended.out
    assert "not in the reference: tariff" in ended.out


def test_types_may_be_said(maestro: Maestro, tmp_path: Path) -> None:
    codes = "zip\n" + "".join(f"0{one}\n" for one in RANDOM.integers(1, 4, ROWS))
    file = kept(tmp_path, "ref.csv", codes)
    inferred = json.loads(maestro("drift", file, file, "--json").out)
    said = json.loads(maestro("drift", file, file, "--type", "zip=categorical", "--json").out)
    assert inferred["features"]["zip"]["kind"] == "numeric"
    assert sorted(one["label"] for one in said["features"]["zip"]["bins"]) == ["01", "02", "03"]


def test_text_among_numbers_counts_as_missing_and_is_told(maestro: Maestro, tmp_path: Path) -> None:
    broken = text().replace("\n", "\nn/a,free\n" * 3 + "oops,free\n", 1)
    answer = json.loads(
        maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", broken), "--json").out
    )
    ms = answer["features"]["ms"]
    assert ms["notes"] == ["1 values are no finite numbers, and count as missing"]
    assert ms["bins"][-1]["after"] == pytest.approx(4 / (ROWS + 4))


def test_days_are_followed_and_the_first_day_of_a_drift_is_named(maestro: Maestro, tmp_path: Path) -> None:
    reference = kept(tmp_path, "ref.csv", daily(date(2026, 9, 1), 14))
    current = kept(tmp_path, "cur.csv", daily(date(2026, 10, 1), 9, moved_from=5))
    ended = maestro("drift", reference, current, "--day-column", "day", "--json")
    answer = json.loads(ended.out)
    assert (ended.code, answer["state"]) == (1, "drift")
    assert answer["features"]["ms"]["first"] == "2026-10-06"
    assert [one["state"] for one in answer["days"]] == ["ok"] * 5 + ["drift"] * 4
    drawn = maestro("drift", reference, current, "--day-column", "day")
    assert "2026-10-06  ·····████" in drawn.out


def test_days_without_rows_are_blind_and_the_next_day_sees_again(maestro: Maestro, tmp_path: Path) -> None:
    reference = kept(tmp_path, "ref.csv", text())
    lines = daily(date(2026, 10, 1), 6).splitlines()
    gap = [line for line in lines if not line.startswith(("2026-10-03", "2026-10-04"))]
    ended = maestro("drift", reference, kept(tmp_path, "cur.csv", "\n".join(gap)), "--day-column", "day", "--json")
    days = {one["day"]: one["features"]["ms"] for one in json.loads(ended.out)["days"]}
    assert days["2026-10-04"] == "blind"
    assert days["2026-10-05"] == days["2026-10-06"] == "ok"


def test_a_dash_reads_standard_input_and_gz_is_unpacked(
    maestro: Maestro, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "ref.csv.gz"
    packed.write_bytes(gzip.compress(text().encode()))
    environment.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text(faster=0.7).encode())))
    assert maestro("drift", str(packed), "-").code == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ":1: a header with a name for each column is needed"),
        ("a,a\n1,2\n", ":1: a header"),
        ("a,b\n1,2\n\n3\n", ":4: 1 cells, and 2 in the header"),
        ('a\n"open\n', "unexpected end of data"),
        ("a\n" + 200_000 * "x", "field larger than field limit"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(maestro: Maestro, tmp_path: Path, content: str, said: str) -> None:
    ended = maestro("drift", kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", content))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_what_is_not_text_is_refused(maestro: Maestro, tmp_path: Path) -> None:
    (tmp_path / "cur.csv").write_bytes(b"a\n\xff\xfe\n")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text().encode())[:-9])
    for name in ("cur.csv", "cut.csv.gz"):
        assert maestro("drift", kept(tmp_path, "ref.csv", text()), str(tmp_path / name)).code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--type", "ms=words"), "'ms=words' is not NAME=numeric or NAME=categorical"),
        (("--type", "cost=numeric"), "there is no column 'cost'"),
        (("--day-column", "when"), "there is no column 'when'"),
        (("--day-column", "plan"), "'free' is no day, as in 2026-11-30"),
    ],
)
def test_what_is_asked_wrongly_is_told(maestro: Maestro, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    file = kept(tmp_path, "ref.csv", "ms,plan\n" + "1,free\n" * 60)
    ended = maestro("drift", file, file, *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_both_tables_cannot_come_on_standard_input(maestro: Maestro) -> None:
    assert maestro("drift", "-", "-").code == 2


def test_limits_come_from_a_file(maestro: Maestro, tmp_path: Path) -> None:
    words = kept(tmp_path, "ref.csv", text()), kept(tmp_path, "cur.csv", text(faster=0.7))
    rules = kept(tmp_path, "limits.yml", "least_psi: 5\nleast_moved: 1\n")
    assert maestro("drift", *words, "--config", rules).code == 0
    wrong = maestro("drift", *words, "--config", kept(tmp_path, "wrong.yml", "bins: 1\n"))
    assert (wrong.code, wrong.out) == (2, "")
    assert "wrong.yml:1:7: `bins`" in wrong.err
