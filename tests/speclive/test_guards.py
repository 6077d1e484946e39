"""A guarded function is the function, and says what its cards saw."""

from __future__ import annotations

import asyncio
import functools
import inspect
import linecache
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import speclive
from speclive.cards import parse
from speclive.guards import guard, guarded
from speclive.state import SWITCH
from tests.speclive.features import PAY
from tests.speclive.guarding import as_before, cards, seen

CTX = {"user": {"role": "customer", "email": "ada@example.org"}, "balance": 100}


@pytest.fixture(name="quiet")
def _quiet() -> Iterator[None]:
    with as_before():
        yield


class PaymentDeclinedError(Exception):
    """As its name says."""


def same(n: int) -> int:
    return n


async def pay(ctx: dict[str, Any], amount: int) -> dict[str, Any]:
    """Take an amount from a balance."""
    if amount > 100:
        raise PaymentDeclinedError("too much")
    return {"balance": ctx["balance"] - amount - (amount == 13)}


def test_a_card_counts_each_clause_of_each_call() -> None:
    given = parse(PAY.replace("pay.balance", "pay.first").replace("Declined", "DeclinedError"), "specs/pay.feature")
    held = guard(pay, given)

    async def calls() -> None:
        assert await held(CTX, 5) == {"balance": 95}
        assert await held(CTX, amount=13) == {"balance": 86}
        assert await held({**CTX, "user": {"role": "guest"}}, 5) == {"balance": 95}
        with pytest.raises(PaymentDeclinedError):
            await held(CTX, 101)
        with pytest.raises(KeyError, match="balance"):
            await held({"user": CTX["user"]}, 1)

    asyncio.run(calls())
    assert seen(given) == {"g1": (5, 0, 0), "t1": (2, 1, 0), "r1": (4, 1, 0)}
    row = speclive.report()["pay.first#t1"]
    told = {name: row[name] for name in ("card", "part", "text", "path", "line", "mode", "target", "critical")}
    assert told == {
        "card": "pay.first",
        "part": "then",
        "text": "the balance drops by the amount",
        "path": "specs/pay.feature",
        "line": 12,
        "mode": "observe",
        "target": "POST /pay",
        "critical": True,
    }


def test_the_kill_switch_stops_all_of_it_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, quiet: None) -> None:
    given = cards("Then result > 1")
    held = guard(same, given)
    speclive.off()
    assert held(1) == 1
    assert seen(given) == {"t1": (0, 0, 0)}
    monkeypatch.setenv(SWITCH, "off")
    speclive.on()
    held(1)
    assert seen(given) == {"t1": (0, 0, 0)}
    monkeypatch.delenv(SWITCH)
    speclive.on()
    held(1)
    assert seen(given) == {"t1": (1, 1, 0)}


# --- the function stays what it was ------------------------------------------------------------------------------


def plain(a: int, /, b: int = 2, *rest: int, c: int = 3, **more: int) -> tuple[Any, ...]:
    """Every sort of parameter."""
    return a, b, rest, c, more


async def awaited(a: int, b: int = 2) -> int:
    return a + b


def generated(a: int) -> Iterator[int]:
    yield a


async def streamed(a: int) -> AsyncIterator[int]:
    yield a


@pytest.mark.parametrize("function", [plain, awaited, generated, streamed])
def test_nobody_can_tell_a_wrapper_by_how_it_looks(function: Callable[..., Any]) -> None:
    held = guard(function, cards("Given a == 1", "Then a"))
    for asked in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction):
        assert asked(held) is asked(function)
    assert inspect.signature(held) == inspect.signature(function)
    names = ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__", "__defaults__", "__kwdefaults__")
    assert [getattr(held, name) for name in names] == [getattr(function, name) for name in names]
    assert inspect.unwrap(held) is function
    assert held.__code__.co_qualname == function.__code__.co_qualname


def test_arguments_arrive_as_they_were_given_and_wrong_ones_are_refused_in_the_same_words() -> None:
    held = guard(plain, cards("Given a == 1", "Then result[0] == a and len(rest) < 3"))
    assert held(1) == (1, 2, (), 3, {})
    assert held(1, 5, 6, 7, c=8, d=9, a=10) == (1, 5, (6, 7), 8, {"d": 9, "a": 10})
    with pytest.raises(TypeError) as bare:
        plain()  # type: ignore[call-arg]
    with pytest.raises(TypeError) as wrapped:
        held()  # type: ignore[call-arg]
    assert str(wrapped.value) == str(bare.value)


def test_names_of_ours_collide_with_no_name_of_the_function() -> None:
    given = cards("Given len(Exception) == 2", "Then result == old(len(Exception)) + 1")

    def f(result: int, _speclive: int, _speclive_a0: int, len: int, Exception: str) -> int:  # noqa: A002, N803
        return result + _speclive + _speclive_a0 + len

    assert guard(f, given)(0, 1, 1, 1, "ab") == 3
    assert seen(given) == {"g1": (1, 0, 0), "t1": (1, 0, 0)}


def test_several_cards_sit_in_one_wrapper_and_each_counts_for_itself() -> None:
    small, large = cards("Given n < 10", "Then result == n"), cards("Given n > 5", "Then result > n")
    held = guard(guard(same, small), large)
    assert [held(n) for n in (1, 7, 20)] == [1, 7, 20]
    assert seen(small) == {"g1": (3, 0, 0), "t1": (2, 0, 0)}
    assert seen(large) == {"g1": (3, 0, 0), "t1": (2, 2, 0)}
    assert guard(held, small) is held
    assert inspect.unwrap(held) is same


def test_each_then_is_decided_by_itself_and_a_given_only_as_far_as_those_before_it_hold() -> None:
    given = cards("Given n > 0", "Given 10 / (n - 1) > 0", "Then result < 5", "Then result['x']", "Then result > 5")
    held = guard(same, given)
    for n in (0, 1, 2, 7):
        held(n)
    assert seen(given) == {
        "g1": (4, 0, 0),
        "g2": (3, 0, 1),
        "t1": (2, 1, 0),
        "t2": (2, 0, 2),
        "t3": (2, 1, 0),
    }


def test_a_traceback_reads_through_a_wrapper() -> None:
    def fails(n: int) -> float:
        return 1 / n

    given = cards("Given n == 0", "Then n", name="reads.well")
    with pytest.raises(ZeroDivisionError) as caught:
        guard(fails, given)(0)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][-2:] == ["fails", "fails"]
    assert frames[-2].filename == "<speclive reads.well>"
    assert "_function(n)" in str(frames[-2].line)
    assert "if not (n == 0):" in "".join(linecache.getlines("<speclive reads.well>"))


# --- what can be guarded -----------------------------------------------------------------------------------------


class Till:
    """A class with methods of every sort."""

    def __init__(self, balance: int) -> None:
        self.balance = balance

    def take(self, amount: int) -> int:
        self.balance -= amount
        return self.balance

    async def later(self, amount: int) -> int:
        return self.take(amount)

    @staticmethod
    def fee(amount: int) -> int:
        return amount // 10

    @classmethod
    def empty(cls) -> Till:
        return cls(0)

    def _inner(self) -> None:
        self.balance = -1


def test_a_class_keeps_its_invariant_in_every_public_method() -> None:
    kind: Any = type("Till", (), dict(vars(Till)))
    given = cards("Then self.balance >= 0", binding='the class "bank:Till"')
    assert guard(kind, given) is kind
    till = kind(10)
    assert till.take(4) == 6
    assert asyncio.run(till.later(7)) == -1
    assert (kind.fee(20), kind.empty().balance) == (2, 0)
    till._inner()
    assert seen(given) == {"t1": (3, 2, 0)}


def test_methods_of_every_sort_are_guarded_as_what_they_are() -> None:
    given = cards("Then result >= 0", binding='the function "bank:Till.take"')
    till = Till(3)
    assert guard(till.take, given)(2) == 1
    assert isinstance(guard(staticmethod(Till.fee), cards("Then result > 0")), staticmethod)
    assert guard(classmethod(lambda cls: cls), cards("Then cls")).__func__(Till) is Till
    assert seen(given) == {"t1": (1, 0, 0)}


def test_a_partial_is_guarded_in_the_arguments_that_are_left() -> None:
    given = cards("Then result == b + c")
    held = guard(functools.partial(lambda a, b, c=5: a + b + c, 0), given)
    assert held(1) == 6
    assert seen(given) == {"t1": (1, 0, 0)}


def test_a_card_reads_the_names_that_a_decorator_hid() -> None:
    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    given = cards("Given amount > 0", "Then result == amount + fee")
    held = guard(decorated(lambda amount, fee=1: amount + fee), given)
    assert (held(1), held(fee=2, amount=2), held(0)) == (2, 4, 1)
    assert seen(given) == {"g1": (3, 0, 0), "t1": (2, 0, 0)}
    with pytest.raises(TypeError, match="unexpected keyword argument 'tip'"):
        held(1, tip=1)


class Callable1:
    """An object that can be called."""

    def __call__(self) -> int:
        return 1


@pytest.mark.parametrize("thing", [len, Callable1(), functools.partial(Callable1()), 3])
def test_what_is_not_written_as_a_function_is_refused_in_words(thing: Any) -> None:
    with pytest.raises(TypeError, match="a function or a class written in Python is guarded, not a "):
        guard(thing, cards("Then result"))


def test_cards_are_chosen_by_what_handles_them_then_by_its_last_name() -> None:
    mine, other = cards("Then result", binding='the function "shop.pay:mine"'), cards("Then result")

    def mine_(n: int) -> int:
        return n

    mine_.__qualname__, mine_.__module__ = "mine", "shop.pay"
    held = guard(mine_, mine + other)
    held(1)
    assert (seen(mine), seen(other)) == ({"t1": (1, 0, 0)}, {})
    mine_.__module__ = "elsewhere"
    assert guard(mine_, mine + other)(2) == 2
    with pytest.raises(ValueError, match=r"no card speaks of .*plain; they speak of shop.pay:mine, shop:pay"):
        guard(plain, mine + other)


def test_a_card_that_reads_what_the_function_has_not_is_refused_with_file_and_line() -> None:
    with pytest.raises(ValueError, match=r"specs/shop.feature:\d+: card\d+#t1 reads 'price', and there is n, result"):
        guard(same, cards("Then result == price"))
    with pytest.raises(ValueError, match=r"watches 'price', and there is n$"):
        guard(same, cards("Then result", tables="| watch | price |"))


def test_the_decorator_is_the_same_guard() -> None:
    given = cards("Then result == 2 * n")

    @guarded(given)
    def double(n: int) -> int:
        return 2 * n

    assert double(4) == 8
    assert seen(given) == {"t1": (1, 0, 0)}
