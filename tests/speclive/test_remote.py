"""What may change the guards from afar: what is whole, signed, understood and new."""

from __future__ import annotations

import json
from typing import Any

import pytest

from speclive.maestro import Answer
from speclive.remote import EVERY, Poller, understood
from speclive.wire import Remote

GOOD: dict[str, Any] = {
    "version": 1,
    "off": False,
    "settings": [{"cards": "pay.*", "mode": "enforce"}, {"cards": "*", "sample": 1}, {"cards": "x", "later": 1}],
}


class Answering:
    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.etags: list[str] = []

    def config(self, etag: str) -> Answer:
        self.etags.append(etag)
        return self.answers.pop(0)


def said(value: Any, etag: str = '"1"') -> Answer:
    return Answer(200, {"etag": etag}, json.dumps(value).encode())


def polled(*answers: Answer) -> tuple[list[Remote], list[str]]:
    obeyed: list[Remote] = []
    asked = Answering(*answers)
    poller = Poller(asked, obeyed.append)
    for number in range(len(answers)):
        poller.poll(number * EVERY)
    return obeyed, asked.etags


def test_what_is_new_is_obeyed_once_and_asked_for_by_its_mark() -> None:
    obeyed, etags = polled(said(GOOD), Answer(304), said(GOOD | {"off": True}, '"2"'), Answer(304))
    assert [remote["off"] for remote in obeyed] == [False, True]
    assert obeyed[0]["settings"] == [
        {"cards": "pay.*", "mode": "enforce"},
        {"cards": "*", "sample": 1.0},
        {"cards": "x"},
    ]
    assert etags == ["", '"1"', '"1"', '"2"']


@pytest.mark.parametrize("answer", [Answer(0, reason="down"), Answer(500), Answer(200, body=b"{"), Answer(401)])
def test_an_answer_that_is_none_changes_nothing_and_its_mark_is_not_kept(answer: Answer) -> None:
    obeyed, etags = polled(said(GOOD), answer, Answer(304))
    assert len(obeyed) == 1
    assert etags == ["", '"1"', '"1"']


WRONG: list[Any] = [
    None, [], 1, {}, GOOD | {"version": 2}, GOOD | {"off": 1}, GOOD | {"settings": {}}, GOOD | {"settings": [1]},
    GOOD | {"settings": [{}]}, GOOD | {"settings": [{"cards": 1}]}, GOOD | {"settings": [{"cards": "*", "mode": "on"}]},
    GOOD | {"settings": [{"cards": "*", "mode": ["off"]}]}, GOOD | {"settings": [{"cards": "*", "sample": 0}]},
    GOOD | {"settings": [{"cards": "*", "sample": 1.1}]}, GOOD | {"settings": [{"cards": "*", "sample": True}]},
    GOOD | {"settings": [{"cards": "*", "sample": float("nan")}]}, GOOD | {"settings": [{"cards": "*"}] * 1001},
    GOOD | {"settings": [{"cards": "*", "sample": 10**401}]},
]  # fmt: skip


@pytest.mark.parametrize("value", WRONG, ids=range(len(WRONG)))
def test_settings_are_understood_whole_or_not_at_all(value: Any) -> None:
    assert understood(GOOD) is not None
    assert understood(value) is None


def test_it_is_asked_again_after_thirty_seconds_at_most_and_not_by_all_at_once() -> None:
    rests = []
    for chance in (0.0, 1.0):
        poller = Poller(Answering(Answer(304)), lambda _: None, lambda chance=chance: chance)  # type: ignore[misc]
        assert poller.rest(1e9) == 0
        poller.poll(100.0)
        rests.append(poller.rest(100.0))
    assert rests == [30.0, 24.0]
