"""What a service says once, and what Maestro is told of it then: by real guards and over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import speclive
from speclive import traffic
from speclive.cards import parse
from speclive.cli import main
from speclive.configuring import configure, window
from speclive.destination import Destination
from speclive.guards import guards
from speclive.wire import Target
from tests.speclive.bot import SHA, TOKEN, Bot, Said, answering, until

HERE = "tests.speclive.test_configuring"
TEXT = f'''@critical
Feature: Configured
  @spec-id:configured.halve
  Scenario: Half is half
    Given the task "{HERE}:halve"
    When it is halved
    Then twice that is the whole
      """expr
      2 * result == number
      """
    And numbers may be told
      | allow | number |
'''


def halve(number: int) -> int:
    return number // 2


def double(number: int) -> int:
    return number * 2


async def triple(number: int) -> int:
    return number * 3


@pytest.fixture(name="bot")
def _bot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    with answering() as bot:
        for name, value in {"URL": bot.url, "TOKEN": TOKEN, "SERVICE": "shop", "SHA": SHA}.items():
            monkeypatch.setenv(f"MAESTRO_{name}", value)
        yield bot
        for name in ("URL", "TOKEN"):
            monkeypatch.delenv(f"MAESTRO_{name}")
        configure()


async def test_what_guards_saw_is_told_and_what_maestro_says_of_them_is_done(bot: Bot) -> None:
    cards = parse(TEXT, "configured.feature")
    halved, doubled = speclive.task(cards)(halve), speclive.task(cards)(double)
    tripled = speclive.task(cards, (f"{HERE}:trip*",))(triple)
    window()
    bot.says({"version": 1, "off": False, "settings": [{"cards": "configured.*", "sample": 1.0}]})
    exporter = configure()
    assert exporter is not None
    assert (halved(4), halved(5), doubled(2), await tripled(2)) == (2, 2, 4, 6)
    assert exporter.flush()
    (told,) = bot.reports()
    assert (told["service"], told["environment"], told["sha"]) == ("shop", "production", SHA)
    rows = {row["id"]: row for row in told["clauses"]}
    assert (rows["configured.halve#t1"]["evaluated"], rows["configured.halve#t1"]["violated"]) == (2, 1)
    assert [one["inputs"] for one in told["exemplars"]] == [{"number": 5}]
    targets = {target["name"].removeprefix(f"{HERE}:"): target for target in told["targets"]}
    seen = {name: (one["critical"], one["calls"], one.get("guarded", 0)) for name, one in targets.items()}
    assert seen["halve"] == (True, 2, 2)
    assert (seen["double"], seen["triple"]) == ((False, 1, 0), (True, 1, 0))
    assert targets["halve"]["path"] == "tests/speclive/test_configuring.py"

    halved(6)
    assert exporter.flush()
    assert [row["evaluated"] for row in bot.reports()[1]["clauses"]] == [1], "only what was called"

    bot.says({"version": 1, "off": True, "settings": []}, '"2"')
    off = configure()
    until(lambda: len([one for one in bot.requests if one.path.endswith("config")]) >= 2)
    assert off is not None
    assert off.flush()
    halved(8)
    assert speclive.report()["configured.halve#t1"]["evaluated"] == 3
    bot.says({"version": 1, "off": False, "settings": []}, '"3"')
    on = configure()
    assert on is not None
    assert on.flush()
    halved(8)
    assert speclive.report()["configured.halve#t1"]["evaluated"] == 4
    assert {guard.card.id for guard in guards()} >= {"configured.halve"}


def test_without_an_address_and_a_token_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAESTRO_URL", raising=False)
    monkeypatch.delenv("MAESTRO_TOKEN", raising=False)
    assert speclive.configure() is None


WRONG = [
    ({"url": "https://m.example"}, "MAESTRO_TOKEN"),
    ({"token": "t"}, "MAESTRO_URL"),
    ({"url": "https://m.example", "token": "t", "sha": "c0ffee"}, "MAESTRO_SHA"),
    ({"url": "http://m.example", "token": "t", "sha": SHA}, "https"),
]


@pytest.mark.parametrize(("said", "named"), WRONG)
def test_what_is_missing_is_named_and_no_token_is_shown(
    said: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_SHA", raising=False)
    with pytest.raises(ValueError, match=named):
        configure(**said)  # type: ignore[arg-type]
    whole = Destination.of(
        {"MAESTRO_URL": "https://m.example", "MAESTRO_TOKEN": TOKEN, "MAESTRO_SPECLIVE_SIDE": "canary"}
    )
    assert whole is not None
    assert whole.side == "canary"
    assert TOKEN not in repr(whole)


def test_calls_that_a_guard_saw_and_no_route_counted_are_calls() -> None:
    counted = [Target(name="GET /", handler="a:b", critical=True, path="a.py", line=3, calls=2)]
    seen = [
        Target(name="GET /", handler="x:y", critical=False, path="x.py", line=1, calls=3, guarded=4, clauses=["c#t1"]),
        Target(name="GET /", handler="x:z", critical=False, calls=1, guarded=1, clauses=["d#t1"]),
        Target(name="t:t", handler="t:t", critical=False, calls=1, guarded=0),
    ]
    merged = {target["name"]: target for target in traffic.merged(counted, seen)}
    assert merged["GET /"] == {
        "name": "GET /", "handler": "a:b", "critical": True, "path": "a.py", "line": 3, "calls": 4, "guarded": 4,
        "clauses": ["c#t1", "d#t1"],
    }  # fmt: skip
    assert merged["t:t"]["calls"] == 1


def test_a_route_is_guarded_as_far_as_the_function_that_answers_it() -> None:
    counted = [
        Target(name="GET /", handler="a:b", critical=True, calls=3),
        Target(name="PUT /", handler="a:B.put", critical=True, calls=8),
        Target(name="GET /b", handler="a:bb", critical=True, calls=2),
    ]
    seen = [
        Target(name="a:b", handler="a:b", critical=False, calls=4, guarded=4, clauses=["c#t1"]),
        Target(name="a:B", handler="a:B", critical=False, calls=8, guarded=4, clauses=["d#t1"]),
    ]
    merged = {target["name"]: target for target in traffic.merged(counted, seen)}
    told = {name: (one["calls"], one.get("guarded", 0), one.get("clauses", [])) for name, one in merged.items()}
    assert told == {
        "GET /": (3, 3, ["c#t1"]), "PUT /": (8, 4, ["d#t1"]), "GET /b": (2, 0, []), "a:b": (4, 4, ["c#t1"]),
        "a:B": (8, 4, ["d#t1"]),
    }  # fmt: skip


SENT: list[tuple[str, list[Said], int, str]] = [
    ('{"id": "static-1", "kind": "static"}', [], 0, "told: static-1"),
    ('{"id": "static-1"}', [Said(429, {"Retry-After": "0"})], 0, "told: static-1"),
    ('{"id": "s"}', [Said(400, body=b'{"error": "no \\u001b[31mclauses"}')], 1, "not told: HTTP 400: no ?[31mclauses"),
    ('{"kind": "static"}', [], 2, "it has no id"),
    ("{", [], 2, "Expecting"),
    ("\n", [], 2, "there is no report in it"),
    ('{"id": "first"}\n{"id": "second"}\n', [Said(200), Said(403)], 1, "not told: HTTP 403"),
]


@pytest.mark.parametrize(("text", "answers", "code", "says"), SENT)
def test_a_report_in_a_file_is_sent_by_hand(
    text: str, answers: list[Said], code: int, says: str, bot: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    bot.answers = answers
    assert main(["send", str(tmp_path / "report.json")]) == code
    out = capsys.readouterr()
    assert says in out.out + out.err
    if code == 0:
        assert bot.reports()[-1] == json.loads(text)


def test_nothing_is_sent_to_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", str(tmp_path / "report.json")]) == 2
    assert "set MAESTRO_URL and MAESTRO_TOKEN" in capsys.readouterr().err
