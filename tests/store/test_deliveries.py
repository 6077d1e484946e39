from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.deliveries import Deliveries


async def ids(deliveries: Deliveries) -> list[int]:
    return [kept.id for kept in await deliveries.waiting(0, 1000)]


async def test_a_delivery_comes_back_as_it_was_sent(database: AsyncEngine) -> None:
    before = now_us() / 1e6
    assert await Deliveries(database).keep("guid", "pull_request", b'{"a": "\xff"}')
    (kept,) = await Deliveries(database).waiting(0, 9)
    assert (kept.guid, kept.event, kept.body, kept.attempts) == ("guid", "pull_request", b'{"a": "\xff"}', 0)
    assert before <= kept.received_at <= now_us() / 1e6


async def test_deliveries_come_back_in_order_from_where_the_reader_stopped(database: AsyncEngine) -> None:
    deliveries = Deliveries(database)
    for number in range(5):
        await deliveries.keep(f"guid-{number}", "ping", b"{}")
    first = await deliveries.waiting(0, 2)
    rest = await deliveries.waiting(first[-1].id, 100)
    assert [kept.guid for kept in (*first, *rest)] == [f"guid-{number}" for number in range(5)]


async def test_an_id_is_never_used_twice_even_after_the_newest_row_is_gone(database: AsyncEngine) -> None:
    deliveries = Deliveries(database)
    await deliveries.keep("first", "ping", b"{}")
    (first,) = await ids(deliveries)
    async with database.begin() as connection:
        await connection.execute(text("DELETE FROM deliveries"))
    await deliveries.keep("second", "ping", b"{}")
    (second,) = await ids(deliveries)
    assert second > first


async def test_a_failed_guid_sent_again_gets_a_new_id_and_a_fresh_start(database: AsyncEngine) -> None:
    deliveries = Deliveries(database)
    await deliveries.keep("guid", "ping", b'{"n": 1}')
    (first,) = await deliveries.waiting(0, 9)
    await deliveries.tried(frozenset({first.id}), "no answer")
    await deliveries.failed(frozenset({first.id}), "given up")
    assert await deliveries.keep("guid", "ping", b'{"n": 2}')
    (second,) = await deliveries.waiting(first.id, 9)
    assert (second.body, second.attempts) == (b'{"n": 2}', 0)


async def test_a_guid_that_waits_or_was_handled_is_known(database: AsyncEngine) -> None:
    deliveries = Deliveries(database)
    await deliveries.keep("guid", "ping", b"{}")
    assert not await deliveries.keep("guid", "ping", b"{}")
    await deliveries.done(frozenset(await ids(deliveries)))
    assert not await deliveries.keep("guid", "ping", b"{}")
    assert await deliveries.counts() == {"done": 1}


async def test_attempts_add_up_and_the_last_error_is_kept_in_short(database: AsyncEngine) -> None:
    deliveries = Deliveries(database)
    await deliveries.keep("guid", "ping", b"{}")
    (one,) = await ids(deliveries)
    for error in ("first", "x" * 5000):
        await deliveries.tried(frozenset({one}), error)
    (kept,) = await deliveries.waiting(0, 9)
    assert kept.attempts == 2
    async with database.connect() as connection:
        assert (await connection.execute(text("SELECT error FROM deliveries"))).scalar_one() == "x" * 2000


async def test_nothing_to_note_changes_nothing(database: AsyncEngine) -> None:
    deliveries = Deliveries(database)
    await deliveries.keep("guid", "ping", b"{}")
    await deliveries.done(frozenset())
    await deliveries.failed(frozenset(), "")
    assert await deliveries.counts() == {"new": 1}
