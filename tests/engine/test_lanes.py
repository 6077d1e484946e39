import asyncio
import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import Done
from app.github.errors import NotFound
from app.model import Delivery, Kind, Trigger
from app.store.deliveries import Deliveries
from tests.engine.stage import EVALUATE, Stage, command, opened, trigger
from tests.waiting import until


async def test_a_delivery_runs_and_is_done(stage: Stage) -> None:
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.engine.idle()
    assert stage.triggers == [trigger()]
    assert await stage.states() == ["done"]
    assert stage.memory() == 0


async def test_what_means_nothing_is_done_at_once(stage: Stage) -> None:
    await stage.engine.start()
    await stage.send()
    await stage.engine.idle()
    assert (stage.calls, await stage.states()) == ([], ["done"])


@dataclass(frozen=True)
class Watched(Deliveries):
    """Deliveries that tell when the engine has looked and found nothing."""

    emptied: asyncio.Event = field(default_factory=asyncio.Event)

    async def waiting(self, after: int, limit: int) -> list[Delivery]:
        found = await super().waiting(after, limit)
        if not found:
            self.emptied.set()
        return found


async def test_a_new_delivery_is_taken_without_being_told_of_it(stage: Stage) -> None:
    stage.engine.deliveries = watched = Watched(stage.database)
    await stage.engine.start()
    await asyncio.wait_for(watched.emptied.wait(), 5)
    assert await stage.deliveries.keep("from another process", "event", json.dumps([EVALUATE]).encode())
    await until(lambda: stage.stand("done"), 2)


async def test_one_lane_runs_one_at_a_time_in_order(stage: Stage) -> None:
    for words in "abcdef":
        await stage.send(command(words))
    await stage.engine.start()
    await stage.engine.idle()
    assert [trigger.text for trigger in stage.triggers] == list("abcdef")
    assert stage.most["o/r#1"] == 1


async def test_different_lanes_run_side_by_side_up_to_the_limit(stage: Stage) -> None:
    stage.anew(concurrency=3)
    stage.gate.clear()
    for number in range(1, 6):
        await stage.send(EVALUATE | {"number": number})
    await stage.engine.start()
    await stage.taken(5)
    for _ in range(3):
        await stage.inside()
    stage.gate.set()
    await stage.engine.idle()
    assert (len(stage.calls), stage.most[""]) == (5, 3)


async def test_evaluations_that_wait_coalesce_and_the_newest_speaks(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(EVALUATE | {"reason": "first"})
    await stage.inside()
    for reason in ("second", "third", "fourth"):
        await stage.send(EVALUATE | {"reason": reason})
    await stage.taken(2)
    stage.gate.set()
    await stage.engine.idle()
    assert [trigger.reason for trigger in stage.triggers] == ["first", "fourth"]
    assert await stage.states() == ["done"] * 4


async def test_coalescing_keeps_a_reset_and_a_known_installation(stage: Stage) -> None:
    await stage.send(EVALUATE | {"reset": True, "installation": 7})
    await stage.send(EVALUATE)
    await stage.engine.start()
    await stage.engine.idle()
    assert stage.triggers == [trigger(reset=True, installation=7)]


async def test_an_event_during_a_running_evaluation_causes_exactly_one_more(stage: Stage) -> None:
    stage.gate.clear()
    await stage.engine.start()
    await stage.send(EVALUATE)
    await stage.inside()
    await stage.send(EVALUATE)
    await stage.taken(2)
    assert len(stage.calls) == 1
    stage.gate.set()
    await stage.engine.idle()
    assert len(stage.calls) == 2


async def test_commands_never_coalesce_and_evaluations_never_pass_them(stage: Stage) -> None:
    asked = [command("a"), command("a"), EVALUATE, EVALUATE, command("b"), EVALUATE, EVALUATE]
    await stage.send(*asked)
    await stage.engine.start()
    await stage.engine.idle()
    ran = [trigger.text or trigger.kind.value for trigger in stage.triggers]
    assert ran == ["a", "a", "evaluate", "b", "evaluate"]


async def test_searches_for_one_head_coalesce_and_sweeps_only_of_one_base(stage: Stage) -> None:
    head = {"kind": "locate", "number": None, "head_sha": "a" * 40}
    sweeps = [{"kind": "sweep", "number": None, "base_ref": base} for base in ("main", "main", "next")]
    await stage.send(head, head, *sweeps)
    await stage.engine.start()
    await stage.engine.idle()
    ran = sorted((trigger.kind.value, trigger.base_ref) for trigger in stage.triggers)
    assert ran == [("locate", ""), ("sweep", "main"), ("sweep", "next")]


ASKED = st.lists(st.tuples(st.sampled_from(["evaluate", "command"]), st.integers(1, 2)), min_size=1, max_size=12)


@settings(max_examples=20)
@given(asked=ASKED, split=st.integers(0, 12))
def test_however_events_arrive_commands_run_once_in_order_and_the_last_word_is_heard(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, int]], split: int
) -> None:
    async def played() -> tuple[Stage, list[str]]:
        async with opened(tmp_path_factory.mktemp("engine")) as stage:
            for place, (kind, number) in enumerate(asked):
                if place == min(split, len(asked) - 1):
                    await stage.engine.start()
                await stage.send({"kind": kind, "number": number, "text": str(place)})
            await stage.engine.idle()
            return stage, await stage.states()

    stage, states = asyncio.run(played())
    assert set(states) == {"done"}
    for number in (1, 2):
        sent = [(kind, str(place)) for place, (kind, at) in enumerate(asked) if at == number]
        ran = [(trigger.kind.value, trigger.text) for trigger in stage.triggers if trigger.number == number]
        assert [one for one in ran if one[0] == "command"] == [one for one in sent if one[0] == "command"]
        assert ran == sorted(ran, key=lambda one: int(one[1]))
        assert ran[-1:] == sent[-1:]
        assert stage.most.get(f"o/r#{number}", 1) == 1


async def test_what_follows_from_a_trigger_is_run_and_belongs_to_its_delivery(stage: Stage) -> None:
    stage.answers = [Done((trigger(number=1), trigger(number=2)))]
    await stage.send({"kind": "locate", "number": None, "head_sha": "a" * 40})
    await stage.engine.start()
    await stage.engine.idle()
    assert [trigger.number for trigger in stage.triggers] == [None, 1, 2]
    assert await stage.states() == ["done"]


async def test_a_delivery_fails_when_one_of_its_triggers_does(stage: Stage) -> None:
    stage.answers = [NotFound("GET /x", 404, "gone")]
    await stage.send(EVALUATE, EVALUATE | {"number": 2}, EVALUATE | {"number": 3})
    await stage.engine.start()
    await stage.engine.idle()
    assert len(stage.calls) == 3
    assert (await stage.rows())[0][1:] == ("failed", 0, "GET /x: 404: gone")
    assert stage.memory() == 0


async def test_a_delivery_is_not_done_while_what_follows_from_it_runs(stage: Stage) -> None:
    async def sweep(_asked: Trigger, _attempts_left: int) -> Done:
        return Done((trigger(number=9),))

    stage.anew(bodies={Kind.SWEEP: sweep, Kind.EVALUATE: stage.body})
    stage.gate.clear()
    await stage.engine.start()
    await stage.send({"kind": "sweep", "number": None})
    await stage.inside()
    assert await stage.states() == ["new"]
    stage.gate.set()
    await stage.engine.idle()
    assert await stage.states() == ["done"]
