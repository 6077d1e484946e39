import pytest

from campaign.installation import database
from campaign.kills import killed
from tests.campaign.reading import holds
from tests.postgres import Postgres

pytestmark = pytest.mark.slow


async def test_twenty_kills_on_sqlite_lose_and_double_nothing() -> None:
    report = await killed("", 20, seed=40, workers=1)
    holds(report, {"kills": 20, "stories": 20})


async def test_ten_kills_on_postgresql_lose_and_double_nothing(postgres: Postgres) -> None:
    with database(postgres) as url:
        report = await killed(url, 10, seed=20, workers=2)
    holds(report, {"kills": 10, "stories": 10})
