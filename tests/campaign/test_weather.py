import pytest

from campaign.misfortunes import befallen
from campaign.programs import delivered
from tests.campaign.reading import holds

pytestmark = pytest.mark.slow


async def test_twenty_delivery_programs_end_where_the_clean_runs_end() -> None:
    holds(await delivered(20, seed=1), {"programs": 20})


async def test_twenty_five_runs_with_misfortunes_of_github_end_where_the_clean_runs_end() -> None:
    holds(await befallen(25, seed=1), {"runs": 25})
