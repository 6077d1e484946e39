import pytest

from campaign.installation import database
from campaign.kills import killed
from tests.campaign.reading import holds
from tests.postgres import Postgres

pytestmark = pytest.mark.slow


async def test_four_kills_on_sqlite_lose_and_double_nothing() -> None:
    report = await killed("", 4, seed=40, workers=1)
    holds(report, {"kills": 4, "stories": 4})


async def test_two_kills_on_postgresql_lose_and_double_nothing(postgres: Postgres) -> None:
    with database(postgres) as url:
        report = await killed(url, 2, seed=20, workers=2)
    holds(report, {"kills": 2, "stories": 2})
