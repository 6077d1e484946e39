import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.measurements import Measurements
from checks.model import Measurement

SHA, OTHER = "a" * 40, "b" * 40


async def test_measurements_come_back_whole_and_sorted(database: AsyncEngine) -> None:
    kept = (
        Measurement("coverage", 0.93, "share", (0.9, 0.95), 1204, "api", "https://ci.example/1"),
        Measurement("lint", True, source="artifact", trusted=False),
        Measurement("tests", "pass", source="api"),
    )
    await Measurements(database).keep("o/r", SHA, kept[::-1])
    assert await Measurements(database).of("o/r", SHA) == kept


async def test_of_one_name_the_newest_counts(database: AsyncEngine) -> None:
    measurements = Measurements(database)
    for value in (250.0, 190.0, 210.0):
        await measurements.keep("o/r", SHA, [Measurement("p95", value), Measurement("n", 1.0)])
    assert [(one.name, one.value) for one in await measurements.of("o/r", SHA)] == [("n", 1.0), ("p95", 210.0)]


async def test_the_untrusted_never_replaces_the_trusted(database: AsyncEngine) -> None:
    measurements = Measurements(database)
    for value, trusted in ((300.0, False), (250.0, True), (190.0, True), (1.0, False)):
        await measurements.keep("o/r", SHA, [Measurement("p95", value, trusted=trusted)])
    assert await measurements.of("o/r", SHA) == (Measurement("p95", 190.0, trusted=True),)


@pytest.mark.parametrize(("repository", "sha"), [("o/other", SHA), ("o/r", OTHER)])
async def test_measurements_stay_with_their_commit_and_repository(
    database: AsyncEngine, repository: str, sha: str
) -> None:
    await Measurements(database).keep("o/r", SHA, [Measurement("p95", 1.0)])
    assert await Measurements(database).of(repository, sha) == ()


async def test_nothing_measured_is_nothing_kept(database: AsyncEngine) -> None:
    await Measurements(database).keep("o/r", SHA, [])
    assert await Measurements(database).of("o/r", SHA) == ()
