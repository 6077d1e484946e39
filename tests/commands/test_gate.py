"""`maestro gate` on files, as its help says."""

import errno
import io
import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.commands.thinned import MOST, Thinned
from app.render.gate import STEPS
from tests.commands.conftest import Ended, Maestro

PER_TICK = 2_000


def side(random: np.random.Generator, rate: float) -> dict[str, int]:
    return {"good": PER_TICK - int(random.binomial(PER_TICK, rate)), "total": PER_TICK}


def tick(number: int, control: Any, canary: Any) -> str:
    return json.dumps({"t": 1_700_000_000 + 30 * number, "control": control, "canary": canary})


def ticks(ratio: float, number: int = 60, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    return [tick(n, side(random, 0.01), side(random, 0.01 * ratio)) for n in range(number)]


@pytest.fixture
def judged(maestro: Maestro, tmp_path: Path) -> Any:
    """Runs the gate on lines, under rules."""

    def run(lines: list[str], *words: str, rules: str = "baseline: 0.01") -> Ended:
        (tmp_path / "gate.yml").write_text(rules)
        (tmp_path / "ticks.jsonl").write_text("\n".join(lines))
        return maestro("gate", "run", "--config", str(tmp_path / "gate.yml"), str(tmp_path / "ticks.jsonl"), *words)

    return run


def test_a_good_canary_is_promoted_and_the_reason_is_drawn(judged: Any) -> None:
    ended = judged(ticks(1.0))
    assert ended.code == 0
    assert ended.out.startswith("PROMOTE  ")
    assert "of 200" in ended.out
    assert "█" in ended.out.splitlines()[2]
    assert "promoted with probability 0.5 % at most" in " ".join(ended.out.split())


def test_a_bad_canary_is_rolled_back(judged: Any) -> None:
    ended = judged(ticks(2.0))
    assert ended.code == 1
    assert ended.out.startswith("ROLL BACK  ")


def test_too_few_ticks_decide_nothing(judged: Any) -> None:
    ended = judged(ticks(1.0, number=4), "--json")
    assert ended.code == 3
    answer = json.loads(ended.out)
    assert (answer["status"], answer["action"]) == ("continue", "wait")
    assert answer["rows"][0]["promote"]["words"].endswith(" of 200 needed")


def test_no_tick_at_all_waits(judged: Any) -> None:
    ended = judged([])
    assert (ended.code, ended.out.split()[0]) == (3, "WAITING")


def test_an_end_without_an_answer_holds_or_rolls_back_as_the_rules_say_and_never_promotes(judged: Any) -> None:
    silent = [tick(n, {"good": 0, "total": 0}, {"good": 0, "total": 0}) for n in range(20)]
    held = judged(silent)
    assert held.code == 3
    assert held.out.startswith("INCONCLUSIVE  (no_data) ")
    assert judged(silent, rules="baseline: 0.01\non_inconclusive: rollback").code == 1


def test_the_same_ticks_give_the_same_answer_to_the_byte_in_one_go_or_in_two(
    judged: Any, maestro: Maestro, tmp_path: Path
) -> None:
    lines = ticks(1.2, number=40)
    whole = judged(lines, "--json").out
    state = tmp_path / "state.json"
    assert judged(lines[:17], "--state", str(state)).code == 3
    assert judged(lines[17:], "--json", "--state", str(state)).out == whole
    assert json.loads(state.read_text()) == json.loads(whole)["replay"]


def test_a_final_answer_is_kept_whatever_comes_later(judged: Any, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    assert judged(ticks(3.0), "--state", state).code == 1
    later = [line.replace("17000", "17100") for line in ticks(0.1)]
    assert judged(later, "--state", state).code == 1


def test_a_state_that_is_none_is_refused_and_left_alone(judged: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    ended = judged(ticks(1.0), "--state", str(state))
    assert (ended.code, ended.out) == (2, "")
    assert "state.json" in ended.err
    assert state.read_text() == "{}"


def test_an_answer_that_is_kept_is_told_to_whoever_sends_more(judged: Any, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    assert judged(ticks(3.0), "--state", state).err == ""
    assert (
        "state.json: has its answer already, rollback; the ticks after it changed nothing"
        in judged(ticks(0.1), "--state", state).err
    )


def test_the_answer_of_other_rules_is_no_answer(judged: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert judged(ticks(1.0), "--state", str(state)).code == 0
    kept = state.read_text()
    ended = judged(ticks(3.0), "--state", str(state), rules="baseline: 0.02")
    assert (ended.code, ended.out, state.read_text()) == (2, "", kept)
    assert "state.json: holds the answer of other rules, promote" in ended.err


@pytest.mark.parametrize(("where", "said"), [("missing/state.json", "No such file"), ("a" * 300, "name too long")])
def test_where_nothing_can_be_kept_nothing_is_judged(judged: Any, tmp_path: Path, where: str, said: str) -> None:
    ended = judged(ticks(1.0), "--state", str(tmp_path / where))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_state_is_kept_in_a_plain_file_alone(judged: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state.json")
    ended = judged(ticks(1.0), "--state", str(tmp_path / "state.json"))
    assert (ended.code, ended.out) == (2, "")
    assert "is no plain file" in ended.err


def test_a_state_is_written_through_nobodys_link_and_leaves_nothing_beside_it(judged: Any, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    for name in ("state.json.new", "state.json"):
        (tmp_path / name).symlink_to(tmp_path / "precious" if name.endswith("new") else tmp_path / "nowhere")
    assert judged(ticks(1.0), "--state", str(tmp_path / "state.json")).code == 0
    assert (tmp_path / "precious").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "state"))) == [
        "state.json",
        "state.json.new",
    ]


def test_an_answer_that_cannot_be_kept_any_more_is_given_all_the_same(
    judged: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_from: Path, _to: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    ended = judged(ticks(1.0), "--state", str(tmp_path / "state.json"))
    assert (ended.code, ended.out.split()[0]) == (0, "PROMOTE")
    assert "state.json: not kept: No space left" in ended.err


@pytest.mark.parametrize("flawed", ["NaN", "Infinity", '"990"', "-1", "990.5", "null"])
def test_a_side_that_is_no_count_is_told_and_not_scored(judged: Any, flawed: str) -> None:
    lines = ticks(1.0)
    lines[3] = tick(3, {"good": 0, "total": 1_000}, {"good": 990, "total": 1_000}).replace(
        '"good": 0', f'"good": {flawed}'
    )
    ended = judged(lines, "--json")
    answer = json.loads(ended.out)
    assert (ended.code, answer["anomalies"]["flawed"]) == (0, 1)
    assert "control of errors" in answer["flaw"]


def test_lines_that_are_no_ticks_are_named(judged: Any) -> None:
    ended = judged([*ticks(1.0, number=3), "{", "[1]", '{"control": {}}', "[" * 100_000])
    assert (ended.code, ended.out) == (2, "")
    for number in (4, 5, 6, 7):
        assert f"ticks.jsonl:{number}: " in ended.err
    assert "4 lines cannot be read" in ended.err


@pytest.mark.parametrize("time", ["NaN", "Infinity", "1e400", "true", "-1", "1e12", "1" + 400 * "0", '"1"', "null"])
def test_a_line_whose_time_is_none_is_named(judged: Any, time: str) -> None:
    ended = judged([*ticks(1.0, number=3), f'{{"t": {time}, "control": {{}}, "canary": {{}}}}'])
    assert (ended.code, ended.out) == (2, "")
    assert "ticks.jsonl:4: no tick: it needs a time" in ended.err
    assert "1 line cannot be read" in ended.err


def test_a_long_course_is_drawn_from_a_part_of_it(judged: Any) -> None:
    silent = [tick(n, {"good": 1, "total": 1}, {"good": 1, "total": 1}) for n in range(MOST + 40)]
    assert len(judged(silent).out.splitlines()[2].split()[-1]) == STEPS


@pytest.mark.parametrize(("number", "kept"), [(0, 0), (7, 7), (8, 4), (9, 5), (15, 8), (1_000, 8)])
def test_a_thinned_course_ends_where_it_ends(number: int, kept: int) -> None:
    course = Thinned[int](most=8)
    for point in range(number):
        course.add(point)
    found = list(course)
    assert (len(found), found[-1:]) == (kept, [number - 1] if number else [])
    assert len({later - earlier for earlier, later in pairwise(found[:-1])}) <= 1, "evenly spaced"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", "gate.yml:1:1: the file is empty; errors: state the baseline"),
        ("# none yet", "gate.yml:1:1: the file is empty; errors: state the baseline"),
        ("{}", "state the baseline"),
        ("baseline: 0.01\nalpha: 2", "gate.yml:2:8: `alpha`"),
        ("baseline: 0.01\nmargins: 2", "gate.yml:2:1: `margins`"),
        ("baseline: 0.01\nmargin: 1.2\ntolerate: 1.3", "tolerate (1.3) must be below margin (1.2)"),
        ("metrics: [{name: p95, kind: latency_bucket}]", "state tau_ms"),
    ],
)
def test_rules_that_make_no_sense_are_refused(judged: Any, rules: str, said: str) -> None:
    ended = judged(ticks(1.0), rules=rules)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_dash_reads_standard_input(maestro: Maestro, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rules = tmp_path / "gate.yml"
    rules.write_text("baseline: 0.01")
    environment.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("\n".join(ticks(3.0)).encode())))
    assert maestro("gate", "run", "--config", str(rules), "-").code == 1


def test_a_simulation_says_how_often_and_after_how_many_requests(maestro: Maestro) -> None:
    ended = maestro("gate", "simulate", "--reps", "20", "--ratio", "1", "--ratio", "3", "--json")
    assert ended.code == 0
    good, bad = json.loads(ended.out)
    assert (good["ratio"], good["n"], bad["ratio"]) == (1.0, 20, 3.0)
    assert good["promote"]["value"] >= 0.8
    assert bad["rollback"]["value"] == 1.0
    assert bad["requests"] < good["requests"]
    assert maestro("gate", "simulate", "--reps", "20", "--ratio", "1", "--ratio", "3", "--json").out == ended.out


@pytest.mark.parametrize("ratio", ["nan", "inf", "0", "-1", "101", "x"])
def test_a_ratio_that_is_none_is_refused(maestro: Maestro, ratio: str) -> None:
    ended = maestro("gate", "simulate", "--reps", "1", "--ratio", ratio, "--json")
    assert (ended.code, ended.out) == (2, "")
    assert "--ratio" in ended.err


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://prometheus.example", "prometheus:9090"])
def test_a_prometheus_speaks_http(maestro: Maestro, tmp_path: Path, address: str) -> None:
    rules = tmp_path / "gate.yml"
    side = '{total: "requests{}", bad: "errors{}"}'
    rules.write_text(f"baseline: 0.01\nqueries: {{errors: {{control: {side}, canary: {side}}}}}")
    ended = maestro("gate", "watch", "--config", str(rules), "--prometheus", address)
    assert (ended.code, ended.out) == (2, "")
    assert "--prometheus needs to be an https address, or an http one" in ended.err


def test_a_simulation_takes_every_kind_of_metric(maestro: Maestro, tmp_path: Path) -> None:
    rules = tmp_path / "gate.yml"
    rules.write_text(
        "baseline: 0.05\nmetrics: [{name: errors}, {name: p95, kind: latency_bucket, tau_ms: 250, margin: 1.3},"
        " {name: cost, kind: mean, role: rollback_only, margin: 1.2}]"
    )
    ended = maestro("gate", "simulate", "--config", str(rules), "--reps", "5", "--ratio", "2", "--per-tick", "500")
    assert ended.code == 0
    assert ended.out.splitlines()[1].split()[:5] == ["2", "x", "0.00", "%", "±"]
    assert "100.00 %" in ended.out
