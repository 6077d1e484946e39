"""What a guard does with what it finds, and how that is changed while the service runs."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Iterator
from typing import Any

import pytest

from speclive import control, sites, window
from speclive.cards import Cards, parse
from speclive.errors import SpecViolation
from speclive.guards import guard, report
from speclive.limiter import ENOUGH, FLOOR, MOST, Limiter, Stopwatch
from tests.speclive.guarding import as_before, cards, examples, seen


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    with as_before():
        yield


class DeclinedError(Exception):
    """Somebody was refused."""


def priced(price: int) -> int:
    return price


def paid(log: list[int], amount: int) -> int:
    """Has an effect, then answers."""
    log.append(amount)
    if amount == 13:
        raise DeclinedError
    return amount


def test_enforced_is_what_comes_after_the_effect_unless_a_given_is_required() -> None:
    log: list[int] = []
    given = cards(
        "Given amount > 0", "Then result < 5", "Raises KeyError", tags="@mode:enforce @require", name="enforced"
    )
    held = guard(paid, given)
    assert held(log, 1) == 1
    with pytest.raises(SpecViolation) as late:
        held(log, 7)
    assert (str(late.value), late.value.clause) == ("enforced#t1: it holds (specs/shop.feature:11)", "enforced#t1")
    with pytest.raises(SpecViolation, match="enforced#g1: it is so") as early:
        held(log, -1)
    assert early.value.__cause__ is None
    with pytest.raises(SpecViolation, match="enforced#r1: it only raises") as other:
        held(log, 13)
    assert isinstance(other.value.__cause__, DeclinedError)
    assert log == [1, 7, 13]
    assert seen(given) == {"g1": (4, 1, 0), "t1": (2, 1, 0), "r1": (3, 1, 0)}
    assert [one.get("raised") for one in examples(given)] == [None, None, "DeclinedError"]


def test_an_observed_card_lets_all_of_it_pass() -> None:
    given = cards("Given amount > 0", "Then result < 5", "Raises KeyError", tags="@require")
    held, log = guard(paid, given), list[int]()
    assert (held(log, 7), held(log, -1)) == (7, -1)
    with pytest.raises(DeclinedError):
        held(log, 13)
    assert seen(given) == {"g1": (3, 1, 0), "t1": (1, 1, 0), "r1": (2, 1, 0)}


@pytest.mark.parametrize(
    ("names", "error", "violated"),
    [
        ("DeclinedError", DeclinedError(), 0),
        (f"{__name__}.DeclinedError", DeclinedError(), 0),
        ("OSError", ConnectionResetError(), 0),
        ("builtins.ConnectionError ValueError", ConnectionResetError(), 0),
        ("shop.DeclinedError", DeclinedError(), 1),
        ("ValueError KeyError", IndexError(), 1),
    ],
)
def test_what_may_be_raised_is_named_by_its_class_or_one_that_it_derives_from(
    names: str, error: Exception, violated: int
) -> None:
    given = cards("Then result", f"Raises {names}")

    async def fails() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        asyncio.run(guard(fails, given)())
    assert caught.value is error
    assert seen(given) == {"t1": (0, 0, 0), "r1": (1, violated, 0)}


def test_a_violation_of_one_card_is_no_unexpected_error_of_another() -> None:
    inner = guard(paid, cards("Then result < 5", tags="@mode:enforce"))
    outer = cards("Then result", "Raises KeyError")
    with pytest.raises(SpecViolation):
        guard(functools.partial(inner, []), outer)(7)
    assert seen(outer)["r1"] == (0, 0, 0)


def test_a_shadow_looks_only_where_nobody_is_served() -> None:
    given = cards("Then result < 5", tags="@mode:shadow")
    held = guard(paid, given)
    for side, looked in (("", 0), ("control", 0), ("canary", 1), ("mirror", 2), ("control", 2)):
        control.configure(side=side)
        assert held([], 7) == 7
        assert seen(given) == {"t1": (looked, looked, 0)}


def test_settings_from_afar_hold_for_guards_that_are_there_and_that_come_and_the_last_counts() -> None:
    first, later = cards("Then result < 5", name="far.first"), cards("Then result < 5", name="far.later")
    held = guard(paid, first)
    control.settings([{"cards": "far.*", "mode": "enforce"}, {"cards": "*.later", "mode": "off"}])
    also = guard(paid, later)
    with pytest.raises(SpecViolation):
        held([], 7)
    assert also([], 7) == 7
    assert (report()["far.first#t1"]["mode"], report()["far.later#t1"]["mode"]) == ("enforce", "off")
    control.obey({"version": 1, "off": True, "settings": []})
    assert held([], 7) == 7
    control.on()
    assert (held([], 7), seen(first)) == (7, {"t1": (1, 1, 0)})
    control.obey({"version": 1, "off": False, "settings": []})
    assert (held([], 7), seen(first), seen(later)) == (7, {"t1": (2, 2, 0)}, {"t1": (0, 0, 0)})


def test_a_sample_is_a_share_of_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([0.1, 0.3, 0.6, 0.9] * 2)
    monkeypatch.setattr("random.random", lambda: next(draws))
    half, quarter = cards("Then result", tags="@sample:0.5"), cards("Then result", tags="@sample:0.25")
    held = guard(guard(paid, half), quarter)
    assert [held([], 1) for _ in range(4)] == [1, 1, 1, 1]
    assert (seen(half), seen(quarter)) == ({"t1": (2, 0, 0)}, {"t1": (1, 0, 0)})
    control.settings([{"cards": half.cards[0].id, "sample": 1.0}])
    assert [held([], 1) for _ in range(4)] == [1, 1, 1, 1]
    assert (seen(half), seen(quarter)) == ({"t1": (6, 0, 0)}, {"t1": (2, 0, 0)})


# --- other cards -------------------------------------------------------------------------------------------------

SHOP = '''
Feature: Shop
  Background:
    Given the function "shop:reload"
  @spec-id:{name}
  Scenario: One
    When it is called
    Then it holds
      """expr
      {condition}
      """
'''


def shop(condition: str, name: str = "shop.reload") -> Cards:
    """A card that speaks of the function of these tests."""
    return parse(SHOP.format(condition=condition, name=name), "specs/shop.feature")


def test_other_cards_are_taken_by_the_function_that_the_application_holds() -> None:
    old, new = shop("result < 5"), shop("result < 9")
    held = guard(paid, old)
    identity = (id(held), held.__wrapped__)  # type: ignore[attr-defined]
    held([], 7)
    control.replace(new + shop("result > 0", "shop.more"))
    assert (held([], 7), id(held), held.__wrapped__) == (7, *identity)  # type: ignore[attr-defined]
    told = report()
    assert [told[f"shop.{name}#t1"]["violated"] for name in ("reload", "more")] == [0, 0]
    assert [told[f"shop.{name}#t1"]["evaluated"] for name in ("reload", "more")] == [1, 1]
    control.replace(new)
    held([], 10)
    assert report()["shop.reload#t1"]["violated"] == 1
    assert report()["shop.reload#t1"]["evaluated"] == 2


def test_cards_that_do_not_fit_change_nothing() -> None:
    old = shop("result < 5")
    held, other = guard(paid, old), guard(priced, cards("Then result"))
    with pytest.raises(ValueError, match="reads 'price'"):
        control.replace(shop("result < 9") + shop("price > 0", "shop.price"))
    before = report()["shop.reload#t1"]["violated"]
    assert (held([], 7), other(1)) == (7, 1)
    assert report()["shop.reload#t1"]["violated"] == before + 1


def test_a_call_that_is_under_way_ends_in_the_cards_that_it_began_in() -> None:
    old = shop("result < 5", "shop.under")

    async def slow(gate: asyncio.Event, n: int) -> int:
        await gate.wait()
        return n

    async def story() -> None:
        held, gate = guard(slow, old), asyncio.Event()
        window.drain()
        running = asyncio.create_task(held(gate, 7))
        await asyncio.sleep(0)
        control.off()
        control.replace(shop("result < 9", "shop.under"))
        control.on()
        gate.set()
        assert await running == 7
        assert await held(gate, 8) == 8

    guard_before = sites.REGISTRY.guards
    asyncio.run(story())
    assert report()["shop.under#t1"]["evaluated"] == 1
    told = [(row["evaluated"], row["violated"]) for row in window.drain().clauses if row["card"] == "shop.under"]
    assert told == [(2, 1)]
    (retired,) = [one for one in sites.REGISTRY.retired if one.card == old.cards[0]]
    assert retired.counts()["shop.under#t1"] == (1, 1, 0)
    assert guard_before["shop.under"].card.clauses[0].expression.source == "result < 9"  # type: ignore[union-attr]


# --- what it may cost --------------------------------------------------------------------------------------------


def test_guards_that_cost_too_much_look_at_fewer_calls_until_they_do_not() -> None:
    changes: list[float] = []
    now = [0.0]
    limiter = Limiter(lambda: changes.append(limiter.share), lambda: now[0])
    for cost, took in ((2_900.0, 1_000.0), (12_000.0, 100_000.0), (12_000.0, 1_600_000.0)):
        before = limiter.share
        for _ in range(MOST):
            limiter.timed(cost, took)
        assert limiter.share == before
        now[0] += 0.5
        limiter.timed(cost, took)
    assert changes == [0.25, 1.0]
    assert FLOOR == 3_000.0


def test_one_call_in_1024_is_timed_and_a_dear_guard_says_that_it_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[Any] = []

    def done(self: Stopwatch) -> None:
        timed.append(1)
        self._limiter.timed(24_000.0, 1_000.0)

    monkeypatch.setattr(Stopwatch, "done", done)
    monkeypatch.setattr("speclive.limiter.LASTING", 0.0)
    given = cards("Then result >= 0")
    held = guard(priced, given)
    for n in range(1024 * ENOUGH + 2):
        held(n)
    assert len(timed) == ENOUGH
    row = report()[f"{given.cards[0].id}#t1"]
    assert (row["limited"], row["sample"]) == (True, 0.125)
    before = row["evaluated"]
    for n in range(4_000):
        held(n)
    assert 300 < report()[f"{given.cards[0].id}#t1"]["evaluated"] - before < 720


def test_a_stopwatch_leaves_out_what_it_takes_itself() -> None:
    limiter = Limiter(lambda: None)
    for _ in range(ENOUGH - 1):
        watch = Stopwatch(limiter)
        watch.called()
        watch.returned()
        watch.done()
    assert len(limiter._timed) == ENOUGH - 1
    assert min(cost for cost, _ in limiter._timed) < 20_000
    assert all(took >= 0 for _, took in limiter._timed)


def test_a_card_that_was_taken_away_is_told_of_no_longer_but_for_what_it_saw() -> None:
    held = guard(paid, shop("result < 5", "shop.gone"))
    window.drain()
    held([], 7)
    control.replace(Cards())
    assert "shop.gone#t1" not in report()
    assert [row["violated"] for row in window.drain().clauses if row["card"] == "shop.gone"] == [1]
    assert [row for row in window.drain().clauses if row["card"] == "shop.gone"] == []
    assert held([], 7) == 7
    control.replace(shop("result < 5", "shop.gone"))
    assert (held([], 7), report()["shop.gone#t1"]["violated"]) == (7, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_child_tells_of_its_own_calls_alone() -> None:
    given = cards("Then result < 5")
    held = guard(paid, given)
    held([], 7)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        window.drain()
        held([], 8)
        (row,) = [row for row in window.drain().clauses if row["card"] == given.cards[0].id]
        os.write(write, str(row["violated"]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(read, 8)
    os.close(read)
    os.close(write)
    assert told == b"1"
    (row,) = [row for row in window.drain().clauses if row["card"] == given.cards[0].id]
    assert row["violated"] == 1
