import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import text
from structlog.testing import capture_logs

from app.engine import rows
from app.engine.database import migrate as migrate_engine
from app.github.pacing import LedgerAway
from app.model import Cause
from app.pages.kpi_gauges import PACE, Outcomes
from app.pages.watching import LONGEST, STALE, Watching
from app.server import Web
from app.storage import Stores, stores
from program.kpi import KPIS
from tests.postgres import Postgres
from tests.storage import laid

pytestmark = pytest.mark.slow


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Stores]:
    async with stores(str(laid(tmp_path).main)) as opened:
        yield opened


@dataclass
class Budgets:
    """Write budgets that show themselves when they are asked for, unless their ledger is away."""

    asked: int = 0
    away: bool = False

    async def __call__(self) -> dict[int, object]:
        self.asked += 1
        if self.away:
            raise LedgerAway
        return {}


@pytest.fixture
def budgets() -> Budgets:
    return Budgets()


@pytest.fixture
async def server(kept: Stores, budgets: Budgets) -> AsyncIterator[BaseTestServer]:
    tables = (kept.inbox, kept.deliveries, kept.decisions, kept.fixes, kept.opinions)
    watching = Watching(*tables, kept.backlog, budgets, Outcomes(kept.reading.kpis))
    async with TestServer(Web([b"secret"], kept.inbox, lambda: None, watching.routes()).app()) as opened:
        yield opened


async def asked(server: BaseTestServer, path: str = "/readyz") -> tuple[int, str]:
    async with ClientSession() as session, session.get(server.make_url(path)) as answer:
        return answer.status, await answer.text()


async def test_where_webhooks_can_be_stored_and_none_waits_we_are_ready(server: BaseTestServer, kept: Stores) -> None:
    await kept.decisions.keep("o/r", 1, "a" * 40, "ship", b"{}", Cause())
    status, told = await asked(server)
    assert status == 200
    assert '"status": "ready"' in told
    assert '"last_decision_seconds_ago": null' not in told


async def test_where_nothing_can_be_stored_we_are_not(server: BaseTestServer, kept: Stores) -> None:
    async with kept.inbox.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO gone"))
    with capture_logs():
        status, told = await asked(server)
    assert status == 503
    assert "webhooks cannot be stored" in told


async def test_a_webhook_that_nobody_takes_tells_that_the_worker_is_gone(server: BaseTestServer, kept: Stores) -> None:
    await kept.inbox.keep("guid", "ping", b"{}")
    assert (await asked(server))[0] == 200
    async with kept.inbox.engine.begin() as connection:
        await connection.execute(text(f"UPDATE deliveries SET received_at = received_at - {int(STALE * 1e6) + 1}"))
    status, told = await asked(server)
    assert status == 503
    assert "nobody takes webhooks" in told


async def jobs(
    kept: Stores, *states: str, seconds: float = 0.0, rested: float | None = None, begun: float = 0.0
) -> None:
    """Jobs in the engine's own table, put there so long ago; they rested until `rested`, and run since `begun`."""
    await asyncio.to_thread(migrate_engine, kept.address)
    now = time.time()
    rest = None if rested is None else int((now - rested) * 1e3)
    async with kept.main.begin() as connection:
        for number, state in enumerate(states):
            values = {"n": f"{state}-{number}", "s": state, "q": rows.LANES, "c": int((now - seconds) * 1e3), "r": rest}
            values["b"] = int((now - begun) * 1e3) if state == rows.RUNNING else None
            await connection.execute(
                text(
                    "INSERT INTO workflow_status "
                    "(workflow_uuid, status, queue_name, created_at, updated_at, delay_until_epoch_ms, "
                    "started_at_epoch_ms, priority) VALUES (:n, :s, :q, :c, :c, :r, :b, 0)"
                ),
                values,
            )


async def test_a_job_that_waits_while_none_runs_tells_that_the_worker_only_takes(
    server: BaseTestServer, kept: Stores
) -> None:
    await jobs(kept, rows.WAITING, rows.RESTING, seconds=STALE + 1)
    status, told = await asked(server)
    assert status == 503
    assert "nobody runs jobs" in told


async def test_a_job_that_waits_behind_one_that_runs_is_in_good_hands(server: BaseTestServer, kept: Stores) -> None:
    await jobs(kept, rows.WAITING, rows.RUNNING, seconds=STALE + 1)
    status, told = await asked(server)
    assert status == 200
    assert '"waiting": 1, "resting": 0, "running": 1' in told


async def test_what_a_dead_worker_was_at_does_not_count_for_ever(server: BaseTestServer, kept: Stores) -> None:
    await jobs(kept, rows.WAITING, rows.RUNNING, seconds=2 * LONGEST, begun=LONGEST + 1)
    status, told = await asked(server)
    assert status == 503
    assert "nobody runs jobs" in told
    assert '"running": 1' in told


async def test_a_job_begins_to_wait_when_its_rest_is_over(server: BaseTestServer, kept: Stores) -> None:
    await jobs(kept, rows.WAITING, seconds=3600, rested=1)
    assert (await asked(server))[0] == 200


async def test_a_job_that_rests_waits_for_nobody(server: BaseTestServer, kept: Stores) -> None:
    await jobs(kept, rows.RESTING, seconds=STALE + 1)
    assert (await asked(server))[0] == 200


async def test_before_the_first_worker_no_job_waits(server: BaseTestServer) -> None:
    status, told = await asked(server, "/metrics")
    assert status == 200
    assert 'maestro_jobs{state="waiting"} 0.0' in told
    assert "maestro_jobs_age_seconds 0.0" in told
    assert "maestro_database_up 1.0" in told


async def test_the_lanes_are_counted_where_prometheus_looks(server: BaseTestServer, kept: Stores) -> None:
    await jobs(kept, rows.WAITING, rows.WAITING, rows.RESTING, rows.RUNNING, "SUCCESS", seconds=60)
    _, told = await asked(server, "/metrics")
    assert 'maestro_jobs{state="waiting"} 2.0' in told
    assert 'maestro_jobs{state="resting"} 1.0' in told
    assert 'maestro_jobs{state="running"} 1.0' in told
    assert 60 <= figure(told, "maestro_jobs_age_seconds") < 90


def figure(told: str, name: str) -> float:
    (line,) = (line for line in told.splitlines() if line.startswith(f"{name} "))
    return float(line.rpartition(" ")[2])


async def test_the_write_budgets_are_asked_for_each_time(server: BaseTestServer, budgets: Budgets) -> None:
    await asked(server, "/metrics")
    await asked(server, "/metrics")
    assert budgets.asked == 2


async def test_without_its_database_it_still_tells_what_it_counted_itself(
    server: BaseTestServer, kept: Stores, budgets: Budgets
) -> None:
    await kept.inbox.keep("guid", "ping", b"{}")
    assert "maestro_queue_depth 1.0" in (await asked(server, "/metrics"))[1]
    budgets.away = True
    async with kept.inbox.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO gone"))
    with capture_logs() as logged:
        status, told = await asked(server, "/metrics")
    assert status == 200
    assert "maestro_ack_seconds_bucket" in told
    assert "maestro_queue_depth NaN" in told
    assert 'maestro_deliveries{standing="new"} NaN' in told
    assert 'maestro_jobs{state="waiting"} 0.0' in told  # of the other file, which is there
    assert "maestro_database_up 0.0" in told
    assert {line["event"] for line in logged} == {"metrics.database"}


async def test_the_queue_is_counted_where_prometheus_looks(server: BaseTestServer, kept: Stores) -> None:
    await asyncio.gather(*(kept.inbox.keep(f"g{n}", "ping", b"{}") for n in range(3)))
    status, told = await asked(server, "/metrics")
    assert status == 200
    assert "maestro_queue_depth 3.0" in told
    assert 'maestro_deliveries{standing="failed"} 0.0' in told


async def test_what_several_processes_counted_is_told_together(
    server: BaseTestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_has_counted = tmp_path / "yet"
    nobody_has_counted.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(nobody_has_counted))
    status, told = await asked(server, "/metrics")
    assert (status, told.strip()) == (200, "")


async def test_the_figures_of_postgresql_outlive_postgresql(postgres: Postgres) -> None:
    url = postgres.database()
    async with stores(url.render_as_string(hide_password=False)) as kept:
        counted = kept.inbox, kept.deliveries, kept.decisions, kept.fixes, kept.opinions
        watching = Watching(*counted, kept.backlog, Budgets(), Outcomes(kept.kpis))
        async with TestServer(Web([b"secret"], kept.inbox, lambda: None, watching.routes()).app()) as server:
            assert "maestro_database_up 1.0" in (await asked(server, "/metrics"))[1]
            await asyncio.to_thread(migrate_engine, kept.address)
            assert 'maestro_jobs{state="running"} 0.0' in (await asked(server, "/metrics"))[1]
            postgres.crash()
            try:
                with capture_logs():
                    status, told = await asked(server, "/metrics")
            finally:
                postgres.start()
            assert status == 200
            assert "maestro_database_up 0.0" in told
            assert 'maestro_jobs{state="waiting"} NaN' in told
            assert "maestro_database_up 1.0" in (await asked(server, "/metrics"))[1]
    postgres.drop(url)


async def test_outcomes_are_told_of_all_repositories_together_and_what_is_not_known_is_no_number(
    server: BaseTestServer, kept: Stores
) -> None:
    for number in range(8):
        await kept.decisions.keep(f"octo/{number % 3}", number, "a" * 40, "ship", b"{}", Cause("test"))
    told = (await asked(server, "/metrics"))[1]
    assert 'maestro_kpi{kpi="adoption"} 0.0' in told
    assert 'maestro_kpi_n{kpi="adoption"} 8.0' in told
    assert 'maestro_kpi_high{kpi="adoption"} 0.32' in told
    assert 'maestro_kpi{kpi="eval_score"} NaN' in told
    assert told.count("\nmaestro_kpi{") == len(KPIS)


async def test_outcomes_are_counted_anew_every_five_minutes(kept: Stores) -> None:
    clock = [time.time()]
    outcomes = Outcomes(kept.kpis, lambda: clock[0])
    assert (await outcomes())["adoption"].n == 0
    await kept.decisions.keep("octo/shop", 1, "a" * 40, "ship", b"{}", Cause("test"))
    clock[0] += PACE - 1
    assert (await outcomes())["adoption"].n == 0
    clock[0] += 1
    assert (await outcomes())["adoption"].n == 1
