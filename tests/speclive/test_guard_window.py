"""Counts are exact whoever counts and whoever asks, and each is told once."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from checks.drift.sketch import NameSketch, NumberSketch, joined, sketch_of
from speclive import control, window
from speclive.bucket import Bucket
from speclive.guards import guard, report
from speclive.sketching import Watch, names, numbers
from tests.speclive.guarding import as_before, cards, seen

THREADS, CALLS = 8, 200_000


def same(n: int) -> int:
    return n


def test_eight_threads_and_a_reader_lose_no_call_and_tell_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speclive.limiter.FLOOR", 1e9)
    card = cards("Given n != 1", "Then result > 5", binding='the function "threads:f"')
    held = guard(same, card)
    told: Counter[str] = Counter()
    done = threading.Event()

    def call(n: int) -> None:
        for _ in range(CALLS // 4):
            held(n)
            held(7)
            held(7)
            held(1)

    def read() -> None:
        while not done.wait(0.01):
            add(told, card)

    reader, callers = threading.Thread(target=read), [threading.Thread(target=call, args=(n,)) for n in range(THREADS)]
    for thread in (reader, *callers):
        thread.start()
    for thread in callers:
        thread.join()
    done.set()
    reader.join()
    add(told, card)
    part = CALLS // 4
    ones, small = part * (THREADS + 1), part * 5  # n is 1; n is 0 or 2 .. 5
    expected = {"g1": (THREADS * CALLS, 0, 0), "t1": (THREADS * CALLS - ones, small, 0)}
    assert seen(card) == expected
    assert {name: tuple(told[f"{name}.{field}"] for field in FIELDS) for name in expected} == expected
    assert (told["calls"], told["guarded"]) == (THREADS * CALLS, THREADS * CALLS - ones)


FIELDS = ("evaluated", "violated", "errors")


def add(told: Counter[str], given: Any) -> None:
    """One window to what was told before it."""
    drained = window.drain()
    for row in drained.clauses:
        assert row["violated"] + row["errors"] <= row["evaluated"]
        if row["card"] == given.cards[0].id:
            values: dict[str, Any] = dict(row)
            told.update({f"{row['id'].partition('#')[2]}.{field}": values[field] for field in FIELDS})
    for target in drained.targets:
        assert target["guarded"] <= target["calls"]
        if target["name"] == given.cards[0].binding.target:
            told.update({"calls": target["calls"], "guarded": target["guarded"]})


def test_a_window_says_of_what_it_is() -> None:
    card = cards("Given n > 0", "Then result < 5", tags="@critical @mode:shadow", binding='the task "jobs:settle"')
    held = guard(same, card)
    window.drain()
    with as_before():
        control.configure(side="canary")
        held(7)
        assert window.pending() == 1
        drained = window.drain()
    (row,) = [row for row in drained.clauses if row["id"] == f"{card.cards[0].id}#t1"]
    assert row == {
        "id": f"{card.cards[0].id}#t1",
        "card": card.cards[0].id,
        "part": "then",
        "target": "jobs:settle",
        "digest": card.cards[0].clauses[1].digest,
        "text": "it holds",
        "path": "specs/shop.feature",
        "line": 11,
        "mode": "shadow",
        "critical": True,
        "evaluated": 1,
        "violated": 1,
        "errors": 0,
        "sample": 1.0,
    }
    (target,) = [target for target in drained.targets if target["name"] == "jobs:settle"]
    assert target == {
        "name": "jobs:settle",
        "handler": "jobs:settle",
        "critical": True,
        "path": "tests/speclive/test_guard_window.py",
        "line": same.__code__.co_firstlineno,
        "clauses": [f"{card.cards[0].id}#t1"],
        "calls": 1,
        "guarded": 1,
    }
    (example,) = [one for one in drained.exemplars if one["clause"] == row["id"]]
    assert example["code"] == f"{target['path']}#L{target['line']}"
    assert (window.pending(), window.drain().exemplars) == (0, [])
    assert len(report()[row["id"]]["exemplars"]) == 1


def test_examples_are_few_however_many_violations_there_are() -> None:
    now = [0.0]
    bucket = Bucket(5.0, lambda: now[0])
    taken = []
    for now[0] in (0.0, 0.1, 0.2, 1.0, 60.0):
        taken.append(sum(bucket.take() for _ in range(20)))
    assert taken == [5, 0, 1, 4, 5]
    card = cards("Then result < 5")
    held = guard(same, card)
    for _ in range(2_000):
        held(7)
    assert seen(card) == {"t1": (2_000, 2_000, 0)}
    assert 5 <= len(report()[f"{card.cards[0].id}#t1"]["exemplars"]) <= 64


# --- what is watched ---------------------------------------------------------------------------------------------


def test_inputs_and_outputs_that_a_card_watches_are_told_as_the_drift_watch_reads_them() -> None:
    tables = "| watch | amount | ctx.card | result.balance |"
    card = cards("Given amount > 0", "Then result", tables=tables)

    def pay(ctx: dict[str, str], amount: float) -> dict[str, float]:
        return {"balance": amount - 5}

    held = guard(pay, card)
    for amount in (1.5, 7, 9, -3):
        held({"card": "visa" if amount < 9 else "amex"}, amount)
    watched = {one["name"]: one for one in window.drain().watched if one["card"] == card.cards[0].id}
    assert {name: one["role"] for name, one in watched.items()} == {
        "amount": "input",
        "ctx.card": "input",
        "result.balance": "output",
    }
    assert sketch_of(watched["amount"]["sketch"]) == NumberSketch().add_many([1.5, 7, 9])
    assert sketch_of(watched["ctx.card"]["sketch"]) == NameSketch().add_many(["visa", "visa", "amex"])
    held({"card": "visa"}, 2.0)
    with as_before():
        control.replace(cards("Then result", tables="| watch | result.balance |", name=card.cards[0].id))
    (again,) = [one for one in window.drain().watched if one["name"] == "result.balance"]
    both = joined(sketch_of(watched["result.balance"]["sketch"]), sketch_of(again["sketch"]))
    assert both == NumberSketch().add_many([-3.5, 2.0, 4.0, -3.0])


@drawn(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.just(0.0), max_size=30))
def test_the_sketch_of_numbers_is_that_of_the_drift_watch(values: list[float]) -> None:
    ours, theirs = sketch_of(numbers(values)), NumberSketch().add_many(values)
    assert isinstance(ours, NumberSketch)
    assert (ours.rows, ours.missing, ours.zero, ours.min, ours.max) == (
        theirs.rows,
        theirs.missing,
        theirs.zero,
        theirs.min,
        theirs.max,
    )
    for mine, other in ((ours.positive, theirs.positive), (ours.negative, theirs.negative)):
        pairs = zip(sorted(mine.items()), sorted(other.items()), strict=True)
        assert all(abs(one[0] - two[0]) <= 1 for one, two in pairs)  # where two libraries round a logarithm


@drawn(st.lists(st.none() | st.text("aé", max_size=120), max_size=8))
def test_the_sketch_of_names_is_that_of_the_drift_watch(values: list[str | None]) -> None:
    assert sketch_of(names(values)) == NameSketch().add_many(values)


def test_what_cannot_be_counted_is_missing_and_very_many_names_are_not_told_apart() -> None:
    watch = Watch("result.price")
    for value in ({"price": 1}, {}, None, {"price": object()}, {"price": "dear"}):
        watch.note(value)
    assert watch.taken() == numbers([1, None, None, None])
    assert watch.taken() is None
    crowd = names([f"n{n}" for n in range(1_500)] + ["n7"])
    assert (len(crowd["counts"]), crowd["other"], crowd["counts"]["n7"]) == (1_000, 500, 2)
    assert isinstance(sketch_of(crowd), NameSketch)
