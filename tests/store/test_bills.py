import time

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.bills import MOST_BRANCHES, Bills

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


async def test_what_was_sent_of_some_commits_or_of_any_is_told_by_path(database: AsyncEngine) -> None:
    bills = Bills(database)
    for sha, path in ((SHA, "web.json"), (OTHER, "api.json"), (OTHER, "web.json"), ("c" * 40, "cli.json")):
        await bills.keep("o/r", sha, path, b"x")
    await bills.keep("o/x", SHA, "theirs.json", b"x")
    assert await bills.paths_of("O/R", [SHA, OTHER]) == {"api.json", "web.json"}
    assert await bills.paths_of("o/r", []) == frozenset()
    assert await bills.paths("o/r") == {"api.json", "cli.json", "web.json"}


async def test_old_bills_are_forgotten_but_the_newest_of_each_path(database: AsyncEngine) -> None:
    bills = Bills(database)
    for sha, path in (("1" * 40, "api.json"), ("2" * 40, "api.json"), ("1" * 40, "web.json")):
        await bills.keep("o/r", sha, path, b"x")
    assert await bills.prune(time.time() - 60) == 0
    assert await bills.prune(time.time() + 60) == 1
    assert await bills.get("o/r", "2" * 40, "api.json") == b"x"
    assert await bills.get("o/r", "1" * 40, "web.json") == b"x"
    assert await bills.get("o/r", "1" * 40, "api.json") is None


async def test_the_baseline_of_a_branch_that_rests_outlives_newer_bills_of_heads(database: AsyncEngine) -> None:
    bills = Bills(database)
    await bills.keep("o/r", "1" * 40, PATH, b"main")
    await bills.keep("o/r", "2" * 40, PATH, b"release")
    await bills.serves("O/r", "1" * 40, PATH, "main")
    await bills.serves("o/r", "2" * 40, PATH, "release/1")
    for digit in "3456":
        await bills.keep("o/r", digit * 40, PATH, b"a head")
    assert await bills.prune(time.time() + 60) == 3
    kept = [await bills.get("o/r", digit * 40, PATH) for digit in "123456"]
    assert kept == [b"main", b"release", None, None, None, b"a head"]


async def test_of_one_branch_the_newest_baseline_is_kept_also_when_an_older_one_is_used_again(
    database: AsyncEngine,
) -> None:
    bills = Bills(database)
    for digit in "12":
        await bills.keep("o/r", digit * 40, PATH, digit.encode())
    for digit in "21":
        await bills.serves("o/r", digit * 40, PATH, "main")
    assert await bills.prune(time.time() + 60) == 1
    assert await bills.get("o/r", "2" * 40, PATH) == b"2"


async def test_the_branches_that_count_are_bounded_and_the_last_used_stay(database: AsyncEngine) -> None:
    bills = Bills(database)
    for number in range(MOST_BRANCHES + 5):
        sha = f"{number:040x}"
        await bills.keep("o/r", sha, PATH, b"x")
        await bills.serves("o/r", sha, PATH, f"branch/{number}")
    async with database.begin() as connection:
        await connection.execute(text("UPDATE bills SET based_at = based_at - id * 86400000000 WHERE id > 1"))
    assert await bills.prune(time.time() + 60) == 5
    assert await bills.get("o/r", f"{0:040x}", PATH) == b"x"
    assert await bills.get("o/r", f"{MOST_BRANCHES:040x}", PATH) is None
