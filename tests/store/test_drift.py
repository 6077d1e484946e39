"""What is kept of watched modules, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Cause, KeptModule, KeptReference, KeptStep, SentBatch
from app.store.drift import MOST_ROWS, Came, Drifts, Unlike
from checks.drift import NameSketch, NumberSketch, Sketch

DAY = 739_000
CAUSE = Cause("test")


@pytest.fixture
def drifts(database: AsyncEngine) -> Drifts:
    return Drifts(database)


async def ranking(drifts: Drifts) -> KeptModule:
    await drifts.note("Octo/Shop", "ranking", "{}")
    return await again(drifts)


async def again(drifts: Drifts) -> KeptModule:
    found = await drifts.get("octo/shop", "ranking")
    assert found is not None
    return found


def sent(name: str, day: int = DAY, sketch: Sketch | None = None) -> SentBatch:
    return SentBatch(name, day, f"digest of {name}", {"price": sketch or NumberSketch().add_many([1.0, 2.0])})


async def compared(drifts: Drifts, *days: int) -> KeptModule:
    """The module with a reference of the two days before DAY, and a step for each of `days`."""
    module = await ranking(drifts)
    assert await drifts.freeze(module, KeptReference(1, "{}", DAY - 2, DAY - 1, "{}", 0.0), CAUSE)
    module = await again(drifts)
    steps = [KeptStep(day, f"watch {day}", f"told {day}") for day in days]
    assert await drifts.looked(module, steps, "course", "", CAUSE)
    return await again(drifts)


async def test_batches_that_come_at_once_are_all_added_up(drifts: Drifts) -> None:
    module = await ranking(drifts)
    came = await asyncio.gather(*(drifts.take(module.id, sent(str(at))) for at in range(8)))
    assert set(came) == {Came.ADDED}
    day = (await drifts.days(module.id))[DAY]
    assert (day.rows, day.batches, day.features["price"]) == (16, 8, NumberSketch().add_many([1.0, 2.0] * 8))


async def test_the_same_batch_at_once_is_added_once(drifts: Drifts) -> None:
    module = await ranking(drifts)
    came = await asyncio.gather(*(drifts.take(module.id, sent("one")) for _ in range(4)))
    assert sorted(came) == [Came.ADDED, Came.DUPLICATE, Came.DUPLICATE, Came.DUPLICATE]
    assert (await drifts.days(module.id))[DAY].rows == 2


async def test_a_feature_of_the_other_kind_is_refused_and_nothing_of_it_kept(drifts: Drifts) -> None:
    module = await ranking(drifts)
    await drifts.take(module.id, sent("one"))
    with pytest.raises(Unlike, match="price"):
        await drifts.take(module.id, sent("two", sketch=NameSketch().add_many(["a"])))
    assert await drifts.take(module.id, sent("two")) is Came.ADDED


async def test_a_feature_of_which_nothing_was_said_yet_takes_either_kind(drifts: Drifts) -> None:
    module, named = await ranking(drifts), NameSketch().add_many(["visa", None])
    unread = NumberSketch().add_many([float("nan")] * 3)
    await drifts.take(module.id, sent("one", sketch=unread))
    await drifts.take(module.id, sent("two", sketch=named))
    await drifts.take(module.id, sent("three", sketch=unread))
    (found,) = (await drifts.days(module.id))[DAY].features.values()
    assert found == NameSketch().add_many(["visa", *[None] * 7])


async def test_more_rows_than_can_be_counted_are_refused_and_what_was_there_stays(drifts: Drifts) -> None:
    module = await ranking(drifts)
    much = NameSketch(rows=MOST_ROWS, counts={"visa": MOST_ROWS})
    assert await drifts.take(module.id, sent("one", sketch=much)) is Came.ADDED
    with pytest.raises(Unlike, match="more than 1,000,000,000,000 rows"):
        await drifts.take(module.id, sent("two", sketch=NameSketch(rows=1, counts={"visa": 1})))
    assert (await drifts.days(module.id))[DAY].rows == MOST_ROWS


async def test_a_late_batch_opens_its_day_and_those_after_it_again(drifts: Drifts) -> None:
    module = await compared(drifts, DAY, DAY + 1, DAY + 2)
    assert module.closed == DAY + 2
    await drifts.take(module.id, sent("late", DAY + 1))
    late = await again(drifts)
    assert (late.closed, late.revision) == (DAY, module.revision + 1)
    assert [step.day for step in await drifts.steps(late)] == [DAY]


async def test_a_late_batch_of_the_reference_s_own_days_changes_nothing_that_was_said(drifts: Drifts) -> None:
    module = await compared(drifts, DAY)
    await drifts.take(module.id, sent("late", DAY - 1))
    assert (await again(drifts)).closed == DAY
    assert len(await drifts.steps(module)) == 1


async def test_a_look_that_read_less_than_there_is_is_not_taken_down(drifts: Drifts) -> None:
    module = await compared(drifts, DAY)
    await drifts.take(module.id, sent("late"))
    assert not await drifts.looked(module, [KeptStep(DAY + 1, "", "")], "old", "", CAUSE)
    assert (await again(drifts)).course == "course"


async def test_another_reference_begins_the_watch_anew_and_keeps_what_was_said(drifts: Drifts) -> None:
    module = await compared(drifts, DAY)
    assert await drifts.freeze(module, KeptReference(2, "{}", DAY, DAY + 1, "{}", 0.0), CAUSE)
    renewed = await again(drifts)
    assert (renewed.version, renewed.closed, await drifts.steps(renewed)) == (2, DAY + 1, [])
    assert [step.told for step in await drifts.steps(module)] == [f"told {DAY}"]
    assert not await drifts.freeze(module, KeptReference(2, "{}", DAY, DAY + 1, "{}", 0.0), CAUSE)


async def test_what_the_rules_name_no_more_is_watched_no_more(drifts: Drifts) -> None:
    await ranking(drifts)
    await drifts.rule("octo/shop", {"fraud": '{"name": "fraud"}'}, 7)
    assert [(one.name, one.installation) for one in await drifts.of("OCTO/shop")] == [("fraud", 7)]
    assert (await again(drifts)).rules == ""


async def test_old_days_are_forgotten_but_those_of_the_reference(drifts: Drifts) -> None:
    module = await compared(drifts)
    for day in (DAY - 5, DAY - 2, DAY - 1, DAY + 5):
        await drifts.take(module.id, sent(str(day), day))
    await drifts.prune(datetime.combine(date.fromordinal(DAY), time(12), UTC).timestamp())
    assert list(await drifts.days(module.id)) == [DAY - 2, DAY - 1, DAY + 5]


async def test_the_last_days_are_had_without_those_before_and_traffic_without_what_came(drifts: Drifts) -> None:
    module = await compared(drifts, DAY, DAY + 1, DAY + 2)
    assert [step.day for step in await drifts.newest(module, 2)] == [DAY + 1, DAY + 2]
    await drifts.take(module.id, sent("one", DAY + 3))
    assert [(one.day, one.rows, one.batches) for one in await drifts.traffic(module.id, DAY)] == [(DAY + 3, 2, 1)]
