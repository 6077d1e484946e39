import pytest

from campaign.clocks import stepped
from campaign.disk import filled
from campaign.outages import outlived
from campaign.rolling import rolled
from tests.campaign.reading import holds
from tests.postgres import Postgres

pytestmark = pytest.mark.slow


async def test_four_outages_of_the_database_lose_nothing_and_heal(postgres: Postgres) -> None:
    holds(await outlived(postgres, 4, seed=10), {"outages": 4})


async def test_a_disk_that_is_full_three_times_refuses_and_loses_nothing() -> None:
    report = await filled(3, seed=3)
    holds(report, {"no page left": 1, "no file grows for web": 1, "no file grows for web and worker": 1})


async def test_clocks_that_step_by_an_hour_let_no_lane_run_twice(postgres: Postgres) -> None:
    holds(await stepped(postgres, 4, seed=20), {"steps": 4})


async def test_a_rolling_restart_with_two_releases_refuses_and_loses_nothing(postgres: Postgres) -> None:
    holds(await rolled(postgres, 2, seed=2), {"processes replaced": 6})
