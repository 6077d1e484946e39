import asyncio
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.address import Address
from app.store.database import connect, migrate
from app.store.migrations import BASELINE, ours
from app.store.tables import metadata


def differences(connection: Connection) -> list[Any]:
    """What the chain made that the tables do not say, or the other way round."""
    context = MigrationContext.configure(
        connection, opts={"include_object": ours, "compare_type": True, "target_metadata": metadata}
    )
    found: list[Any] = compare_metadata(context, metadata)
    return found


def baseline(connection: Connection) -> None:
    """The database as 1.5.0 left it: its tables, and no word of any chain."""
    config = Config()
    config.set_main_option("script_location", "app.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, BASELINE)
    connection.execute(text("DROP TABLE alembic_version"))


@pytest.fixture
async def empty(either: Address) -> Any:
    engine = connect(either.main)
    yield engine
    await engine.dispose()


async def test_the_chain_makes_what_the_tables_say(database: AsyncEngine) -> None:
    async with database.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_of_1_5_0_comes_along_with_what_it_holds(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(baseline)
        await connection.execute(
            text("INSERT INTO tokens (repository, digest, created_at) VALUES ('o/r', 'kept', 0)"),
        )
    await migrate(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(text("SELECT digest FROM tokens"))).scalar_one() == "kept"


async def test_many_processes_may_migrate_at_once(empty: AsyncEngine, either: Address) -> None:
    others = [connect(either.main) for _ in range(4)]
    await asyncio.gather(*(migrate(engine) for engine in others))
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
    for engine in others:
        await engine.dispose()


async def test_tables_that_are_not_ours_are_left_alone(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.execute(text("CREATE TABLE workflow_status (id INTEGER)"))
    await migrate(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert "workflow_status" in await connection.run_sync(lambda held: inspect(held).get_table_names())
