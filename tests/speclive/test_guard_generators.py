"""Generators are guarded at their end, or item by item, and hear whatever is sent, thrown or closed."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest

from speclive import control
from speclive.errors import SpecViolation
from speclive.guards import guard
from tests.speclive.guarding import as_before, cards, seen


def echo(log: list[Any], n: int = 3) -> Generator[Any, Any, str]:
    """Yields what it was sent; says what it heard."""
    heard: Any = 0
    try:
        for _ in range(n):
            try:
                heard = yield heard
            except ValueError as error:
                heard = str(error)
    finally:
        log.append("closed")
    return "done"


async def aecho(log: list[Any], n: int = 3) -> AsyncGenerator[Any, Any]:
    """The same, asynchronous."""
    heard: Any = 0
    try:
        for _ in range(n):
            try:
                heard = yield heard
            except ValueError as error:
                heard = str(error)
    finally:
        log.append("closed")


def talk(function: Callable[..., Any]) -> list[Any]:
    """What a generator says to all that can be done to one."""
    log: list[Any] = []
    made = function(log)
    log += [next(made), made.send(7), made.throw(ValueError("oh"))]
    try:
        made.send(None)
    except StopIteration as end:
        log.append(end.value)
    early = function(log)
    next(early)
    early.close()
    other = function(log)
    next(other)
    try:
        other.throw(KeyError("k"))
    except KeyError as error:
        log.append(repr(error))
    return [*log, list(function(log, 2))]


def atalk(function: Callable[..., Any]) -> list[Any]:
    """The same, asynchronous."""

    async def all_of_it() -> list[Any]:
        log: list[Any] = []
        made = function(log)
        log += [await anext(made), await made.asend(7), await made.athrow(ValueError("oh"))]
        try:
            await made.asend(None)
        except StopAsyncIteration:
            log.append("end")
        early = function(log)
        await anext(early)
        await early.aclose()
        other = function(log)
        await anext(other)
        try:
            await other.athrow(KeyError("k"))
        except KeyError as error:
            log.append(repr(error))
        return [*log, [item async for item in function(log, 2)]]

    return asyncio.run(all_of_it())


@pytest.mark.parametrize(("function", "conversation"), [(echo, talk), (aecho, atalk)])
@pytest.mark.parametrize("tags", ["", "@each", "@sample:0.5"])
def test_a_guarded_generator_answers_as_the_bare_one(
    function: Callable[..., Any], conversation: Callable[..., Any], tags: str
) -> None:
    given = cards("Given n > 0", "Then result == result", tags=tags)
    held = guard(function, given)
    bare = conversation(function)
    assert conversation(held) == bare
    with as_before():
        control.off()
        assert conversation(held) == bare
        control.on()
        control.settings([{"cards": "*", "mode": "off"}])
        assert conversation(held) == bare


@pytest.mark.parametrize("function", [echo, aecho])
def test_a_then_sees_each_item_where_the_card_says_so_and_else_the_end(function: Callable[..., Any]) -> None:
    each, end = cards("Then result < 1", "Raises KeyError", tags="@each"), cards("Then result == 'done'")

    async def drained() -> None:
        made = guard(guard(function, each), end)([])
        if function is aecho:
            assert [item async for item in made] == [0, None, None]
        else:
            assert list(made) == [0, None, None]

    asyncio.run(drained())
    assert seen(each) == {"t1": (3, 0, 2), "r1": (1, 0, 0)}
    assert seen(end) == {"t1": (1, int(function is aecho), 0)}


@pytest.mark.parametrize("function", [echo, aecho])
def test_an_enforced_card_stops_a_generator_at_the_item(function: Callable[..., Any]) -> None:
    given = cards("Then result == 0", tags="@each @mode:enforce")
    log: list[Any] = []

    async def drained() -> None:
        made = guard(function, given)(log)
        if function is aecho:
            assert await anext(made) == 0
            with pytest.raises(SpecViolation, match="it holds"):
                await made.asend(1)
        else:
            assert next(made) == 0
            with pytest.raises(SpecViolation, match="it holds"):
                made.send(1)

    asyncio.run(drained())
    assert seen(given) == {"t1": (2, 1, 0)}
    assert log == ["closed"]


def test_a_coroutine_of_the_old_kind_can_still_be_awaited() -> None:
    @types.coroutine
    def old(n: int) -> Generator[None, None, int]:
        yield
        return n

    given = cards("Then result == n")

    async def awaited() -> int:
        return await guard(old, given)(4)

    assert asyncio.run(awaited()) == 4
    assert seen(given) == {"t1": (1, 0, 0)}
