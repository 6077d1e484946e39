"""What DBOS needs around it (docs/decisions/008), each safeguard where it bites."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dbos import DBOS
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.engine.handover import APPLICATION, WORKFLOW
from app.engine.jobs import Job, first, read, written
from app.engine.owner import GRACE, Lost, Reaper, SharedOwner, key_of
from app.model import Delivery, Done, Kind, Trigger
from app.store.address import Address
from tests.engine.stage import EVALUATE, Stage, command, opened, trigger
from tests.postgres import Postgres
from tests.storage import laid
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
async def shared(postgres: Postgres) -> AsyncIterator[Stage]:
    """A stage on PostgreSQL."""
    url = postgres.database()
    async with opened(Address(url, url)) as stage:
        yield stage
    postgres.drop(url)


async def on_main(stage: Stage, statement: str, **values: object) -> None:
    schema = "dbos." if stage.address.shared else ""
    async with stage.main.begin() as connection:
        await connection.execute(text(statement.replace("workflow_status", f"{schema}workflow_status")), values)


# --- 4: the answer to a claim was lost ----------------------------------------------------------------------


async def test_a_job_that_counts_as_ours_though_nobody_runs_it_is_freed_and_runs_once(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(command("running"))
    await stage.inside()
    await stage.send(command("claimed"))
    await stage.taken()
    claim = "UPDATE workflow_status SET status = 'PENDING', executor_id = :me WHERE status = 'ENQUEUED'"
    await on_main(stage, claim, me=stage.engine.owner.executor)
    stage.gate.set()
    await stage.engine.idle(20)
    assert [one.text for one in stage.triggers] == ["running", "claimed"]


# --- 5: owners ----------------------------------------------------------------------------------------------


async def test_the_work_of_a_worker_that_is_gone_for_good_is_taken_over(shared: Stage) -> None:
    shared.gate.clear()
    await shared.engine.start()
    await shared.send(command("first"))
    await shared.inside()
    await shared.send(command("second"))
    await shared.taken()
    shared.gate.set()
    gone = "UPDATE workflow_status SET status = 'PENDING', executor_id = 'worker-gone' WHERE status = 'ENQUEUED'"
    await on_main(shared, gone)
    await shared.engine.idle(30)
    assert [one.text for one in shared.triggers] == ["first", "second"]


async def cut(stage: Stage) -> None:
    """End the session in which a worker holds its lock, as a router that forgets a connection would."""
    key = key_of(stage.engine.owner.executor)
    async with stage.main.begin() as connection:
        find = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key")
        assert (await connection.execute(find, {"key": key})).scalar_one()


async def test_a_live_worker_whose_lock_is_cut_locks_anew_and_nothing_runs_twice(shared: Stage) -> None:
    lost: list[None] = []
    shared.anew(on_lost=lambda: lost.append(None))
    shared.gate.clear()
    await shared.engine.start()
    await shared.send(command("running"))
    await shared.inside()
    await cut(shared)
    assert not await shared.engine.owns()
    await until(shared.engine.owns)
    shared.gate.set()
    await shared.engine.idle()
    assert (len(shared.calls), lost) == (1, [])


async def test_a_worker_whose_name_somebody_else_has_locked_must_end(shared: Stage) -> None:
    lost = asyncio.Event()
    shared.anew(on_lost=lost.set)
    await shared.engine.start()
    async with shared.main.connect() as connection:
        await cut(shared)
        await connection.execute(
            text("SELECT pg_advisory_lock(:class, :key)"),
            {"class": 0x6D617374, "key": key_of(shared.engine.owner.executor)},
        )
        await asyncio.wait_for(lost.wait(), 20)
        assert not await shared.engine.owns()


async def test_a_worker_whose_work_was_given_away_must_end(shared: Stage) -> None:
    lost = asyncio.Event()
    shared.anew(on_lost=lost.set)
    shared.gate.clear()
    await shared.engine.start()
    await shared.send(command("running"))
    await shared.inside()
    await on_main(shared, "UPDATE workflow_status SET executor_id = 'worker-other' WHERE status = 'PENDING'")
    await cut(shared)
    await asyncio.wait_for(lost.wait(), 20)
    assert not await shared.engine.owns()


def test_while_the_server_is_away_nobody_owns_and_nothing_is_lost(postgres: Postgres) -> None:
    url = postgres.database()
    owner = SharedOwner(url)
    owner.take()
    postgres.crash()
    try:
        assert not owner.held()
        owner.keep(lambda: False)
    finally:
        postgres.start()
    with pytest.raises(Lost):
        owner.keep(lambda: False)
    owner.release()
    postgres.drop(url)


def test_a_worker_is_dead_only_after_its_lock_was_missing_for_a_while(postgres: Postgres) -> None:
    url = postgres.database()
    alive = SharedOwner(url)
    alive.take()
    reaper = Reaper("me")
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        everybody = {"me", alive.executor, "gone"}
        assert reaper.dead(connection, everybody, 0.0) == []
        assert reaper.dead(connection, everybody, GRACE - 0.1) == []
        assert reaper.dead(connection, everybody, GRACE) == ["gone"]
        reaper.forget()
        assert reaper.dead(connection, everybody, GRACE + 1) == []
    engine.dispose()
    alive.release()
    postgres.drop(url)


# --- 3: the database restarts -------------------------------------------------------------------------------


@pytest.mark.slow
async def test_six_immediate_restarts_under_load_lose_nothing_and_leave_nothing_behind(
    shared: Stage, postgres: Postgres
) -> None:
    await shared.engine.start()
    sent: list[str] = []
    for restart in range(6):
        for number in range(1, 6):
            words = f"{restart}-{number}"
            with_patience = asyncio.create_task(_send(shared, command(words, number=number)))
            sent.append(words)
            if number == 3:
                await asyncio.to_thread(postgres.crash)
                await asyncio.to_thread(postgres.start)
            await with_patience
    await shared.engine.idle(60)
    for number in range(1, 6):
        ran = [one.text for one in shared.triggers if one.number == number]
        assert list(dict.fromkeys(ran)) == [words for words in sent if words.endswith(f"-{number}")]
    assert set(await shared.states()) == {"taken"}


async def _send(stage: Stage, asked: dict[str, object]) -> None:
    """Send until it is stored, as GitHub's own redelivery, or a person, would."""
    guid = str(asked["text"])
    while True:
        try:
            await stage.inbox.keep(guid, "event", json.dumps([asked]).encode())
            return
        except (DBAPIError, TimeoutError, OSError):
            await asyncio.sleep(0.1)


# --- versions -----------------------------------------------------------------------------------------------


async def test_work_of_every_release_belongs_to_one_version(stage: Stage) -> None:
    await stage.engine.start()
    assert DBOS.application_version == "1"
    assert (APPLICATION, WORKFLOW) == ("maestro", "run")


def test_a_job_that_another_release_wrote_is_read_as_far_as_we_know_it() -> None:
    job = first(Delivery(7, "guid-7", "event", b"[]", 0.0), 0, trigger(reason="pull_request.opened"))
    theirs = json.loads(written(job))
    theirs["later"] = {"than": "us"}
    theirs["trigger"] |= {"colour": "red"}
    del theirs["failures"], theirs["trigger"]["reset"]
    assert read(json.dumps(theirs)) == job


# --- a job that kills its process ---------------------------------------------------------------------------


async def test_a_job_whose_process_died_each_time_is_given_up_and_listed(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(command("running"))
    await stage.inside()
    await stage.send(command("deadly"))
    await stage.taken()
    dead = "UPDATE workflow_status SET status = 'MAX_RECOVERY_ATTEMPTS_EXCEEDED' WHERE status = 'ENQUEUED'"
    await on_main(stage, dead)
    stage.gate.set()

    async def listed() -> bool:
        return await stage.states() == ["taken", "failed"]

    await until(listed)
    assert "the worker died each time" in (await stage.rows())[1][2]


async def test_what_ended_long_ago_is_forgotten(stage: Stage) -> None:
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.engine.idle()
    await on_main(stage, "UPDATE workflow_status SET completed_at = 1, created_at = 1 WHERE status = 'SUCCESS'")
    await stage.engine.stop(0)
    await stage.anew().start()

    async def forgotten() -> bool:
        schema = "dbos." if stage.address.shared else ""
        async with stage.main.connect() as connection:
            query = text(f"SELECT count(*) FROM {schema}workflow_status")
            return int((await connection.execute(query)).scalar_one()) == 0

    await until(forgotten)


# --- a loop that pauses -------------------------------------------------------------------------------------


def test_what_is_begun_while_the_loop_pauses_runs_on_it_when_it_goes_on(tmp_path: Path) -> None:
    seen: list[asyncio.AbstractEventLoop] = []

    async def body(_trigger: Trigger, _attempts_left: int) -> Done:
        seen.append(asyncio.get_running_loop())
        return Done()

    with asyncio.Runner() as runner:
        opening = opened(laid(tmp_path / "kept"))
        stage = runner.run(opening.__aenter__())
        stage.anew(bodies=dict.fromkeys(Kind, body))
        runner.run(stage.engine.start())
        runner.run(stage.engine.put([Job("1", trigger())]))
        time.sleep(0.5)  # DBOS looks at the lanes from a thread of its own, and finds no loop that runs
        runner.run(stage.engine.idle())
        runner.run(opening.__aexit__(None, None, None))
        assert seen == [runner.get_loop()]
