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
    await decisions.void("o/r", 8, Cause("pull_request.closed"))
    assert await decisions.newest_at("o/r", [HEAD, NEXT]) == {(7, HEAD): b"new", (8, HEAD): b"", (7, NEXT): b"moved"}
    assert await decisions.newest_at("o/r", []) == {}


async def test_the_verdicts_at_some_heads_come_with_their_records_the_newest_first(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    for number, sha, verdict in ((1, HEAD, "block"), (1, HEAD, "ship"), (2, NEXT, "hold"), (None, HEAD, "rollback")):
        await decisions.keep("o/r", number, sha, verdict, verdict.encode(), Cause())
    newest = [("rollback", b"rollback"), ("hold", b"hold"), ("ship", b"ship"), ("block", b"block")]
    assert [each async for each in decisions.verdicts_at("O/R", [HEAD, NEXT])] == newest
    assert [each async for each in decisions.verdicts_at("o/r", [NEXT])] == [("hold", b"hold")]
    assert [each async for each in decisions.verdicts_at("o/other", [HEAD])] == []


async def test_silence_is_no_verdict(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    await decisions.keep("o/r", 1, HEAD, "ship", b"{}", Cause())
    await decisions.void("o/r", 1, Cause("no rules"))
    assert [each async for each in decisions.verdicts_at("o/r", [HEAD])] == [("ship", b"{}")]


async def test_the_newest_of_each_pull_request_is_listed_unless_nothing_is_asked_of_it(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    for number, verdict in ((7, "block"), (7, "ship"), (8, "hold"), (9, "ship"), (None, "ship")):
        await decisions.keep("O/R", number, HEAD, verdict, b"{}", Cause())
    await decisions.keep("o/other", 7, HEAD, "ship", b"{}", Cause())
    await decisions.void("o/r", 9, Cause("pull_request.closed"))
    listed = await decisions.standing(["o/r", "o/none"])
    assert sorted((one.number, one.verdict) for one in listed) == [(7, "ship"), (8, "hold")]
    assert await decisions.standing([]) == []
    history = await decisions.of_pull("o/r", 9)
    assert [(one.verdict, one.reason) for one in history] == [("silence", "pull_request.closed"), ("ship", "")]
    records = await decisions.records([one.id for one in history])
    assert list(records.values()) == [b"{}", b""]


async def test_a_verdict_counts_from_the_first_of_the_decisions_in_a_row_that_gave_it(database: AsyncEngine) -> None:
    decisions = Decisions(database)
    for number, verdict in ((7, "ship"), (7, "block"), (8, "ship"), (7, "block"), (7, "block")):
        await decisions.keep("o/r", number, HEAD, verdict, b"{}", Cause())
    newest, _, first, _ = await decisions.of_pull("o/r", 7)
    (alone,) = await decisions.of_pull("o/r", 8)
    assert await decisions.since([newest.id, alone.id]) == {newest.id: first.at, alone.id: alone.at}
