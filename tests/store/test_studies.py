"""Studies that are kept: one of a deployment, found by its pull requests, and final once it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Cause, Intervention, KeptStudy, Opinion, Surface, Tally
from app.store.chain import Kind, entry_of
from app.store.news import StudyNews
from app.store.opinions import Opinions
from app.store.provenance import Provenance
from app.store.studies import SHOWN, Studies

AT = 1_800_000_000.0
SHIPPED = Intervention("octo/shop", "production", 31, "a" * 40, AT, (3, 7), installation=5)
ALICE = Cause("check_run.requested_action", "alice", "triage", Surface.BUTTON)


class Clock:
    """A clock that a test sets, epoch seconds."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> int:
        return round(self.at * 1e6)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def studies(database: AsyncEngine, clock: Clock) -> Studies:
    return Studies(database, clock)


async def begun(studies: Studies, one: Intervention = SHIPPED) -> KeptStudy:
    return await studies.begin(one, "{}", AT + 600, AT + 60, Cause("deployment_status.success"))


async def logged(database: AsyncEngine) -> list[tuple[str, str, int | None]]:
    entries = [entry_of(row[1]) async for batch in Provenance(database).rows() for row in batch]
    return [(one.what, one.who, one.number) for one in entries if one.kind is Kind.STUDY]


async def test_a_deployment_that_is_told_twice_begins_one_study(studies: Studies, database: AsyncEngine) -> None:
    first = await begun(studies)
    assert (first.intervention, first.told, first.done) == (SHIPPED, "", False)
    again = await begun(studies, replace(SHIPPED, repository="Octo/Shop", environment="Production", pulls=(9,)))
    assert again == first
    assert await logged(database) == [(f"study {first.id}: begun", "maestro", None)]
    elsewhere = await begun(studies, replace(SHIPPED, environment="staging"))
    assert elsewhere.id != first.id


async def test_a_study_is_found_by_each_pull_request_that_it_is_about(studies: Studies) -> None:
    both = await begun(studies)
    alone = await begun(studies, replace(SHIPPED, deployment=32, pulls=(7,)))
    assert await studies.of_pull("Octo/Shop", 7) == [both, alone]
    assert await studies.of_pull("octo/shop", 3) == [both]
    assert await studies.of_pull("octo/other", 3) == []
    assert await studies.get(both.id, "octo/other") is None
    assert await studies.newest("octo/shop", 1) == [alone]


async def test_of_many_a_pull_request_shows_the_newest(studies: Studies) -> None:
    every = [await begun(studies, replace(SHIPPED, deployment=40 + place)) for place in range(SHOWN + 1)]
    assert await studies.of_pull("octo/shop", 3) == every[1:]


async def test_what_is_final_stays_and_is_looked_at_no_more(
    studies: Studies, clock: Clock, database: AsyncEngine
) -> None:
    one = await begun(studies)
    assert await studies.due() == []
    clock.at = AT + 60
    assert await studies.due() == [one]
    told = await studies.tell(one.id, '{"a": 1}', AT + 120, done=False, cause=Cause())
    assert (told.told, told.answered, told.look_at) == ('{"a": 1}', AT + 60, AT + 120)
    clock.at = AT + 700
    ended = await studies.tell(one.id, '{"a": 2}', AT + 700, done=True, cause=Cause())
    assert (ended.told, ended.answered, ended.done) == ('{"a": 2}', AT + 60, True)
    assert await studies.tell(one.id, "{}", AT, done=False, cause=Cause()) == ended
    assert await studies.due() == []
    assert [what for what, _, _ in await logged(database)] == [f"study {one.id}: begun", f"study {one.id}: ended"]


async def test_what_cannot_be_looked_at_for_a_day_is_given_up(studies: Studies, clock: Clock) -> None:
    await begun(studies)
    clock.at = AT + 600 + 86_399
    assert len(await studies.due()) == 1
    clock.at += 2
    assert await studies.due() == []


async def test_the_latest_opinion_of_each_counts_and_each_change_is_logged(
    studies: Studies, database: AsyncEngine
) -> None:
    one, opinions = await begun(studies, replace(SHIPPED, pulls=(7,))), Opinions(database)
    assert await opinions.hold(one, Opinion("alice", agree=True), ALICE)
    assert await opinions.hold(one, Opinion("bob", agree=True), replace(ALICE, who="bob"))
    assert await opinions.of([one.id]) == {one.id: Tally(2, 0)}
    assert await opinions.hold(one, Opinion("Alice", agree=False, metric="p95", reason="It rained"), ALICE)
    assert not await opinions.hold(one, Opinion("alice", agree=False, metric="p95", reason="It rained"), ALICE)
    assert await opinions.of([one.id]) == {one.id: Tally(1, 1)}
    assert [(what, who) for what, who, _ in await logged(database)][1:] == [
        (f"study {one.id}: agreed", "alice"),
        (f"study {one.id}: agreed", "bob"),
        (f"study {one.id}: disagreed on p95", "alice"),
    ]


async def test_the_rate_is_of_a_whole_repository_and_of_no_other(studies: Studies, database: AsyncEngine) -> None:
    opinions = Opinions(database)
    for place, where in enumerate(("octo/shop", "octo/shop", "octo/bank")):
        one = await begun(studies, replace(SHIPPED, repository=where, deployment=50 + place))
        await opinions.hold(one, Opinion("alice", agree=place != 1), ALICE)
    rate = await opinions.rate("Octo/Shop")
    assert (rate.agree, rate.all) == (1, 2)
    assert await opinions.counts() == Tally(2, 1)
    assert await opinions.of([]) == {}


# --- its page ----------------------------------------------------------------------------------------------------


async def test_the_points_of_the_newest_look_are_kept(studies: Studies) -> None:
    kept = await begun(studies)
    assert await studies.panels(kept.id) == ""
    for said in ('{"traces":[]}', '{"traces":[1]}'):
        await studies.draw(kept.id, said)
        assert await studies.panels(kept.id) == said


async def test_its_edition_changes_with_a_look_and_with_an_opinion_on_any_study_of_the_repository(
    studies: Studies, database: AsyncEngine, clock: Clock
) -> None:
    kept, other = await begun(studies), await begun(studies, replace(SHIPPED, deployment=32))
    elsewhere = await begun(studies, replace(SHIPPED, repository="octo/bank"))
    news, opinions = StudyNews(database), Opinions(database, clock)

    async def words() -> list[str]:
        told = await news.of((kept.id, elsewhere.id))
        return [told[kept.id].word, told[elsewhere.id].word]

    seen = [await words()]
    await studies.tell(kept.id, "{}", AT + 90, done=False, cause=ALICE)
    seen.append(await words())
    await opinions.hold(other, Opinion("alice", agree=True), ALICE)
    seen.append(await words())
    assert len({ours for ours, _ in seen}) == 3
    assert len({theirs for _, theirs in seen}) == 1, "another repository's is left alone"
    assert not (await news.of((kept.id,)))[kept.id].last
    await studies.tell(kept.id, "{}", AT + 90, done=True, cause=ALICE)
    assert (await news.of((kept.id, 999))).keys() == {kept.id}
    assert (await news.of((kept.id,)))[kept.id].last
