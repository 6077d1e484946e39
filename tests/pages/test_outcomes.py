"""`/kpi`: whose figures it shows, of which time, and what it says where there are none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.model import Surface
from program.kpi import KPIS
from tests.pages.looking import words
from tests.pages.pulled import PULL, PullTrial, case, pull_trial

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def some(here: PullTrial, many: int = 8) -> None:
    """Pull requests, two of which somebody acted on."""
    for number in range(1, many + 1):
        await here.decide(case(replace(PULL, number=number)))
    for number, surface in ((1, Surface.CENTER), (2, Surface.COMMENT)):
        await here.answer(await here.ask(number=number, surface=surface), "done")


async def seen(here: PullTrial, query: str = "", login: str = "carol", status: int = 200) -> str:
    answer = await here.get(f"/kpi{query}", Cookie=f"as={login}")
    assert answer.status == status
    return words(await answer.text())


async def test_whoever_is_not_signed_in_is_told_how_to(here: PullTrial) -> None:
    await some(here)
    answer = await here.get("/kpi")
    assert answer.status == 200
    assert "Adoption" not in await answer.text()


async def test_each_figure_is_there_with_what_it_rests_on_and_what_it_counts(here: PullTrial) -> None:
    await some(here)
    page = await seen(here)
    for one in KPIS:
        assert one.title in page
    assert "Adoption 25 % 7.15 % to 59.1 % · 2 of 8" in page
    assert "in the Decision Center : 12.5 %" in page
    assert "Cost a pull request not reported 0 of 8 known" in page
    assert "Those on which a command was carried out" in page


async def test_too_few_are_no_figure(here: PullTrial) -> None:
    await some(here, 5)
    assert "Adoption too few: 5 of the 6 that a figure takes 2 of 5" in await seen(here)


async def test_nobody_sees_figures_of_what_they_may_not_read(here: PullTrial) -> None:
    await some(here)
    await here.decide(case(replace(PULL, repository="acme/secret", number=1)))
    assert "0 repositories that you can read" in await seen(here, login="mallory")
    assert "acme/secret" not in await seen(here)
    assert "2 of 8" in await seen(here)
    for name in ("acme/secret", "acme/nothing", "%3Cscript%3Ealert(1)%3C/script%3E"):
        assert "Nothing to tell of here" in await seen(here, f"?repository={name}", status=404)
    assert "2 of 8" in await seen(here, "?repository=Acme/Shop")


async def test_the_period_is_chosen_by_address_and_what_makes_no_sense_is_thirty_days(here: PullTrial) -> None:
    await some(here)
    async with here.stores.main.begin() as connection:
        await connection.execute(
            text("UPDATE decisions SET decided_at = decided_at - 8 * 86400000000 WHERE number > 2")
        )
    assert "2 of 8" in await seen(here, "?days=30")
    assert "too few: 2 of the 6" in await seen(here, "?days=7")
    for odd in ("?days=31", "?days=-1", "?days=x", "?days=9999999999999999999999"):
        assert "30 days to" in await seen(here, odd)


async def test_figures_of_another_repository_that_had_the_name_are_shown_to_nobody(here: PullTrial) -> None:
    await here.decide(case(replace(PULL, number=1, repository_id=12)))
    for number in range(2, 9):
        await here.decide(case(replace(PULL, number=number, repository_id=here.people.id)))
    page = await seen(here)
    assert "1 more cannot be told of: another repository had its name before" in page
    assert "Adoption none in this period" in page
    await seen(here, "?repository=acme/shop", status=404)


async def test_a_database_that_is_away_is_said(here: PullTrial) -> None:
    async with here.stores.main.begin() as connection:
        await connection.execute(text("DROP TABLE decisions"))
    assert "The database cannot be read just now" in await seen(here, status=503)


async def test_the_list_leads_there(here: PullTrial) -> None:
    assert '<a href="/kpi">' in await (await here.get("/", Cookie="as=carol")).text()
