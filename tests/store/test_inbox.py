import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import connect
from app.store.deliveries import Deliveries
from app.store.inbox import Full, Inbox
from tests.deliveries import fail, new, take
from tests.storage import laid


@pytest.fixture
def commits(inbox: Inbox) -> list[None]:
    """Grows by one with each transaction."""
    seen: list[None] = []
    event.listen(inbox._database, "commit", lambda _connection: seen.append(None))
    return seen


async def test_what_arrives_together_costs_few_transactions(
    database: AsyncEngine, inbox: Inbox, commits: list[None]
) -> None:
    await asyncio.gather(*(inbox.keep(f"guid-{n}", "ping", b"{}") for n in range(300)))
    assert len(await new(database)) == 300
    assert len(commits) <= 4


async def test_a_guid_that_waits_or_was_handled_is_known(database: AsyncEngine, inbox: Inbox) -> None:
    assert await inbox.keep("guid", "ping", b"{}")
    assert not await inbox.keep("guid", "ping", b"{}")
    await take(database, *(one.id for one in await new(database)))
    assert not await inbox.keep("guid", "ping", b"{}")
    assert await Deliveries(database).counts() == {"taken": 1}


async def test_of_one_guid_twice_in_one_moment_one_is_fresh(database: AsyncEngine, inbox: Inbox) -> None:
    assert await asyncio.gather(*(inbox.keep("guid", "ping", b"{}") for _ in range(5))) == [True] + [False] * 4
    assert len(await new(database)) == 1


async def test_a_dead_guid_sent_again_gets_a_new_id_and_the_new_body(database: AsyncEngine, inbox: Inbox) -> None:
    await inbox.keep("guid", "ping", b'{"n": 1}')
    (first,) = await new(database)
    await take(database, first.id)
    await fail(database, first.id, "given up")
    assert await inbox.keep("guid", "ping", b'{"n": 2}')
    (second,) = await new(database)
    assert second.body == b'{"n": 2}'
    assert second.id > first.id


async def test_nothing_is_acknowledged_that_could_not_be_stored(database: AsyncEngine, inbox: Inbox) -> None:
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO gone"))
    refused = await asyncio.gather(*(inbox.keep(f"g{n}", "ping", b"{}") for n in range(3)), return_exceptions=True)
    assert [isinstance(error, DBAPIError) for error in refused] == [True] * 3
    with pytest.raises(DBAPIError):
        await inbox.probe()
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO deliveries"))
    await inbox.probe()
    assert await inbox.keep("g0", "ping", b"{}")


async def test_a_disk_with_room_for_crumbs_alone_is_full(tmp_path: Path) -> None:
    engine = connect(laid(tmp_path).main)
    inbox = Inbox(engine)
    with inbox._database.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    assert await inbox.keep("crumb", "ping", b"{}")
    with pytest.raises(DBAPIError):
        await inbox.probe()
    await inbox.close()
    await engine.dispose()


async def test_a_file_that_was_removed_or_replaced_takes_no_webhook(tmp_path: Path) -> None:
    engine = connect(laid(tmp_path).main)
    inbox = Inbox(engine)
    assert await inbox.keep("before", "ping", b"{}")
    for path in tmp_path.glob("maestro.db*"):  # noqa: ASYNC240 - nobody waits
        path.rename(path.with_name(f"moved-{path.name}"))
    with pytest.raises(FileNotFoundError):
        await inbox.keep("removed", "ping", b"{}")
    (tmp_path / "maestro.db").touch()
    for ask in (inbox.keep("replaced", "ping", b"{}"), inbox.probe()):
        with pytest.raises(FileNotFoundError):
            await ask
    await inbox.close()
    await engine.dispose()


async def test_more_than_memory_should_hold_is_sent_away(database: AsyncEngine, inbox: Inbox) -> None:
    inbox.most_waiting = 2
    answers = await asyncio.gather(*(inbox.keep(f"g{n}", "ping", b"{}") for n in range(5)), return_exceptions=True)
    assert [isinstance(answer, Full) for answer in answers] == [False, False, True, True, True]
    assert await inbox.keep("g4", "ping", b"{}")
    inbox.most_bytes = 1
    with pytest.raises(Full):
        await inbox.keep("large", "ping", b"{}")


async def test_a_sender_that_hangs_up_does_not_disturb_the_others(database: AsyncEngine, inbox: Inbox) -> None:
    gone = asyncio.create_task(inbox.keep("gone", "ping", b"{}"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await inbox.keep("here", "ping", b"{}")
    await inbox.close()
    assert sorted(one.guid for one in await new(database)) == ["gone", "here"]
