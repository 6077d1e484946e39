import asyncio
import contextlib
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from app.storage import stores
from app.store.database import AnotherWorker, sole_worker
from tests.commands.conftest import VARIABLES, Maestro
from tests.nights import by_night
from tests.postgres import Postgres
from tests.test_intake import signature
from tests.test_settings import PEM
from tests.waiting import until

pytestmark = pytest.mark.slow

SECRET = "the secret of this App"


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_without_settings_nothing_starts_and_each_variable_is_named(maestro: Maestro, command: str) -> None:
    ended = maestro(command)
    assert ended.code == 2
    assert all(name in ended.err for name in VARIABLES)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MAESTRO_WEBHOOK_SECRET", "", "an empty secret would accept anybody's webhooks"),
        ("MAESTRO_PRIVATE_KEY", "-----BEGIN hunter2-----", "not an unencrypted PEM key"),
        ("MAESTRO_PRIVATE_KEY", "/hunter2.pem", "MAESTRO_PRIVATE_KEY"),
        ("DATABASE_URL", "mysql://user:hunter2@db.example/maestro", "SQLite or PostgreSQL"),
    ],
)
def test_a_wrong_setting_refuses_to_start_without_being_quoted(
    maestro: Maestro, environment: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    given = {"MAESTRO_APP_ID": "1", "MAESTRO_PRIVATE_KEY": PEM, "MAESTRO_WEBHOOK_SECRET": SECRET} | {variable: value}
    for name, text in given.items():
        environment.setenv(name, text)
    environment.setattr("app.logs.configure", lambda **_: None)
    ended = maestro("serve")
    assert ended.code == 2
    assert said in ended.err
    assert "hunter2" not in ended.err


@contextlib.asynccontextmanager
async def running(command: str, directory: Path, **more: str) -> AsyncIterator[Process]:
    """The command as a process of its own, on any free port, killed if it does not end by itself."""
    environment = {
        "PATH": os.environ["PATH"],
        "MAESTRO_APP_ID": "1",
        "MAESTRO_PRIVATE_KEY": PEM,
        "MAESTRO_WEBHOOK_SECRET": SECRET,
        "MAESTRO_GITHUB_API": "http://127.0.0.1:9",
        "DATABASE_URL": f"sqlite:///{directory / 'maestro.db'}",
        "PORT": "0",
    } | more
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", command, env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def address(process: Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while line := (await process.stderr.readline()).decode():
            if found := re.search(r"listening on (http://\S+)", line):
                return found[1]
    raise AssertionError("it ended before it listened")


async def deliver(url: str, guid: str) -> int:
    body = b'{"zen": "Anything added dilutes everything else."}'
    headers = {
        "X-Hub-Signature-256": signature(body),
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": guid,
        "Content-Type": "application/json",
    }
    async with aiohttp.ClientSession() as session, session.post(f"{url}/webhook", data=body, headers=headers) as answer:
        return answer.status


async def states(directory: Path) -> dict[str, int]:
    async with stores(f"sqlite:///{directory / 'maestro.db'}") as kept:
        return await kept.deliveries.counts()


async def until_taken(directory: Path) -> None:
    async def taken() -> bool:
        return await states(directory) == {"taken": 1}

    await until(taken, 30)


@pytest.mark.parametrize("told", [signal.SIGTERM, *by_night(signal.SIGINT)])
async def test_serve_listens_on_loopback_handles_and_ends_when_told(tmp_path: Path, told: signal.Signals) -> None:
    async with running("serve", tmp_path) as process:
        url = await address(process)
        assert url.startswith("http://127.0.0.1:")
        assert not url.endswith(":0")
        assert await deliver(url, "guid-1") == 202
        await until_taken(tmp_path)
        process.send_signal(told)
        assert await asyncio.wait_for(process.wait(), 15) == 0


async def test_web_and_worker_share_the_work_over_one_file(tmp_path: Path) -> None:
    async with running("web", tmp_path) as web:
        assert await deliver(await address(web), "guid-1") == 202
        assert await states(tmp_path) == {"new": 1}
        async with running("worker", tmp_path) as worker:
            await until_taken(tmp_path)
            for process in (web, worker):
                process.terminate()
                assert await asyncio.wait_for(process.wait(), 15) == 0


@pytest.mark.parametrize("command", ["web", "worker"])
async def test_where_web_and_worker_share_no_disk_sqlite_refuses_to_start(tmp_path: Path, command: str) -> None:
    async with running(command, tmp_path, DYNO=f"{command}.1") as process:
        _, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 2
        assert b"DATABASE_URL must name PostgreSQL" in err


async def test_web_and_worker_share_the_work_over_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database().render_as_string(hide_password=False)
    async with (
        running("web", tmp_path, DATABASE_URL=url, DYNO="web.1") as web,
        running("worker", tmp_path, DATABASE_URL=url, DYNO="worker.1"),
        running("worker", tmp_path, DATABASE_URL=url, DYNO="worker.2"),
    ):
        assert await deliver(await address(web), "guid-1") == 202

        async def taken() -> bool:
            async with stores(url) as kept:
                return await kept.deliveries.counts() == {"taken": 1}

        await until(taken, 30)


async def test_what_was_stored_before_a_kill_is_handled_after_it(tmp_path: Path) -> None:
    async with running("web", tmp_path) as web:
        await deliver(await address(web), "guid-1")
        web.kill()
        await web.wait()
    async with running("worker", tmp_path):
        await until_taken(tmp_path)


async def test_a_second_worker_on_one_file_refuses_to_start(tmp_path: Path) -> None:
    async with running("worker", tmp_path) as first:
        await until(lambda: locked(tmp_path), 30)
        async with running("worker", tmp_path) as second:
            _, err = await asyncio.wait_for(second.communicate(), 30)
            assert second.returncode == 4
            assert b"another worker works on" in err
            assert b"Traceback" not in err
        assert first.returncode is None


async def locked(directory: Path) -> bool:
    """Whether a worker holds the file."""
    try:
        with sole_worker(directory / "maestro.db"):
            return False
    except AnotherWorker:
        return True


async def test_a_worker_that_dies_is_started_anew(tmp_path: Path) -> None:
    async with running("serve", tmp_path) as process:
        url = await address(process)
        await until(lambda: locked(tmp_path), 30)
        (worker,) = children(process.pid)
        os.kill(worker, signal.SIGKILL)
        assert await deliver(url, "guid-1") == 202
        await until_taken(tmp_path)
        assert worker not in children(process.pid)


async def test_a_worker_whose_parent_is_killed_ends_too(tmp_path: Path) -> None:
    async with running("serve", tmp_path) as process:
        await address(process)
        await until(lambda: locked(tmp_path), 30)
        process.kill()
        await process.wait()
        await until(lambda: unlocked(tmp_path), 30)


async def unlocked(directory: Path) -> bool:
    return not await locked(directory)


def children(parent: int) -> list[int]:
    """The process ids of `parent`'s children."""
    return [child.pid for child in psutil.Process(parent).children()]


async def test_metrics_tell_of_web_and_worker_together(tmp_path: Path) -> None:
    async with running("serve", tmp_path) as process:
        url = await address(process)
        await deliver(url, "guid-1")
        await until_taken(tmp_path)
        async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
            told = await answer.text()
    assert 'maestro_webhooks_total{event="ping",result="stored"} 1.0' in told
    assert "maestro_evaluation_seconds_bucket" in told


async def test_a_database_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "maestro.db").write_text("these are not the bytes of a database" * 99)
    async with running("serve", tmp_path) as served:
        _, err = await asyncio.wait_for(served.communicate(), 30)
        assert served.returncode == 4
        assert err.decode().splitlines()[-1].startswith("maestro: the database cannot be used: ")
        assert b"Traceback" not in err


async def test_a_port_in_use_is_infrastructure(tmp_path: Path) -> None:
    async with running("serve", tmp_path) as first:
        port = (await address(first)).rsplit(":", 1)[1]
        async with running("web", tmp_path, PORT=port) as second:
            _, err = await asyncio.wait_for(second.communicate(), 30)
            assert second.returncode == 4
            assert b"Traceback" not in err
