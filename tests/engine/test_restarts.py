import asyncio

import pytest

from app.engine.engine import MAX_RECOVERIES
from app.github.errors import RateLimited
from app.model import Again
from tests.engine.stage import EVALUATE, Stage, command
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_a_restart_takes_up_what_was_not_done_and_nothing_else(stage: Stage) -> None:
    await stage.engine.start()
    await stage.send(command("first"))
    await stage.engine.idle()
    stage.gate.clear()
    await stage.send(command("second"))
    await stage.send(command("third"))
    await stage.inside()
    await stage.taken()
    await stage.engine.stop(drain=0.05)
    stage.calls.clear()
    stage.gate.set()
    await stage.anew().start()
    await stage.engine.idle()
    assert [trigger.text for trigger in stage.triggers] == ["second", "third"]


async def test_failures_are_counted_across_restarts_and_attempts_never_fall_below_zero(stage: Stage) -> None:
    stage.answers = [Again("not yet")] * 3
    stage.anew(backoff=lambda attempt: 3.0 if attempt == 3 else 0.0)
    await stage.engine.start()
    await stage.send(EVALUATE)
    await until(lambda: stage.called(3))
    await stage.engine.stop()
    await stage.anew(max_attempts=2).start()
    await stage.engine.idle()
    assert stage.calls[-1][1] == 0


async def test_stop_lets_running_work_end_and_begins_no_more(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(command("running"))
    await stage.send(command("waiting"))
    await stage.inside()
    await stage.taken()
    stopping = asyncio.create_task(stage.engine.stop(drain=10))
    await asyncio.sleep(0)  # one turn of the loop: it has been told, and waits for what runs
    stage.gate.set()
    await stopping
    assert [trigger.text for trigger in stage.triggers] == ["running"]
    await stage.anew().start()
    await stage.engine.idle()
    assert [trigger.text for trigger in stage.triggers] == ["running", "waiting"]


async def test_restarts_in_order_never_use_up_a_job_s_tries(stage: Stage) -> None:
    stage.gate.clear()
    await stage.send(command("long"))
    for _ in range(MAX_RECOVERIES + 3):
        await stage.engine.start()
        await stage.inside()
        await stage.engine.stop(drain=0)
        stage.anew()
    stage.gate.set()
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.states() == ["taken"]
    assert len(stage.calls) == MAX_RECOVERIES + 4


async def test_stop_does_not_wait_for_work_that_rests(stage: Stage) -> None:
    stage.anew(backoff=lambda _attempt: 60.0)
    stage.answers = [Again("not yet"), RateLimited("GET /x", 429, "", retry_after=60)]
    await stage.engine.start()
    await stage.send(EVALUATE, EVALUATE | {"number": 2})
    await until(lambda: stage.called(2))
    async with asyncio.timeout(5):
        await stage.engine.stop(drain=30)


async def test_stop_cuts_off_work_that_does_not_end(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.inside()
    async with asyncio.timeout(5):
        await stage.engine.stop(drain=0.05)
    assert stage.running["o/r#1"] == 0
    stage.gate.set()
    await stage.anew().start()
    await stage.engine.idle()
    assert len(stage.calls) == 2


async def test_stopping_what_never_started_leaves_everything_as_it_was(stage: Stage) -> None:
    await stage.send(EVALUATE)
    await stage.engine.stop()
    await stage.engine.stop()
    assert (stage.calls, await stage.states()) == ([], ["new"])
