from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.model import Used
from app.store.address import Address
from app.store.database import connect, migrate
from app.store.remediations import Remediations
from app.store.usage import Usage
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


async def test_another_name_of_the_repository_takes_over_what_is_kept(kept: Remediations) -> None:
    begun = await kept.begin(replace(BEGUN, repository_id=99))
    await kept.keep(replace(begun, attempts=(FIRST,)))
    assert await kept.moved("octo/store", 99, 7)
    assert await kept.open("octo/shop", 7) is None
    (found,) = await kept.of_pull("octo/store", 7)
    assert (found.id, found.attempts, found.course) == (begun.id, (FIRST,), Course.WORKING)
    assert not await kept.moved("octo/store", 99, 7)


async def test_of_two_names_that_of_now_goes_on(kept: Remediations) -> None:
    await kept.begin(replace(BEGUN, repository_id=99))
    now = await kept.begin(replace(BEGUN, repository="octo/store", repository_id=99))
    assert await kept.moved("octo/store", 99, 7)
    assert await kept.going_on() == [now]
    assert [one.course for one in await kept.of_pull("octo/store", 7)] == [Course.LEFT, Course.WORKING]


@pytest.mark.parametrize(("repository_id", "number"), [(0, 7), (98, 7), (99, 8)])
async def test_nothing_else_is_taken_over(kept: Remediations, repository_id: int, number: int) -> None:
    await kept.begin(replace(BEGUN, repository_id=99))
    await kept.begin(replace(BEGUN, repository="octo/old", repository_id=0))
    assert not await kept.moved("octo/store", repository_id, number)


async def test_the_bounds_of_its_beginning_are_kept(kept: Remediations) -> None:
    begun = await kept.begin(replace(BEGUN, most=1, seconds=3_600.0))
    assert (begun.most, begun.seconds) == (1, 3_600.0)


async def test_what_is_reported_after_the_end_of_an_attempt_counts(kept: Remediations) -> None:
    begun = await kept.begin(BEGUN)
    trace = "e" * 32
    await kept.keep(replace(begun, attempts=(replace(FIRST, trace=trace, result=Result.FAILED, ended=300.0),)))
    await Usage(kept.engine).keep("octo/shop", [Used("a" * 40, "r", trace=trace, usd=9.0)])
    ((one,),) = [each.attempts for each in await kept.of_pull("octo/shop", 7)]
    assert one.usd == 9.0
    assert [each.usd for each in await kept.ended_attempts("octo/shop")] == [9.0]
