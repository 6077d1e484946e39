import asyncio
import zlib
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.storage import stores
from app.store import remedial_tables
from app.store.address import Address, address
from app.store.database import connect, migrate
from app.store.migrations import BASELINE, NewerDatabase, ours
from tests.deliveries import new


def differences(connection: Connection) -> list[Any]:
    """What the chain made that the tables do not say, or the other way round."""
    context = MigrationContext.configure(
        connection, opts={"include_object": ours, "compare_type": True, "target_metadata": remedial_tables.metadata}
    )
    found: list[Any] = compare_metadata(context, remedial_tables.metadata)
    return found


def baseline(connection: Connection) -> None:
    """The database as 1.5.0 left it: its tables, and no word of any chain."""
    config = Config()
    config.set_main_option("script_location", "app.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, BASELINE)
    connection.execute(text("DROP TABLE alembic_version"))


@pytest.fixture
async def empty(bare: Address) -> Any:
    engine = connect(bare.main)
    yield engine
    await engine.dispose()


async def test_the_chain_makes_what_the_tables_say(empty: AsyncEngine) -> None:
    await migrate(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_of_1_5_0_comes_along_with_what_it_holds(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(baseline)
        for statement in (
            "INSERT INTO tokens (repository, digest, created_at) VALUES ('o/r', 'kept', 0)",
            "INSERT INTO deliveries (guid, event, body, state, attempts, error, received_at) "
            "VALUES ('handled', 'ping', 'x', 'done', 0, '', 0)",
        ):
            await connection.execute(text(statement))
    await migrate(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(text("SELECT digest FROM tokens"))).scalar_one() == "kept"
        assert (await connection.execute(text("SELECT state FROM deliveries"))).scalar_one() == "taken"


async def test_a_database_of_a_newer_version_is_refused_in_one_sentence(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="made by a newer version"):
        await migrate(database)


async def test_many_processes_may_migrate_at_once(empty: AsyncEngine, bare: Address) -> None:
    others = [connect(bare.main) for _ in range(4)]
    await asyncio.gather(*(migrate(engine) for engine in others))
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
    for engine in others:
        await engine.dispose()


async def test_a_migration_waits_for_whoever_holds_the_file_longer_than_one_statement_would(tmp_path: Path) -> None:
    where = address(f"sqlite:///{tmp_path / 'maestro.db'}")
    holding, waiting = connect(where.main), connect(where.main)
    event.listen(waiting.sync_engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=50"))
    async with holding.begin():
        migrating = asyncio.create_task(migrate(waiting))
        await asyncio.sleep(0.4)
        assert not migrating.done()
    await migrating
    async with waiting.connect() as connection:
        assert await connection.run_sync(differences) == []
    await holding.dispose()
    await waiting.dispose()


async def test_tables_that_are_not_ours_are_left_alone(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.execute(text("CREATE TABLE workflow_status (id INTEGER)"))
    await migrate(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert "workflow_status" in await connection.run_sync(lambda held: inspect(held).get_table_names())


async def test_webhooks_that_1_5_0_kept_move_to_the_file_of_their_own(tmp_path: Path) -> None:
    where = address(f"sqlite:///{tmp_path / 'maestro.db'}")
    old = connect(where.main)
    async with old.begin() as connection:
        await connection.run_sync(baseline)
        for guid, state in (("handled", "done"), ("waiting", "new")):
            await connection.execute(
                text(
                    "INSERT INTO deliveries (guid, event, body, state, attempts, error, received_at) "
                    "VALUES (:guid, 'ping', :body, :state, 0, '', 0)"
                ),
                {"guid": guid, "body": zlib.compress(b"{}"), "state": state},
            )
    await old.dispose()
    for _ in range(2):  # the second start finds nothing left to move
        async with stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
            assert await kept.deliveries.counts() == {"taken": 1, "new": 1}
            assert [one.guid for one in await new(kept.inbox.engine)] == ["waiting"]
            assert not await kept.inbox.keep("handled", "ping", b"{}")
