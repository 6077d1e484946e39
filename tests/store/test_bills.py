import time

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.bills import Bills

SHA, OTHER = "a" * 40, "b" * 40
PATH = "sbom/shop.cdx.json"


async def test_a_bill_comes_back_as_it_was_sent_and_takes_less_room(database: AsyncEngine) -> None:
    bills, sent = Bills(database), b'{"components": []}' * 1_000
    await bills.keep("o/r", SHA, PATH, sent)
    assert await bills.get("o/r", SHA, PATH) == sent
    async with database.connect() as connection:
        kept = (await connection.execute(text("SELECT length(content) FROM bills"))).scalar_one()
    assert kept < len(sent) / 50


async def test_of_one_path_of_one_commit_the_first_stays(database: AsyncEngine) -> None:
    bills = Bills(database)
    assert [await bills.keep("O/R", SHA, PATH, content) for content in (b"old", b"new")] == [True, False]
    assert await bills.get("o/r", SHA, PATH) == b"old"
    assert await bills.paths_at("o/r", SHA) == (PATH,)


@pytest.mark.parametrize(("repository", "sha", "path"), [("o/x", SHA, PATH), ("o/r", OTHER, PATH), ("o/r", SHA, "x")])
async def test_bills_stay_with_their_repository_commit_and_path(
    database: AsyncEngine, repository: str, sha: str, path: str
) -> None:
    await Bills(database).keep("o/r", SHA, PATH, b"x")
    assert await Bills(database).get(repository, sha, path) is None


async def test_a_repository_may_have_several_bills(database: AsyncEngine) -> None:
    bills = Bills(database)
    for sha, path in ((SHA, "web.json"), (SHA, "api.json"), (OTHER, "api.json")):
        await bills.keep("o/r", sha, path, path.encode())
    assert await bills.paths_at("o/r", SHA) == ("api.json", "web.json")
    assert await bills.paths_at("O/r", OTHER) == ("api.json",)
    assert await bills.paths_at("o/r", "c" * 40) == ()


async def test_old_bills_are_forgotten_but_the_newest_of_each_path(database: AsyncEngine) -> None:
    bills = Bills(database)
    for sha, path in (("1" * 40, "api.json"), ("2" * 40, "api.json"), ("1" * 40, "web.json")):
        await bills.keep("o/r", sha, path, b"x")
    assert await bills.prune(time.time() - 60) == 0
    assert await bills.prune(time.time() + 60) == 1
    assert await bills.get("o/r", "2" * 40, "api.json") == b"x"
    assert await bills.get("o/r", "1" * 40, "web.json") == b"x"
    assert await bills.get("o/r", "1" * 40, "api.json") is None
