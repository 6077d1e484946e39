import pytest

from campaign.misfortunes import befallen
from campaign.programs import delivered
from tests.campaign.reading import holds

pytestmark = pytest.mark.slow


async def test_a_hundred_delivery_programs_end_where_the_clean_runs_end() -> None:
    holds(await delivered(100, seed=1), {"programs": 100})


@pytest.mark.parametrize("seed", [1, 2])
async def test_eighty_runs_with_misfortunes_of_github_end_where_the_clean_runs_end(seed: int) -> None:
    holds(await befallen(80, seed), {"runs": 80})
