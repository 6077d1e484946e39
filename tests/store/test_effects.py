import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.effects import Effect, Effects, head_key

KEY = "o/r/check/" + "a" * 40 + "/maestro / decision"


async def test_what_was_never_begun_is_not_there(database: AsyncEngine) -> None:
    assert await Effects(database).get(KEY) is None


async def test_what_was_begun_and_never_finished_is_known_to_be_in_doubt(database: AsyncEngine) -> None:
    await Effects(database).begin(KEY)
    assert await Effects(database).get(KEY) == Effect(None, "")


async def test_what_was_done_is_remembered_with_what_was_sent(database: AsyncEngine) -> None:
    effects, done = Effects(database), Effect(42, "digest", sent=frozenset({"one", "two"}))
    await effects.begin(KEY)
    await effects.record(KEY, done)
    assert await effects.get(KEY) == done
    await effects.record(KEY, Effect(43, "later"))
    assert await effects.get(KEY) == Effect(43, "later")


async def test_beginning_again_forgets_nothing(database: AsyncEngine) -> None:
    effects = Effects(database)
    await effects.record(KEY, Effect(42, "digest"))
    await effects.begin(KEY)
    assert await effects.get(KEY) == Effect(42, "digest")


async def test_of_two_that_begin_one_is_told_so(database: AsyncEngine) -> None:
    assert [await Effects(database).begin(KEY) for _ in range(2)] == [True, False]


async def test_what_is_abandoned_was_never_begun_and_what_was_done_cannot_be(database: AsyncEngine) -> None:
    effects = Effects(database)
    for key, done in (("begun", None), ("made", Effect(42, "")), ("pushed", Effect(None, "a" * 40, completed=True))):
        await effects.begin(key)
        if done:
            await effects.record(key, done)
    assert await effects.in_doubt() == ["begun"]
    for key in ("begun", "made", "pushed"):
        await effects.abandon(key)
    assert [await effects.get(key) is None for key in ("begun", "made", "pushed")] == [True, False, False]
    assert await effects.in_doubt() == []


@pytest.mark.parametrize("neighbour", ["o/r2/check/x", "o-r/check/x", "oxr/check/x", "O/R%/check/x"])
async def test_forgetting_words_keeps_ids_and_spares_the_neighbours(database: AsyncEngine, neighbour: str) -> None:
    effects = Effects(database)
    for key in ("o/r/check/x", "o/r/check/y", neighbour):
        await effects.record(key, Effect(1, "said", True, 2, sent=frozenset({"sent"})))
    await effects.forget_words("o/r/check/")
    assert await effects.get("o/r/check/x") == Effect(1, "", True, 2, sent=frozenset({"sent"}))
    assert await effects.get("o/r/check/y") == Effect(1, "", True, 2, sent=frozenset({"sent"}))
    assert await effects.get(neighbour) == Effect(1, "said", True, 2, sent=frozenset({"sent"}))


@pytest.mark.parametrize("prefix", ["o/r_", "o/r%"])
async def test_a_prefix_is_no_pattern(database: AsyncEngine, prefix: str) -> None:
    effects = Effects(database)
    await effects.record("o/rx/check", Effect(1, "said"))
    await effects.forget_words(prefix)
    assert await effects.get("o/rx/check") == Effect(1, "said")


async def test_effects_are_found_by_their_keys_with_the_time_they_were_written(database: AsyncEngine) -> None:
    effects, before = Effects(database), now_us() / 1e6
    await effects.begin("o/r/check/begun/x")
    await effects.record("O/r/check/done/x", Effect(1, "said", completed=True))
    found = await effects.written(["o/r/check/begun/x", "o/R/check/done/x", "o/r/check/never/x"])
    assert {key: one.effect for key, one in found.items()} == {
        "o/r/check/begun/x": Effect(None, ""),
        "o/r/check/done/x": Effect(1, "said", completed=True),
    }
    assert all(before <= one.at <= now_us() / 1e6 for one in found.values())


async def test_pull_requests_are_known_by_the_head_they_are_at(database: AsyncEngine) -> None:
    effects, old, new = Effects(database), "a" * 40, "b" * 40
    for repository, number, sha in (("o/r", 7, old), ("O/R", 12, old), ("o/r", 8, new), ("o/r2", 9, old)):
        await effects.record(head_key(repository, number), Effect(None, sha, completed=True))
    assert await effects.pulls_at("o/r", old) == [7, 12]
    assert await effects.in_doubt() == []
