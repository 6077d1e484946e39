import asyncio
import os
import sys
import threading
from asyncio.subprocess import DEVNULL

import psycopg
import pytest

from app.engine.database import main_database
from tests.postgres import Postgres


@pytest.mark.slow
async def test_processes_that_start_at_once_on_an_empty_database_do_not_wait_for_each_other_for_ever(
    postgres: Postgres,
) -> None:
    """DBOS makes indexes concurrently: that waits for every open statement, one that waits for a lock included."""
    url = postgres.database()
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url.render_as_string(hide_password=False)}
    command = (sys.executable, "-m", "app.cli", "migrate")
    three = [
        await asyncio.create_subprocess_exec(*command, env=environment, stdout=DEVNULL, stderr=DEVNULL)
        for _ in range(3)
    ]
    try:
        ended = await asyncio.wait_for(asyncio.gather(*(one.wait() for one in three)), 60)
    finally:
        for one in three:
            if one.returncode is None:
                one.kill()
                await one.wait()
        postgres.drop(url)
    assert ended == [0, 0, 0]


@pytest.mark.slow
def test_a_connection_that_comes_back_after_the_end_is_closed(postgres: Postgres) -> None:
    """DBOS does not wait for its threads; the pool that they give their connections back to is gone by then."""
    url, stop = postgres.database(), threading.Event()
    database = main_database(url, stop)
    late = database.raw_connection()
    held = late.driver_connection
    assert isinstance(held, psycopg.Connection)
    stop.set()
    database.dispose()
    assert not held.closed
    late.close()
    assert held.closed
    postgres.drop(url)
