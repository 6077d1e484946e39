"""Whatever a function is given, does or raises, its guard gives, does and raises the same, and stays small."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from speclive.guards import guard, report
from tests.speclive.guarding import cards, examples, outcome, seen


def same(a: Any) -> Any:
    """What it is given."""
    return a


def refuse(*_: Any, **__: Any) -> NoReturn:
    """What every method of a hostile object does."""
    raise ZeroDivisionError("hostile")


_WORDS = """eq ne lt gt le ge bool len hash repr str format iter getitem contains getattr add radd sub rsub mul int
float index call next reduce copy deepcopy sizeof dir enter exit await"""
_MAGIC = [f"__{word}__" for word in _WORDS.split()]


class Lying(type):
    """A class that answers nothing of itself."""

    __instancecheck__ = __subclasscheck__ = __repr__ = refuse
    __name__ = __mro__ = property(refuse)


_LIES = {"__class__": property(refuse), "x": property(refuse)}
HOSTILE: dict[str, Any] = {
    "object": Lying("Hostile", (), dict.fromkeys(_MAGIC, refuse) | _LIES),
    "dict": type("HostileDict", (dict,), dict.fromkeys(_MAGIC, refuse) | {"items": refuse, "get": refuse}),
    "text": type("HostileText", (str,), dict.fromkeys(_MAGIC, refuse)),
    "error": type("HostileError", (Exception,), dict.fromkeys(_MAGIC, refuse) | _LIES),
}

READING = ("{0} == b", "{0} < b", "{0}.x == 1", "{0}['x'] == 1", "b in {0}", "{0}", "len({0}) == 1", "not {0}")


@pytest.mark.parametrize("kind", list(HOSTILE))
@pytest.mark.parametrize("name", ["a", "result"])
def test_a_hostile_object_breaks_no_call_and_none_of_its_code_runs_for_an_example(kind: str, name: str) -> None:
    conditions = [f"Then {condition.format(name)}" for condition in READING] + ["Then a + b == old(a - b)"][
        name != "a" :
    ]
    tables = "| allow | a | result |\n| watch | a.x | result.x |"
    card = cards("Given 1 == 1", *conditions, "Then b == 2", tables=tables)
    thing, calls = HOSTILE[kind](), list[int]()

    def f(a: Any, b: int) -> Any:
        calls.append(b)
        return a

    assert guard(f, card)(thing, 1) is thing
    assert calls == [1]
    counted, last = seen(card), f"t{len(conditions) + 1}"
    assert counted[last] == (1, 1, 0)
    assert sum(errors for _, _, errors in counted.values()) >= 2
    assert any(one["clause"].endswith(f"#{last}") for one in examples(card))


def test_an_exception_that_lies_about_its_class_is_judged_by_its_class() -> None:
    card = cards("Then result", "Raises HostileError")
    error = HOSTILE["error"]()

    def fails() -> None:
        raise error

    kind, raised = outcome(guard(fails, card))
    assert (kind, raised is error) == ("raised", True)
    assert seen(card)["r1"] == (1, 0, 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit])
def test_what_stops_a_program_passes_and_is_no_violation(error: type[BaseException]) -> None:
    card = cards("Then result", "Raises KeyError", tags="@mode:enforce")

    def stops() -> None:
        raise error

    with pytest.raises(error):
        guard(stops, card)()
    assert seen(card) == {"t1": (0, 0, 0), "r1": (0, 0, 0)}


def test_an_interrupt_while_a_condition_is_decided_passes_as_well() -> None:
    class Interrupting:
        def __bool__(self) -> bool:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guard(same, cards("Then a"))(Interrupting())


# --- any signature, any call -------------------------------------------------------------------------------------

_NAMES = ("a", "b", "_c", "result", "self", "_speclive", "_speclive_a0", "old", "Exception")


@st.composite
def signatures(draw: st.DrawFn) -> str:
    """The parameters of a function, in Python."""
    names = iter(draw(st.permutations(_NAMES)))
    first, second, third = (draw(st.integers(0, 2)) for _ in range(3))
    required = draw(st.integers(0, first + second))
    parts = [f"{next(names)}{'' if at < required else f'={at}'}" for at in range(first + second)]
    parts[first:first] = ["/"] if first else []
    rest = draw(st.sampled_from([[], [f"*{next(names)}"]]))
    parts += rest or (["*"] if third else [])
    parts += [f"{next(names)}{draw(st.sampled_from(['', '=7']))}" for _ in range(third)]
    return ", ".join([*parts, *draw(st.sampled_from([[], [f"**{next(names)}"]]))])


@st.composite
def calls(draw: st.DrawFn) -> tuple[tuple[int, ...], dict[str, int]]:
    """The arguments of a call, right or wrong."""
    named = draw(st.dictionaries(st.sampled_from(_NAMES), st.integers(0, 3), max_size=3))
    return tuple(draw(st.lists(st.integers(0, 3), max_size=5))), named


@drawn(signatures(), calls(), st.sampled_from(["", "async "]), st.sampled_from(["Then result", "Then result['a'] > 1"]))
def test_a_guarded_function_answers_and_fails_as_the_bare_one(
    signature: str, call: tuple[tuple[int, ...], dict[str, int]], asynchronous: str, condition: str
) -> None:
    space: dict[str, Any] = {}
    exec(f"{asynchronous}def f({signature}): return (lambda x: 6 // len(x) and x)(dict(locals()))", space)
    bare, args, named = space["f"], *call
    held = guard(bare, cards(condition, "Raises KeyError", name="any"))
    answers = [outcome(functools.partial(called, f, *args, **named)) for f in (bare, held)]
    assert answers[0][0] == answers[1][0]
    if answers[0][0] == "returned":
        assert answers[0] == answers[1]
    else:
        assert [(type(error), str(error)) for _, error in answers[:1]] == [(type(e), str(e)) for _, e in answers[1:]]


def called(function: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
    """What a call gives, awaited where that is due."""
    value = function(*args, **named)
    try:
        value.send(None)
    except AttributeError:
        return value
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


# --- for a long time ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_million_calls_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speclive.limiter.FLOOR", 1e9)  # however slow the machine is
    card = cards("Given a >= 0", "Then result % 3 > 0", "Then old(a) < 5", tables="| watch | a | result |")
    held = guard(same, card)
    blocks: list[int] = []
    for calls in (20_000, 980_000):
        for a in range(calls):
            held(a)
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert report()[f"{card.cards[0].id}#t1"]["evaluated"] == 1_000_000
    assert blocks[1] - blocks[0] < 2_000
