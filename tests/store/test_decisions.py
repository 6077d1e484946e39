from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Cause
from app.store.decisions import Decisions

HEAD, NEXT = "a" * 40, "b" * 40


async def test_the_newest_decision_of_a_pull_request_is_found(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    await decisions.keep("o/r", 7, HEAD, "hold", b"first", Cause("pull_request.opened"))
    await decisions.keep("o/r", 7, NEXT, "ship", b"second", Cause("pull_request.synchronize"))
    await decisions.keep("o/r", 8, HEAD, "ship", b"another", Cause())
    await decisions.keep("o/other", 7, HEAD, "ship", b"elsewhere", Cause())
    assert await decisions.latest("o/r", 7) == b"second"
    assert await decisions.latest("o/r", 9) is None


async def test_the_pull_requests_of_a_head_are_remembered(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    for number in (9, 7, 7, None):
        await decisions.keep("o/r", number, HEAD, "ship", b"{}", Cause())
    await decisions.keep("o/r", 8, NEXT, "ship", b"{}", Cause())
    await decisions.keep("o/other", 5, HEAD, "ship", b"{}", Cause())
    assert await decisions.pulls_at("o/r", HEAD) == [7, 9]
    assert await decisions.pulls_at("o/r", "c" * 40) == []


async def test_the_newest_word_of_each_pull_request_at_some_heads_is_found(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    for number, head, said in ((7, HEAD, b"old"), (7, HEAD, b"new"), (8, HEAD, b"twin"), (7, NEXT, b"moved")):
        await decisions.keep("o/r", number, head, "ship", said, Cause())
    await decisions.keep("o/r", None, HEAD, "ship", b"a merge group", Cause())
    await decisions.keep("o/other", 7, HEAD, "ship", b"elsewhere", Cause())
    assert await decisions.newest_at("O/R", [HEAD]) == {(7, HEAD): b"new", (8, HEAD): b"twin"}
    await decisions.void("o/r", 8)
    assert await decisions.newest_at("o/r", [HEAD, NEXT]) == {(7, HEAD): b"new", (8, HEAD): b"", (7, NEXT): b"moved"}
    assert await decisions.newest_at("o/r", []) == {}


async def test_the_newest_verdict_at_any_of_some_heads_counts_before_that_of_a_pull_request(
    database: AsyncEngine,
) -> None:
    decisions = Decisions(database)
    for number, sha, verdict in (
        (1, "a" * 40, "block"),
        (1, "a" * 40, "ship"),
        (2, "b" * 40, "hold"),
        (None, "c" * 40, "ship"),
    ):
        await decisions.keep("o/r", number, sha, verdict, b"{}", Cause())
    assert await decisions.verdict("O/R", ["a" * 40], None) == "ship"
    assert await decisions.verdict("o/r", ["a" * 40, "b" * 40], 1) == "hold"
    assert await decisions.verdict("o/r", ["c" * 40], None) == "ship"
    assert await decisions.verdict("o/r", ["d" * 40], 1) == "ship"
    assert await decisions.verdict("o/r", ["d" * 40], 9) == ""
    assert await decisions.verdict("o/other", ["a" * 40], 1) == ""


async def test_silence_is_no_verdict(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    await decisions.keep("o/r", 1, "a" * 40, "ship", b"{}", Cause())
    await decisions.void("o/r", 1)
    assert await decisions.verdict("o/r", ["a" * 40], 1) == "ship"
