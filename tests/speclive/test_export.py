"""What is told to Maestro: each window once, whatever the network and the server do, and never in the way."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from speclive import signing
from speclive.export import Exporter, Source, Window
from speclive.maestro import address
from speclive.outbox import MOST, Outbox, Pace
from speclive.wire import Report
from tests.speclive.bot import SHA, TOKEN, Bot, Said, Seen, answering, clause, exemplar, until

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="bot")
def _bot() -> Iterator[Bot]:
    with answering() as bot:
        yield bot


@pytest.fixture(name="seen")
def _seen() -> Seen:
    return Seen()


@pytest.fixture(name="exporter")
def _exporter(bot: Bot, seen: Seen) -> Iterator[Exporter]:
    exporter = Exporter(bot.url + "/", TOKEN, "shop", "production", SHA, "canary", source=seen.source, every=60)
    yield exporter.start()
    exporter.close(0.5)


def test_a_window_is_told_once_signed_and_under_its_own_id(bot: Bot, seen: Seen, exporter: Exporter) -> None:
    seen.evaluated = 3
    assert exporter.flush()
    (post,) = bot.posts()
    report = post.report
    timestamp = int(post.headers["x-maestro-timestamp"])
    assert post.path == "/api/speclive/reports"
    assert post.headers["authorization"] == f"Bearer {TOKEN}"
    assert (post.headers["content-encoding"], post.headers["idempotency-key"]) == ("gzip", report["id"])
    assert post.headers["x-maestro-signature-256"] == signing.report(TOKEN, timestamp, report["id"], post.body)
    told = {name: report[name] for name in ("version", "kind", "service", "environment", "sha", "side")}
    assert told == {
        "version": 1, "kind": "live", "service": "shop", "environment": "production", "sha": SHA, "side": "canary"
    }  # fmt: skip
    assert [each["evaluated"] for each in report["clauses"]] == [3]
    assert report["targets"][0]["calls"] == 3
    assert exporter.flush()
    assert len(bot.posts()) == 1, "nothing happened since, and the next heartbeat is far"


@pytest.mark.parametrize(
    "answer", [Said(0), Said(200), Said(503), Said(500), Said(401), Said(429, {"Retry-After": "0"})]
)
def test_what_did_not_arrive_is_sent_again_the_same_to_the_byte(
    bot: Bot, seen: Seen, exporter: Exporter, answer: Said
) -> None:
    bot.answers = [answer]
    seen.evaluated = 1
    assert exporter.flush(0.05) or exporter.flush()
    first, second = bot.posts()
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_no_proxy_is_told_the_token_in_plain_text(bot: Bot, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        exporter = Exporter(bot.url, TOKEN, "shop", "production", SHA, source=seen.source, every=60).start()
        seen.evaluated = 1
        assert exporter.flush()
        exporter.close(0.5)
        assert (len(bot.posts()), proxy.requests) == (1, [])


@pytest.mark.parametrize("status", [400, 409, 413])
def test_a_report_that_is_refused_for_good_is_given_up_and_the_next_one_says_so(
    bot: Bot, seen: Seen, exporter: Exporter, status: int
) -> None:
    bot.answers = [Said(status)]
    seen.evaluated = 1
    assert exporter.flush()
    assert exporter.flush()
    first, second = bot.reports()
    assert "dropped" not in first
    assert (second["dropped"], second["clauses"]) == (1, [])


def test_an_answer_that_drips_holds_the_thread_up_no_longer_than_a_silent_one(
    bot: Bot, seen: Seen, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speclive.maestro.TIMEOUT", 0.2)
    bot.answers = [Said(202, body=b"x" * 1_000, drips=0.01)]
    seen.evaluated = 1
    assert exporter.flush(0.05) or exporter.flush()
    assert len(bot.posts()) == 2, "it was not heard to the end, so it is told again, under the same id"


def test_no_redirect_is_followed(bot: Bot, seen: Seen, exporter: Exporter) -> None:
    with answering() as other:
        bot.answers = [Said(status, {"Location": other.url}) for status in (301, 302, 303, 307, 308)]
        bot.settings = Said(302, {"Location": other.url + "/api/speclive/config"})
        seen.evaluated = 1
        for _ in range(5):
            exporter.flush(0.05)
        until(lambda: len(bot.posts()) >= 5)
        assert other.requests == []


def test_many_exemplars_are_told_at_once_and_in_parts_and_counts_in_the_first(
    bot: Bot, seen: Seen, exporter: Exporter
) -> None:
    until(lambda: bool(bot.requests))
    seen.evaluated = 300
    seen.exemplars = [exemplar(number) for number in range(300)]
    until(lambda: len(bot.posts()) == 2)
    first, second = bot.reports()
    assert (len(first["exemplars"]), len(second["exemplars"])) == (256, 44)
    assert [len(first["clauses"]), len(second["clauses"])] == [1, 0]
    assert first["id"] != second["id"]


def test_counts_of_a_card_that_was_edited_under_its_name_are_told_apart(bot: Bot, seen: Seen) -> None:
    drained = [seen.drain()._replace(clauses=[clause(2), clause(3) | {"id": "x"}, clause(5) | {"digest": "1" * 12}])]
    source = Source(lambda: drained.pop() if drained else seen.drain(), seen.pending, seen.obeyed.append)
    exporter = Exporter(bot.url, TOKEN, "shop", "production", SHA, source=source, every=60).start()
    assert exporter.flush()
    exporter.close()
    told = [[(row["id"], row["evaluated"]) for row in report["clauses"]] for report in bot.reports()]
    assert told == [[("pay#t1", 2), ("x", 3)], [("pay#t1", 5)]]


def test_a_clock_that_is_set_back_does_not_turn_a_window_around(bot: Bot, seen: Seen) -> None:
    wall = iter([5000.0] + [1000.0] * 50)
    exporter = Exporter(
        bot.url, TOKEN, "shop", "production", SHA, source=seen.source, every=60, wall=lambda: next(wall)
    )
    exporter.start()
    for _ in range(2):
        seen.evaluated = 1
        assert exporter.flush()
    exporter.close()
    windows = [(report["start"], report["end"]) for report in bot.reports()]
    assert [end for _, end in windows] == [5000.0, 1000.0]
    assert all(0 <= end - start < 5 for start, end in windows)


def test_a_server_that_hangs_holds_nobody_up_at_the_end(seen: Seen) -> None:
    with answering() as bot:
        bot.answers = [Said(0)] * 100
        exporter = Exporter(bot.url, TOKEN, "shop", "production", SHA, source=seen.source, every=60).start()
        seen.evaluated = 1
        began = time.monotonic()
        exporter.close(0.3)
        assert time.monotonic() - began < 1.0
        assert not exporter.flush(0.01)


def test_a_source_that_fails_is_logged_and_the_next_window_is_told(
    bot: Bot, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]

    def drain() -> Window:
        if broken:
            broken.clear()
            raise RuntimeError("of the guards")
        return seen.drain()

    source = Source(drain, seen.pending, seen.obeyed.append)
    exporter = Exporter(bot.url, TOKEN, "shop", "production", SHA, source=source, every=60).start()
    assert not exporter.flush(0.2)
    seen.evaluated = 1
    assert exporter.flush()
    exporter.close()
    assert "a report could not be made" in caplog.text
    assert len(bot.posts()) == 1


def test_neither_a_log_nor_a_traceback_nor_a_name_shows_the_token(
    bot: Bot, seen: Seen, exporter: Exporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bot.answers = [Said(401, body=TOKEN.encode())]
    seen.evaluated = 1
    exporter.flush(0.2)
    assert "HTTP 401" in caplog.text
    assert TOKEN not in caplog.text + repr(exporter) + repr(vars(exporter))


ADDRESSES: list[tuple[str, tuple[str, ...], bool]] = [
    ("https://maestro.example.com", (), True),
    ("http://localhost:8000/", (), True),
    ("http://127.0.0.2:8000", (), True),
    ("http://[::1]:8000", (), True),
    ("http://maestro.internal", ("maestro.internal",), True),
    ("http://maestro.internal", (), False),
    ("http://localhost.example.com", (), False),
    ("http://127.0.0.1.example.com", (), False),
    ("https://user@maestro.example.com", (), False),
    ("https://maestro.example.com/?a=b", (), False),
    ("file:///etc/passwd", (), False),
    ("maestro.example.com", (), False),
    ("", (), False),
]


@pytest.mark.parametrize(("url", "allow", "good"), ADDRESSES)
def test_the_token_is_told_over_tls_or_to_this_machine(url: str, allow: tuple[str, ...], good: bool) -> None:
    if good:
        assert not address(url, allow).endswith("/")
        return
    with pytest.raises(ValueError, match=r"Maestro|https"):
        address(url, allow)


def report(ident: int) -> Report:
    return Report(
        version=1, kind="live", id=str(ident), service="s", environment="e", side="", sha=SHA, start=0.0, end=1.0,
        targets=[], clauses=[], exemplars=[],
    )  # fmt: skip


def test_of_too_many_reports_the_oldest_go_and_every_one_that_went_is_told() -> None:
    outbox = Outbox()
    told = [report(number) for number in range(MOST + 10)]
    for each in told:
        outbox.put(each)
    assert len(outbox) == MOST
    head = outbox.head()
    assert head is not None
    assert head.id == "10"
    waiting = [each.get("dropped", 0) for each in told[10:]]
    assert sum(waiting) + outbox.dropped == 10
    while len(outbox):
        outbox.drop()
    assert outbox.dropped == MOST + 10, "also what a report that was given up would have said of others"


PACES: list[tuple[int, float | None, float]] = [(1, None, 1), (2, None, 2), (5, None, 16), (40, None, 300), (1, 77, 77)]


@pytest.mark.parametrize(("failures", "wait", "rest"), PACES)
def test_a_try_waits_twice_as_long_each_time_or_as_long_as_the_server_says(
    failures: int, wait: float | None, rest: float
) -> None:
    longest, shortest = Pace(lambda: 1.0), Pace(lambda: 0.0)
    for pace in (longest, shortest):
        for _ in range(failures):
            pace.failed(100.0, wait)
    assert longest.rest(100.0) == rest
    assert shortest.rest(100.0) == (rest if wait else rest / 2)
    longest.hurry()
    assert longest.rest(100.0) == (rest if wait else 0)
    longest.worked()
    assert longest.rest(100.0) == 0


SCRIPT = """
import os, sys, threading, time
from speclive.export import Exporter, Source
from tests.speclive.bot import SHA, TOKEN, Seen
seen, lock = Seen(), threading.Lock()
def drain():
    with lock:
        time.sleep(0.1)
        return seen.drain()
source = Source(drain, seen.pending, seen.obeyed.append)
exporter = Exporter(sys.argv[1], TOKEN, "shop", "production", SHA, source=source, every=60).start()
exporter.flush()
seen.evaluated = 5
threading.Thread(target=exporter.flush).start()
time.sleep(0.03)
child = os.fork()
seen.evaluated += 100 if child == 0 else 1
if child:
    os.waitpid(child, 0)
"""


@pytest.mark.slow
def test_a_forked_worker_tells_of_its_own_calls_and_both_tell_the_rest_when_they_end(bot: Bot) -> None:
    bot.says({"version": 1, "off": False, "settings": []})
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT, bot.url],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(each["evaluated"] for told in bot.reports() for each in told["clauses"]) == [1, 5, 100]


CONFIGS: list[tuple[Callable[[Bot], Any], int]] = [
    (lambda bot: bot.says({"version": 1, "off": True, "settings": []}), 1),
    (lambda bot: bot.says({"version": 1, "off": "yes", "settings": []}), 0),
]


@pytest.mark.parametrize(("said", "obeyed"), CONFIGS)
def test_what_the_bot_says_of_the_guards_is_asked_for_from_the_start(
    bot: Bot, seen: Seen, said: Callable[[Bot], Any], obeyed: int
) -> None:
    said(bot)
    exporter = Exporter(bot.url, TOKEN, "shop", "production", SHA, source=seen.source, every=60).start()
    until(lambda: bool(bot.requests))
    exporter.flush()
    exporter.close()
    assert [remote["off"] for remote in seen.obeyed] == [True] * obeyed
