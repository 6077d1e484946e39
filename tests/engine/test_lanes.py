import asyncio
import json
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import rows
from app.engine.database import main_database
from app.engine.engine import Pace
from app.github.errors import NotFound
from app.model import Done, Kind, Trigger
from tests.engine.stage import EVALUATE, Stage, command, opened, trigger
from tests.storage import laid
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_a_delivery_is_taken_and_run(stage: Stage) -> None:
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.engine.idle()
    assert stage.triggers == [trigger()]
    assert await stage.states() == ["taken"]


async def test_what_means_nothing_is_taken_and_runs_nothing(stage: Stage) -> None:
    await stage.engine.start()
    await stage.send()
    await stage.engine.idle()
    assert (stage.calls, await stage.states()) == ([], ["taken"])


async def test_a_new_delivery_is_taken_without_being_told_of_it(stage: Stage) -> None:
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.inbox.keep("from another process", "event", json.dumps([EVALUATE]).encode())
    await until(lambda: stage.called(1), 5)


async def test_one_lane_runs_one_at_a_time_in_order(stage: Stage) -> None:
    for words in "abcdef":
        await stage.send(command(words))
    await stage.engine.start()
    await stage.engine.idle()
    assert [trigger.text for trigger in stage.triggers] == list("abcdef")
    assert stage.most["o/r#1"] == 1


async def test_jobs_that_tie_in_one_millisecond_keep_their_order(stage: Stage) -> None:
    await stage.send(*(command(str(place)) for place in range(12)))  # one transaction: on PostgreSQL one now()
    await stage.engine.start()
    await stage.engine.idle()
    assert [trigger.text for trigger in stage.triggers] == [str(place) for place in range(12)]


async def test_different_lanes_run_side_by_side_up_to_the_limit(stage: Stage) -> None:
    stage.anew(pace=Pace(0.02, 0.02, concurrency=3))
    stage.gate.clear()
    for number in range(1, 6):
        await stage.send(EVALUATE | {"number": number})
    await stage.engine.start()
    await stage.taken()
    for _ in range(3):
        await stage.inside()
    stage.gate.set()
    await stage.engine.idle()
    assert (len(stage.calls), stage.most[""]) == (5, 3)


async def test_it_is_known_since_when_the_last_job_runs(stage: Stage) -> None:
    """The one column of DBOS that `/readyz` takes a dead worker's jobs by."""
    stage.gate.clear()
    await stage.engine.start()
    before = time.time()
    await stage.send(EVALUATE)
    await until(lambda: stage.called(1), 5)
    database = main_database(stage.address.main, threading.Event())
    with database.connect() as connection:
        found = rows.backlog(connection)
    database.dispose()
    stage.gate.set()
    assert found.running == 1
    assert found.begun is not None
    assert before - 1 <= found.begun <= time.time(), "by the database's own clock, which on SQLite knows whole seconds"


async def test_evaluations_that_wait_coalesce(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(EVALUATE | {"reason": "first"})
    await stage.inside()
    for reason in ("second", "third", "fourth"):
        await stage.send(EVALUATE | {"reason": reason})
    await stage.taken()
    stage.gate.set()
    await stage.engine.idle()
    assert [trigger.reason for trigger in stage.triggers] == ["first", "second"]
    assert await stage.states() == ["taken"] * 4


@pytest.mark.parametrize(
    ("waits", "comes", "runs"),
    [
        ({"reset": True}, {}, 1),
        ({}, {"reset": True}, 2),
        ({"hearsay": True}, {}, 2),
        ({}, {"hearsay": True}, 1),
        ({"hearsay": True}, {"hearsay": True, "reset": True}, 2),
    ],
)
async def test_what_waits_answers_only_what_asks_for_no_more(
    stage: Stage, waits: dict[str, bool], comes: dict[str, bool], runs: int
) -> None:
    await stage.send(EVALUATE | waits)
    await stage.send(EVALUATE | comes)
    await stage.engine.start()
    await stage.engine.idle()
    assert len(stage.calls) == runs


async def test_an_event_during_a_running_evaluation_causes_exactly_one_more(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.inside()
    for _ in range(5):
        await stage.send(EVALUATE)
    await stage.taken()
    assert len(stage.calls) == 1
    stage.gate.set()
    await stage.engine.idle()
    assert len(stage.calls) == 2


async def test_commands_never_coalesce_nor_reorder(stage: Stage) -> None:
    await stage.send(command("a"), command("a"), EVALUATE, EVALUATE, command("b"), EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    ran = [trigger.text or trigger.kind.value for trigger in stage.triggers]
    assert ran == ["a", "a", "evaluate", "b"]


async def test_searches_for_one_head_coalesce_and_sweeps_do_not(stage: Stage) -> None:
    head = {"kind": "locate", "number": None, "head_sha": "a" * 40}
    sweeps = [{"kind": "sweep", "number": None, "base_ref": base} for base in ("main", "next")]
    await stage.send(head, head, *sweeps)
    await stage.engine.start()
    await stage.engine.idle()
    ran = sorted((trigger.kind.value, trigger.base_ref) for trigger in stage.triggers)
    assert ran == [("locate", ""), ("sweep", "main"), ("sweep", "next")]


ASKED = st.lists(st.tuples(st.sampled_from(["evaluate", "command"]), st.integers(1, 2)), min_size=1, max_size=12)


@settings(max_examples=6)
@given(asked=ASKED, split=st.integers(0, 12))
def test_however_events_arrive_commands_run_once_in_order_and_the_last_word_is_heard(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, int]], split: int
) -> None:
    begun_after: dict[int, int] = {}  # by lane: how much had been sent when its last evaluation began

    async def played() -> Stage:
        async with opened(laid(tmp_path_factory.mktemp("engine"))) as stage:

            async def body(trigger: Trigger, attempts_left: int) -> Done:
                if trigger.kind is Kind.EVALUATE:
                    begun_after[trigger.number or 0] = stage.sent
                await stage.body(trigger, attempts_left)
                return Done()

            stage.anew(bodies=dict.fromkeys(Kind, body))
            for place, (kind, number) in enumerate(asked):
                if place == min(split, len(asked) - 1):
                    await stage.engine.start()
                await stage.send({"kind": kind, "number": number, "text": str(place)})
            await stage.engine.idle()
            return stage

    stage = asyncio.run(played())
    for number in (1, 2):
        sent = [(kind, place) for place, (kind, at) in enumerate(asked) if at == number]
        ran = [(trigger.kind.value, int(trigger.text)) for trigger in stage.triggers if trigger.number == number]
        assert [one for one in ran if one[0] == "command"] == [one for one in sent if one[0] == "command"]
        last = max((place for kind, place in sent if kind == "evaluate"), default=-1)
        assert begun_after.get(number, 0) > last
        assert stage.most.get(f"o/r#{number}", 1) == 1


async def test_what_follows_from_a_trigger_is_run(stage: Stage) -> None:
    stage.answers = [Done((trigger(number=1), trigger(number=2)))]
    await stage.send({"kind": "locate", "number": None, "head_sha": "a" * 40})
    await stage.engine.start()
    await stage.engine.idle()
    assert stage.triggers[0].number is None
    assert sorted(trigger.number or 0 for trigger in stage.triggers[1:]) == [1, 2]


async def test_what_follows_belongs_to_the_same_delivery_and_fails_with_it(stage: Stage) -> None:
    stage.answers = [Done((trigger(number=1),)), NotFound("GET /x", 404, "gone")]
    await stage.send({"kind": "sweep", "number": None})
    await stage.engine.start()
    await stage.engine.idle()
    assert await stage.rows() == [("guid-1", "failed", "GET /x: 404: gone")]


async def test_a_delivery_fails_when_one_of_its_triggers_does(stage: Stage) -> None:
    stage.answers = [NotFound("GET /x", 404, "gone")]
    await stage.send(EVALUATE, EVALUATE | {"number": 2}, EVALUATE | {"number": 3})
    await stage.engine.start()
    await stage.engine.idle()
    assert len(stage.calls) == 3
    assert await stage.rows() == [("guid-1", "failed", "GET /x: 404: gone")]


async def test_a_schedule_asks_once_at_the_start_and_its_answer_is_run(stage: Stage) -> None:
    async def clock(asked: Trigger, _attempts_left: int) -> Done:
        assert asked.lane == "schedule sweep"
        return Done((trigger(number=9),))

    stage.anew(bodies={Kind.SCHEDULED: clock, Kind.EVALUATE: stage.body}, schedules={"sweep": 10_000_000.0})
    await stage.engine.start()
    assert (await stage.inside()).number == 9
