"""A job whose process died may be what killed it, or may only have been there."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.engine.rows import SUSPECT
from app.engine.slots import Slots
from app.model import Done, Kind, Trigger
from app.store.address import Address
from app.store.database import connect
from tests.engine.stage import EVALUATE, SOON, Stage

pytestmark = pytest.mark.slow

THREE = (1, 2, 3)


async def begun(stage: Stage, address: Address, claims: dict[int, int]) -> AsyncEngine:
    """Jobs of three lanes that were begun so often, by processes that are gone; the database they are in."""
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(*(EVALUATE | {"number": number} for number in THREE))
    for _ in THREE:
        await stage.inside()
    await stage.engine.stop(drain=0.05)
    main = connect(address.main)
    for number, times in claims.items():
        await execute(main, f"SET recovery_attempts = {times} WHERE queue_partition_key = 'o/r#{number}'")
    stage.gate.set()
    return main


async def execute(main: AsyncEngine, change: str) -> None:
    async with main.begin() as connection:
        await connection.execute(text(f"UPDATE {table(main)} {change}"))


def table(main: AsyncEngine) -> str:
    return "workflow_status" if main.dialect.name == "sqlite" else "dbos.workflow_status"


async def counted(main: AsyncEngine) -> dict[str, int]:
    """How often each lane's job counts as begun."""
    query = text(f"SELECT queue_partition_key, recovery_attempts FROM {table(main)}")
    async with main.connect() as connection:
        return {row[0]: row[1] for row in await connection.execute(query)}


async def test_a_suspect_runs_alone_and_if_it_kills_the_process_it_takes_nobody_along(
    stage: Stage, either: Address
) -> None:
    main = await begun(stage, either, {1: 3, 2: 1, 3: 0})
    inside: set[int | None] = set()
    beside: dict[int | None, int] = {}
    counts: dict[int | None, dict[str, int]] = {}  # in the order of their runs

    async def body(trigger: Trigger, _left: int) -> Done:
        inside.add(trigger.number)
        for number in inside:
            beside[number] = max(beside.get(number, 0), len(inside) - 1)
        counts[trigger.number] = await counted(main)
        await asyncio.sleep(0.2)
        inside.remove(trigger.number)
        return Done()

    await stage.anew(bodies=dict.fromkeys(Kind, body)).start()
    await stage.engine.idle()
    assert (beside[1], beside[2]) == (0, 0)
    later = list(counts)[list(counts).index(1) + 1 :]
    assert counts[1]["o/r#1"] == 4, "its own count goes on"
    assert {counts[1][f"o/r#{number}"] for number in later} <= {0, SUSPECT}, "that of those who wait does not"
    assert await stage.states() == ["taken"]
    await main.dispose()


async def test_work_that_was_cut_off_by_an_orderly_end_is_no_suspect(stage: Stage, either: Address) -> None:
    main = await begun(stage, either, {})
    assert set((await counted(main)).values()) == {0}
    stage.gate.clear()
    await stage.anew(pace=SOON).start()
    for _ in THREE:
        await stage.inside()
    assert stage.most[""] == len(THREE), "side by side, as the first time"
    stage.gate.set()
    await stage.engine.idle()
    await main.dispose()


async def test_those_who_want_to_be_alone_get_their_turn_one_after_the_other() -> None:
    slots, inside, most = Slots(3), 0, {True: 0, False: 0}

    async def visit(alone: bool) -> None:
        nonlocal inside
        async with slots.all() if alone else slots.one():
            inside += 1
            most[alone] = max(most[alone], inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.wait_for(asyncio.gather(*(visit(number % 4 == 0) for number in range(40))), 10)
    assert most == {True: 1, False: 3}


async def test_whoever_gives_up_waiting_to_be_alone_leaves_all_places_free() -> None:
    slots = Slots(2)
    async with slots.one():
        waiting = asyncio.create_task(slots.all().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), slots.all():
        pass
