"""What stands at open heads, from real decisions and effects."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app import record
from app.gather.standing import Standings
from app.model import Cause, Standing
from app.store.address import Address
from app.store.database import connect
from app.store.decisions import Decisions
from app.store.effects import Effect, Effects, check_key
from checks.decide import Policy
from checks.judge import Case, judge
from checks.model import Pull, Snapshot

RUN = "maestro / decision"
PULL = Pull("octo/shop", 7, "A title", "ann", "1a" * 20, "fix", "3c" * 20, "main")
KEY = check_key(PULL.repository, PULL.head_sha, RUN)


@pytest.fixture
async def database(either: Address) -> AsyncIterator[AsyncEngine]:
    """A real database with its tables, once on SQLite and once on PostgreSQL."""
    engine = connect(either.main)
    yield engine
    await engine.dispose()


async def keep(database: AsyncEngine, pull: Pull) -> None:
    case = Case(Snapshot(pull), Policy({}), None, "test")
    decision = judge(case)
    assert decision is not None
    written = record.write(case, decision)
    await Decisions(database).keep(pull.repository, pull.number, pull.head_sha, "ship", written, Cause())


def standings(database: AsyncEngine) -> Standings:
    return Standings(Decisions(database), Effects(database), record.base_of, RUN)


async def standing(database: AsyncEngine, pull: Pull = PULL) -> Standing:
    assert pull.number is not None
    return (await standings(database).of(pull.repository, [pull]))[pull.number]


async def test_where_nothing_was_ever_done_nothing_stands(database: AsyncEngine) -> None:
    assert await standing(database) == Standing("", completed=False, touched=0.0)


async def test_a_run_that_was_begun_and_never_completed_is_known_with_its_time(database: AsyncEngine) -> None:
    await Effects(database).begin(KEY)
    stands = await standing(database)
    assert (stands.base_ref, stands.completed) == ("", False)
    assert time.time() - 60 < stands.touched <= time.time()


async def test_a_decision_stands_for_the_base_that_it_was_made_for(database: AsyncEngine) -> None:
    await keep(database, replace(PULL, base_ref="release"))
    await keep(database, PULL)
    await Effects(database).record(KEY, Effect(42, "digest", completed=True))
    stands = await standing(database)
    assert (stands.base_ref, stands.completed) == ("main", True)


async def test_neither_another_head_nor_another_pull_request_lends_its_decision(database: AsyncEngine) -> None:
    await keep(database, replace(PULL, head_sha="2b" * 20))
    await keep(database, replace(PULL, number=8))
    assert (await standing(database)).base_ref == ""


async def test_a_word_that_was_taken_back_does_not_stand(database: AsyncEngine) -> None:
    await keep(database, PULL)
    await Effects(database).record(KEY, Effect(42, "digest", completed=True))
    await Decisions(database).void(PULL.repository, 7, Cause("no rules"))
    assert (await standing(database)).base_ref == ""


async def test_a_run_that_was_reset_is_not_completed(database: AsyncEngine) -> None:
    await Effects(database).record(KEY, Effect(42, "digest", completed=True))
    await Effects(database).forget_words(check_key(PULL.repository, PULL.head_sha, ""))
    assert not (await standing(database)).completed


async def test_the_case_of_a_repository_s_name_does_not_matter(database: AsyncEngine) -> None:
    await keep(database, PULL)
    await Effects(database).record(KEY, Effect(42, "digest", completed=True))
    stands = await standing(database, replace(PULL, repository="Octo/Shop"))
    assert (stands.base_ref, stands.completed) == ("main", True)


async def test_hundreds_of_pull_requests_are_found(database: AsyncEngine) -> None:
    pulls = [replace(PULL, number=number, head_sha=f"{number:040x}") for number in range(1, 451)]
    for one in pulls[::90]:
        await keep(database, one)
    found = await standings(database).of(PULL.repository, pulls)
    assert len(found) == 450
    assert [number for number, stands in found.items() if stands.base_ref] == [1, 91, 181, 271, 361]


@pytest.mark.parametrize("unread", [b"", b"{", b"[]", b'{"case":{}}', b'{"case":{"snapshot":{"pull":{"base_ref":1}}}}'])
def test_a_record_that_says_nothing_of_its_base_stands_for_none(unread: bytes) -> None:
    assert record.base_of(unread) == ""
