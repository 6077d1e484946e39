from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.store.address import Address
from app.store.database import connect, migrate
from app.store.remediations import Remediations
from program.remediation import Attempted, Course, Failure, Remediation, Result, Step

BEGUN = Remediation(0, "octo/shop", 7, "a" * 40, 100.5, Failure.CONTRACT, "maestro")
FIRST = Attempted(1, Step.AGENT, Failure.CONTRACT, "a" * 40, "trace-1", 101.0, "impl@small", "web", "$0.08")


@pytest.fixture
async def kept(either: Address) -> AsyncIterator[Remediations]:
    engine = connect(either.main)
    await migrate(engine)
    yield Remediations(engine)
    await engine.dispose()


async def test_a_pull_request_has_one_that_goes_on(kept: Remediations) -> None:
    first = await kept.begin(BEGUN)
    assert replace(first, id=0) == BEGUN
    assert await kept.begin(replace(BEGUN, repository="Octo/Shop", head_sha="b" * 40)) == first
    assert await kept.open("octo/SHOP", 7) == first
    assert await kept.open("octo/shop", 8) is None


async def test_after_its_end_another_may_begin_and_the_first_stays_as_it_was(kept: Remediations) -> None:
    first = await kept.begin(BEGUN)
    over = await kept.keep(replace(first, course=Course.STOPPED, why="`alice` said stop", ended=200.0))
    assert await kept.keep(replace(first, course=Course.WORKING, attempts=(FIRST,))) == over
    second = await kept.begin(replace(BEGUN, head_sha="b" * 40))
    assert await kept.of_pull("octo/shop", 7) == [over, second]
    assert await kept.going_on() == [second]


async def test_an_attempt_is_added_once_and_brought_up_to_date(kept: Remediations) -> None:
    begun = await kept.begin(BEGUN)
    once = await kept.keep(replace(begun, attempts=(FIRST,)))
    assert once.working == FIRST
    ended = replace(FIRST, run=12, result=Result.FAILED, ended=300.0, usd=0.06, note="still 261 ms")
    twice = await kept.keep(replace(once, attempts=(ended,)))
    assert (twice.attempts, twice.working) == ((ended,), None)
    assert await kept.by_trace("trace-1") == (twice, ended)
    assert await kept.by_trace("trace-2") is None


async def test_what_attempts_came_to_is_told_by_repository_the_newest(kept: Remediations) -> None:
    begun = await kept.begin(BEGUN)
    made = [replace(FIRST, n=n, trace=f"t{n}", result=Result.FAILED, ended=300.0 + n) for n in (1, 2, 3)]
    await kept.keep(replace(begun, attempts=(*made, replace(FIRST, n=4, trace="t4"))))
    assert await kept.ended_attempts("octo/shop", most=2) == made[1:]
    assert await kept.ended_attempts("octo/other") == []
