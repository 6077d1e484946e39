import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.osv.model import Record
from app.store.advisories import Advisories

ONE = Record("GHSA-1", "2024-01-02T00:00:00Z", '{"id":"GHSA-1","summary":"ü"}')
TWO = Record("GHSA-2", "2024-01-02T00:00:00Z", '{"id":"GHSA-2"}')


async def test_records_come_back_whole(database: AsyncEngine) -> None:
    shelf = Advisories(database)
    await shelf.put([ONE, TWO])
    assert await shelf.get(["GHSA-2", "GHSA-1", "GHSA-3"]) == {"GHSA-1": ONE, "GHSA-2": TWO}
    assert await shelf.get([]) == {}


async def test_a_record_takes_the_place_of_the_older(database: AsyncEngine) -> None:
    shelf, newer = Advisories(database), Record("GHSA-1", "2024-06-01T00:00:00Z", "{}")
    await shelf.put([ONE, TWO])
    await shelf.put([newer])
    await shelf.put([])
    assert await shelf.get(["GHSA-1", "GHSA-2"]) == {"GHSA-1": newer, "GHSA-2": TWO}


async def test_more_records_than_a_statement_takes_are_read_and_kept(database: AsyncEngine) -> None:
    many = [Record(f"GHSA-{number}", "", "{}") for number in range(1_200)]
    await Advisories(database).put(many)
    assert len(await Advisories(database).get([one.id for one in many])) == 1_200


async def test_what_nobody_uses_is_forgotten_and_what_is_read_counts_as_used(database: AsyncEngine) -> None:
    shelf = Advisories(database)
    await shelf.put([ONE, TWO])
    async with database.begin() as connection:
        await connection.execute(text("UPDATE advisories SET used_at = 0"))
    await shelf.get(["GHSA-1"])
    assert await shelf.prune(time.time() - 60) == 1
    assert list(await shelf.get(["GHSA-1", "GHSA-2"])) == ["GHSA-1"]
