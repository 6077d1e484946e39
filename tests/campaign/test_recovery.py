import pytest

from campaign.burst import burst
from campaign.recovery import recovered
from tests.campaign.reading import holds
from tests.postgres import Postgres

pytestmark = pytest.mark.slow


async def test_what_a_killed_worker_was_running_is_run_again(postgres: Postgres) -> None:
    holds(await recovered(postgres, 1), {"kills": 1, "workers gone": 1})


async def test_a_small_burst_ends_with_the_right_cards() -> None:
    holds(await burst(8, 6), {})
