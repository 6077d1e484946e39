from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.deliveries import Deliveries, Standing
from app.store.inbox import Inbox
from tests.deliveries import fail, new, take


async def test_a_delivery_comes_back_as_it_was_sent(database: AsyncEngine, inbox: Inbox) -> None:
    before = now_us() / 1e6
    assert await inbox.keep("guid", "pull_request", b'{"a": "\xff"}')
    (kept,) = await new(database)
    assert (kept.guid, kept.event, kept.body) == ("guid", "pull_request", b'{"a": "\xff"}')
    assert before <= kept.received_at <= now_us() / 1e6


async def test_deliveries_are_taken_in_the_order_of_their_arrival(database: AsyncEngine, inbox: Inbox) -> None:
    for number in range(5):
        await inbox.keep(f"guid-{number}", "ping", b"{}")
    first = await new(database, 2)
    await take(database, *(one.id for one in first))
    rest = await new(database)
    assert [kept.guid for kept in (*first, *rest)] == [f"guid-{number}" for number in range(5)]


async def test_a_dead_delivery_is_listed_with_its_error_in_short(database: AsyncEngine, inbox: Inbox) -> None:
    for guid in ("a", "b"):
        await inbox.keep(guid, "ping", b"{}")
    one, other = await new(database)
    await take(database, one.id, other.id)
    await fail(database, one.id, "x" * 5000 + "\0")
    (dead,) = await Deliveries(database).listed(Standing.FAILED, 10)
    assert (dead.guid, dead.event, dead.error) == ("a", "ping", "x" * 2000)
    assert await Deliveries(database).counts() == {"failed": 1, "taken": 1}
    assert [kept.guid for kept in await Deliveries(database).listed(None, 1)] == ["b"]


async def test_a_replayed_delivery_is_new_work_with_its_old_name(database: AsyncEngine, inbox: Inbox) -> None:
    for guid in ("a", "b", "c"):
        await inbox.keep(guid, "ping", b'{"n": 1}')
    before = await new(database)
    await take(database, *(one.id for one in before))
    for one in before[:2]:
        await fail(database, one.id, "given up")
    assert await Deliveries(database).replay(["b", "c"]) == 1
    (again,) = await new(database)
    assert (again.guid, again.body, again.received_at) == ("b", b'{"n": 1}', before[1].received_at)
    assert again.id > before[-1].id
    assert await Deliveries(database).replay([]) == 1
    assert [one.guid for one in await new(database)] == ["b", "a"]


async def test_what_still_waits_is_never_pruned(database: AsyncEngine, inbox: Inbox) -> None:
    for guid in ("old", "waiting"):
        await inbox.keep(guid, "ping", b"{}")
    old, _ = await new(database)
    await take(database, old.id)
    deliveries = Deliveries(database)
    assert await deliveries.prune(old.received_at - 1) == 0
    assert await deliveries.prune(now_us() / 1e6 + 1) == 1
    assert await deliveries.counts() == {"new": 1}


async def test_the_queue_tells_its_depth_and_its_oldest(database: AsyncEngine, inbox: Inbox) -> None:
    deliveries = Deliveries(database)
    assert (await deliveries.queue()).oldest is None
    for guid in ("a", "b"):
        await inbox.keep(guid, "ping", b"{}")
    first, _ = await new(database)
    queue = await deliveries.queue()
    assert (queue.depth, queue.oldest) == (2, first.received_at)


async def test_an_id_is_never_used_twice_even_after_the_newest_row_is_gone(database: AsyncEngine, inbox: Inbox) -> None:
    await inbox.keep("first", "ping", b"{}")
    (first,) = await new(database)
    async with database.begin() as connection:
        await connection.execute(text("DELETE FROM deliveries"))
    await inbox.keep("second", "ping", b"{}")
    (second,) = await new(database)
    assert second.id > first.id


async def test_what_came_in_is_held_until_it_dies(database: AsyncEngine, inbox: Inbox) -> None:
    for guid in ("new", "taken", "dead"):
        await inbox.keep(guid, "push", b"{}")
    ids = {kept.guid: kept.id for kept in await new(database)}
    await take(database, ids["taken"])
    await fail(database, ids["dead"], "gave up")
    assert await Deliveries(database).held(["new", "taken", "dead", "unheard"]) == {"new", "taken"}
    assert await Deliveries(database).held([]) == frozenset()
