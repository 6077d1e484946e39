"""`maestro shadow diff` on files, as its help says."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.commands.conftest import Maestro


def line(number: int, price: float = 10, **more: Any) -> str:
    def reply(value: float) -> dict[str, Any]:
        return {"status": 200, "body": {"lines": [{"price": value}]}}

    said = {"id": f"t{number}", "endpoint": f"/orders/{number}", "candidate": reply(price), "primary": reply(10)}
    return json.dumps({**said, "secondary": reply(10), **more})


def written(directory: Path, lines: list[str]) -> str:
    file = directory / "triples.jsonl"
    file.write_text("\n".join(lines))
    return str(file)


def regressed(number: int = 600) -> list[str]:
    return [line(n, 9.5 if n % 10 == 0 else 10) for n in range(number)]


def test_a_regression_is_shown_and_exits_with_1(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("shadow", "diff", written(tmp_path, regressed()))
    assert ended.code == 1
    assert "REGRESSION  body.lines[*].price of GET /orders/{id} differs in 10 %" in ended.out
    assert "t0: a number became a number" in " ".join(ended.out.split())


def test_the_report_as_json_is_the_noise_of_a_later_run(maestro: Maestro, tmp_path: Path) -> None:
    clean = maestro("shadow", "diff", written(tmp_path, [line(n) for n in range(3_000)]), "--json")
    assert clean.code == 0
    report = json.loads(clean.out)
    assert (report["status"], report["triples"], report["rows"]) == ("clean", 3_000, [])
    noise = tmp_path / "noise.json"
    noise.write_text(clean.out)
    later = [line(n, 9.5 if n % 10 == 0 else 10, secondary=None) for n in range(600)]
    assert maestro("shadow", "diff", written(tmp_path, later)).code == 3
    assert maestro("shadow", "diff", written(tmp_path, later), "--noise", str(noise)).code == 1


def test_settings_come_from_a_file(maestro: Maestro, tmp_path: Path) -> None:
    settings = tmp_path / "shadow.yml"
    settings.write_text("ignore: [body.**.price]\nslower: 1\n")
    assert maestro("shadow", "diff", written(tmp_path, regressed()), "--config", str(settings)).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ignored: []", "shadow.yml:1:1: `ignored`"),
        ("q: 2", "shadow.yml:1:4: `q`"),
        ("slower: fast", "shadow.yml:1:9: `slower`"),
        ("[1]", "shadow.yml"),
    ],
)
def test_wrong_settings_are_named_by_line_and_key(maestro: Maestro, tmp_path: Path, text: str, said: str) -> None:
    settings = tmp_path / "shadow.yml"
    settings.write_text(text)
    ended = maestro("shadow", "diff", written(tmp_path, regressed()), "--config", str(settings))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_each_line_that_is_no_triple_is_named(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("shadow", "diff", written(tmp_path, [line(1), "{", "", line(2, method="get"), line(3)]))
    assert (ended.code, ended.out) == (2, "")
    assert "triples.jsonl:2: " in ended.err
    assert "triples.jsonl:4: " in ended.err
    assert "2 lines cannot be read" in ended.err


def test_a_triple_that_comes_twice_counts_once(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("shadow", "diff", written(tmp_path, [line(1)] * 500), "--json")
    assert ended.code == 3
    assert json.loads(ended.out)["triples"] == 1


def test_a_dash_reads_standard_input(maestro: Maestro, environment: pytest.MonkeyPatch) -> None:
    said = "\n".join(regressed()).encode()
    environment.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(said)))
    assert maestro("shadow", "diff", "-").code == 1


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_no_answers_hold(maestro: Maestro, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_bytes(content)
    ended = maestro("shadow", "diff", str(file))
    assert ended.code == 3
    assert ended.out.startswith("NO DATA")


def test_noise_that_is_none_is_refused(maestro: Maestro, tmp_path: Path) -> None:
    noise = tmp_path / "noise.json"
    noise.write_text('{"noise": {"fields": {"GET /": {"status": [1, 2]}}}}')
    ended = maestro("shadow", "diff", written(tmp_path, regressed()), "--noise", str(noise))
    assert (ended.code, ended.out) == (2, "")
    assert "GET / status: 2 of 1 is no count" in ended.err
