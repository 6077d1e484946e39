import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import UnsupportedDatabase, connect, default_url, migrate
from app.store.deliveries import Deliveries


async def pragma(engine: AsyncEngine, name: str) -> object:
    async with engine.connect() as connection:
        return (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()


@pytest.mark.parametrize(
    ("name", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 10_000), ("foreign_keys", 1)]
)
async def test_the_file_is_opened_safely(database: AsyncEngine, name: str, value: object) -> None:
    assert await pragma(database, name) == value


async def test_the_directory_of_the_file_is_made(tmp_path: Path) -> None:
    engine = connect(default_url(tmp_path / "data home"))
    await migrate(engine)
    await engine.dispose()
    assert (tmp_path / "data home" / "maestro" / "maestro.db").exists()


async def test_migrating_again_keeps_what_is_there(database: AsyncEngine, url: str) -> None:
    await Deliveries(database).keep("guid", "ping", b"{}")
    second = connect(url)
    await asyncio.gather(migrate(database), migrate(second))
    assert [kept.guid for kept in await Deliveries(second).waiting(0, 9)] == ["guid"]
    await second.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2@db.example/maestro",
        "mysql+pymysql://user:hunter2@db.example/maestro",
        "hunter2 is no address",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:hunter2?mode=memory&uri=true",
    ],
)
def test_what_is_no_sqlite_file_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(UnsupportedDatabase) as refused:
        connect(url)
    assert "DATABASE_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value)


async def test_an_error_of_the_database_does_not_quote_what_was_being_stored(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        insert = text("INSERT INTO tokens (repository, digest, created_at) VALUES (:r, :d, 0)")
        await connection.execute(insert, {"r": "o/r", "d": "hunter2"})
        with pytest.raises(IntegrityError) as refused:
            await connection.execute(insert, {"r": "o/r", "d": "hunter2"})
    assert "hunter2" not in str(refused.value)


async def test_writers_of_two_processes_take_turns(database: AsyncEngine, url: str) -> None:
    second = connect(url)
    stores = [Deliveries(database), Deliveries(second)]
    await asyncio.gather(*(stores[n % 2].keep(f"guid-{n}", "ping", b"{}") for n in range(60)))
    kept = await stores[0].waiting(0, 100)
    assert sorted(one.guid for one in kept) == sorted(f"guid-{n}" for n in range(60))
    assert [one.id for one in kept] == sorted({one.id for one in kept})
    await second.dispose()


async def test_a_reader_of_another_process_sees_what_was_committed(database: AsyncEngine, url: str) -> None:
    second = connect(url)
    await Deliveries(database).keep("guid", "ping", b"{}")
    assert len(await Deliveries(second).waiting(0, 9)) == 1
    await second.dispose()
