import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Canary, Cause, Figures, KeptExperiment
from app.store import experiments as module
from app.store.experiments import Ended, Experiments, SentTick
from app.store.fed import Fed, Full
from app.store.looks import gate_of
from app.store.provenance import Provenance
from app.store.triples import SentTriple, Triples
from checks.experiment import Config, GateConfig, Reason, Status, load
from checks.held import Feed

pytestmark = pytest.mark.slow

SHA = "a" * 40
CANARY = Canary("Octo/Shop", SHA, "Canary", "main", 7)
CAUSE = Cause("tests")
START = 1_700_000_000.0


def rules(**gate: Any) -> Config:
    return Config(environments=("canary",), gate=GateConfig(**{"baseline": 0.01, "watermark_seconds": 60, **gate}))


@dataclass
class Clock:
    """Epoch seconds, as the tests have them."""

    at: float = START

    def __call__(self) -> int:
        return int(self.at * 1e6)


def tick(at: int, bad: int = 100, **more: Any) -> SentTick:
    """The tick number `at`: 10,000 requests a side, 1 % of the control's bad."""
    side = {"good": 9_900, "total": 10_000}
    return SentTick(
        START + 30 * at, {"t": START + 30 * at, "control": side, "canary": side | {"good": 10_000 - bad}, **more}
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def experiments(database: AsyncEngine, clock: Clock) -> Experiments:
    return Experiments(database, clock)


@pytest.fixture
async def begun(experiments: Experiments) -> KeptExperiment:
    kept, fresh = await experiments.begin(CANARY, rules(), CAUSE)
    assert fresh
    return kept


async def run(experiments: Experiments, clock: Clock, key: int, bad: int, most: int = 60) -> KeptExperiment:
    """Ticks as they come, a look after each, until there is an answer."""
    for at in range(most):
        clock.at = START + 30 * at
        await experiments.feed(key, [tick(at, bad)])
        kept = await experiments.look(key, CAUSE)
        if Status(kept.status).final:
            return kept
    raise AssertionError("no answer")


async def test_there_is_one_experiment_of_a_commit_and_an_environment(
    experiments: Experiments, begun: KeptExperiment
) -> None:
    assert (begun.status, begun.canary.number) == ("waiting_data", 7)
    again, fresh = await experiments.begin(
        replace(CANARY, repository="octo/shop", deployment=9), rules(alpha=0.1), CAUSE
    )
    assert not fresh
    assert (again.id, again.rules, again.canary.deployment) == (begun.id, begun.rules, 9)
    other, fresh = await experiments.begin(replace(CANARY, environment="canary-eu"), rules(), CAUSE)
    assert fresh
    assert [one.id for one in await experiments.of("OCTO/shop", SHA)] == [begun.id, other.id]
    assert await experiments.of("octo/other", SHA) == []


async def test_another_repository_does_not_see_it(experiments: Experiments, begun: KeptExperiment) -> None:
    assert await experiments.get(begun.id, "octo/SHOP") == await experiments.get(begun.id) != None  # noqa: E711
    assert await experiments.get(begun.id, "octo/other") is None
    assert await experiments.get(begun.id + 1) is None


async def test_a_tick_that_comes_twice_is_kept_once_and_one_that_differs_is_told(
    experiments: Experiments, begun: KeptExperiment
) -> None:
    spelt = SentTick(START, json.loads(json.dumps(dict(reversed(list(tick(0).sent.items()))))))  # type: ignore[attr-defined]
    assert await experiments.feed(begun.id, [tick(0), spelt, tick(1)]) == Fed((0, 2), (1,))
    assert await experiments.feed(begun.id, [tick(1), tick(0, bad=200)]) == Fed((1,), (0,), (1,))


async def test_what_was_read_twice_is_one_tick_and_how_the_source_is_stays_known(
    experiments: Experiments, begun: KeptExperiment
) -> None:
    read = Figures(Feed("production", 15.0, "HTTP 500", START), ({"t": START, "control": {}, "canary": {}},))
    for _ in range(2):  # as if the worker had been killed between the reading and the look
        await experiments.heard(begun.id, read)
    assert await experiments.feed(begun.id, [SentTick(START, read.ticks[0])]) == Fed(duplicate=(0,))
    stopped = await experiments.stop(begun.id, Reason.STOPPED, CAUSE)
    await experiments.heard(begun.id, read)
    assert stopped.feed == read.feed
    assert await experiments.replayed(begun.id) == stopped.state


@pytest.mark.parametrize(("bad", "answer"), [(100, "promote"), (400, "rollback")])
async def test_an_answer_is_made_again_to_the_bit_from_the_stored_ticks(
    experiments: Experiments, clock: Clock, begun: KeptExperiment, bad: int, answer: str
) -> None:
    kept = await run(experiments, clock, begun.id, bad)
    assert kept.status == answer
    assert await experiments.replayed(begun.id) == kept.state


async def test_what_is_late_or_differs_after_it_was_scored_is_counted_and_changes_nothing(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    for at in range(5):
        clock.at = START + 30 * at
        await experiments.feed(begun.id, [tick(at)])
        before = await experiments.look(begun.id, CAUSE)
    await experiments.feed(begun.id, [tick(0, bad=5_000)])
    after = await experiments.look(begun.id, CAUSE)
    first, second = (load(one.state, gate_of(one.rules)) for one in (before, after))
    assert (second.anomalies.late, second.metrics) == (1, first.metrics)
    assert await experiments.replayed(begun.id) == after.state


async def test_time_alone_ends_what_nobody_feeds(experiments: Experiments, clock: Clock, begun: KeptExperiment) -> None:
    assert (await experiments.look(begun.id, CAUSE)).status == "waiting_data"
    clock.at += 241
    kept = await experiments.look(begun.id, CAUSE)
    assert (kept.status, kept.reason, kept.changed) == ("inconclusive", "stale", clock.at)
    assert await experiments.replayed(begun.id) == kept.state


async def test_a_look_that_finds_nothing_new_leaves_no_trace(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    async def looks() -> Any:
        async with experiments.engine.connect() as connection:
            return await connection.scalar(text("SELECT count(*) FROM experiment_looks"))

    await experiments.look(begun.id, CAUSE)
    before = await looks()
    clock.at += 10
    await experiments.look(begun.id, CAUSE)
    assert (before, await looks()) == (1, 1)


@pytest.mark.parametrize(
    "change",
    ["status = 'promote'", "reason = 'horizon'", "state = '{}'", "status = 'waiting_data', reason = ''"],
)
async def test_an_answer_is_final_for_whoever_comes_through_sql_too(
    experiments: Experiments, begun: KeptExperiment, change: str
) -> None:
    ended = await experiments.stop(begun.id, Reason.STOPPED, CAUSE)
    assert (ended.status, ended.reason) == ("inconclusive", "stopped")
    with pytest.raises(DBAPIError, match="has ended"):
        async with experiments.engine.begin() as connection:
            await connection.execute(text(f"UPDATE experiments SET {change}"))
    assert await experiments.get(begun.id) == ended


async def test_no_call_moves_what_has_ended(experiments: Experiments, clock: Clock, begun: KeptExperiment) -> None:
    ended = await run(experiments, clock, begun.id, bad=400)
    with pytest.raises(Ended):
        await experiments.feed(begun.id, [tick(100)])
    clock.at += 1_000
    assert await experiments.look(begun.id, CAUSE) == ended
    assert await experiments.stop(begun.id, Reason.STOPPED, CAUSE) == ended
    assert await experiments.rule(begun.id, rules(margin=3.0), CAUSE) == ended
    await experiments.acted(begun.id, "done")
    assert await experiments.get(begun.id) == replace(ended, acted="done")


async def test_ticks_and_looks_are_only_ever_added(experiments: Experiments, begun: KeptExperiment) -> None:
    await experiments.feed(begun.id, [tick(0)])
    await experiments.look(begun.id, CAUSE)
    for change in ("experiment_ticks SET t = 0", "experiment_looks SET at = 0"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with experiments.engine.begin() as connection:
                await connection.execute(text(f"UPDATE {change}"))


async def test_who_ends_it_is_overruled_by_evidence_that_came_before(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    for at in range(5):
        clock.at = START + 30 * at
        await experiments.feed(begun.id, [tick(at, bad=400)])
    assert (await experiments.stop(begun.id, Reason.STOPPED, CAUSE)).status == "rollback"


async def test_other_rules_begin_the_evidence_anew_and_are_made_again_too(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    for at in range(4):
        clock.at = START + 30 * at
        await experiments.feed(begun.id, [tick(at)])
        await experiments.look(begun.id, CAUSE)
    kept = await experiments.rule(begun.id, rules(margin=2.0), CAUSE)
    state = load(kept.state, gate_of(kept.rules))
    assert (state.restarts, state.samples) == (1, 0)
    assert await experiments.replayed(begun.id) == kept.state
    ended = await run(experiments, clock, begun.id, bad=500)
    assert ended.status == "rollback"
    assert await experiments.replayed(begun.id) == ended.state


async def test_many_small_steps_come_to_the_same_as_a_large_one(
    experiments: Experiments, clock: Clock, begun: KeptExperiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = await experiments.begin(replace(CANARY, environment="eu"), rules(), CAUSE)
    for at in range(8):
        clock.at = START + 30 * at
        for key in (begun.id, other.id):
            await experiments.feed(key, [tick(at)])
    large = await experiments.look(other.id, CAUSE)
    monkeypatch.setattr(module, "STEP", 3)
    small = await experiments.look(begun.id, CAUSE)
    assert small.state == large.state
    assert await experiments.replayed(begun.id) == small.state


async def test_a_backlog_is_no_silence(
    experiments: Experiments, clock: Clock, begun: KeptExperiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP", 3)
    for at in range(20):
        clock.at = START + 30 * at
        await experiments.feed(begun.id, [tick(at, 110)])
    clock.at += 1_000
    kept = await experiments.look(begun.id, CAUSE)
    assert kept.status == "promote"
    assert await experiments.replayed(begun.id) == kept.state


async def test_what_came_in_time_is_not_late_because_nobody_looked_for_a_while(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    for at in range(60):
        clock.at = START + 30 * at
        await experiments.feed(begun.id, [tick(at)])
    kept = await experiments.look(begun.id, CAUSE)
    assert kept.status == "promote"
    assert load(kept.state, gate_of(kept.rules)).anomalies.late == 0
    assert await experiments.replayed(begun.id) == kept.state


async def test_beginning_and_end_are_in_the_log(experiments: Experiments, clock: Clock, begun: KeptExperiment) -> None:
    await run(experiments, clock, begun.id, bad=400)
    await experiments.look(begun.id, CAUSE)
    told = [json.loads(entry) async for batch in Provenance(experiments.engine).rows() for _, entry, _ in batch]
    assert [(one["kind"], one["what"], one["head_sha"]) for one in told] == [
        ("experiment", f"experiment {begun.id}: begun", SHA),
        ("experiment", f"experiment {begun.id}: rollback", SHA),
    ]
    assert len({one["record_digest"] for one in told}) == 2


async def test_what_is_open_is_what_runs_or_owes_something(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    other, _ = await experiments.begin(replace(CANARY, environment="eu", base_ref="next"), rules(), CAUSE)
    assert [one.id for one in await experiments.running("octo/shop")] == [begun.id, other.id]
    assert [one.id for one in await experiments.running("octo/shop", "next")] == [other.id]
    await experiments.stop(begun.id, Reason.STOPPED, CAUSE)
    assert [one.id for one in await experiments.running("octo/shop")] == [other.id]
    assert [one.id for one in await experiments.open()] == [begun.id, other.id]
    clock.at += 90_000
    assert [one.id for one in await experiments.open()] == [other.id]
    clock.at -= 90_000
    await experiments.acted(begun.id, "nothing")
    assert [one.id for one in await experiments.open()] == [other.id]


async def test_whoever_feeds_at_once_loses_nothing(
    experiments: Experiments, clock: Clock, begun: KeptExperiment
) -> None:
    clock.at = START + 30 * 20
    await asyncio.gather(
        *(experiments.feed(begun.id, [tick(at)]) for at in range(20)),
        *(experiments.look(begun.id, CAUSE) for _ in range(5)),
    )
    kept = await experiments.look(begun.id, CAUSE)
    assert await experiments.replayed(begun.id) == kept.state
    async with experiments.engine.connect() as connection:
        taken, last = (
            await connection.execute(text("SELECT taken, (SELECT max(id) FROM experiment_ticks) FROM experiments"))
        ).one()
    assert taken == last


async def test_an_experiment_holds_no_more_ticks_than_are_kept(
    experiments: Experiments, begun: KeptExperiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TICKS", 2)
    with pytest.raises(Full):
        await experiments.feed(begun.id, [tick(0), tick(1), tick(2)])
    assert await experiments.feed(begun.id, [tick(0), tick(1)]) == Fed((0, 1))


async def test_the_first_triple_of_an_id_counts(database: AsyncEngine, begun: KeptExperiment) -> None:
    triples = Triples(database)
    assert await triples.feed(begun.id, [SentTriple("a", b"1"), SentTriple("a", b"1"), SentTriple("b", b"2")]) == Fed(
        (0, 2), (1,)
    )
    assert await triples.feed(begun.id, [SentTriple("a", b"9")]) == Fed((0,), (), (0,))
    assert await triples.of(begun.id) == [b"1", b"2"]
    assert await triples.of(begun.id + 1) == []
    assert await triples.prune(START) == 0
    assert await triples.prune(2e10) == 3


@pytest.mark.parametrize(("bad", "status"), [(None, "inconclusive"), (100, "promote")])
async def test_rolled_back_by_hand_nothing_promotes_it_and_its_proof_stays(
    experiments: Experiments, clock: Clock, begun: KeptExperiment, bad: int | None, status: str
) -> None:
    before = await run(experiments, clock, begun.id, bad) if bad else begun
    if bad:
        await experiments.acted(begun.id, "workflow promote.yml: done", "promote")
    back = await experiments.take_back(begun.id, CAUSE)
    assert (back.status, back.course, back.acted) == (status, "by_hand", "under way")
    assert back.reason == ("" if bad else "by_hand")
    assert bad is None or back.state == before.state
    await experiments.acted(begun.id, "workflow promote.yml: done", "promote")  # it was under way
    await experiments.acted(begun.id, "workflow back.yml: done", "by_hand")
    await experiments.acted(begun.id, "deployment to production: done", "promote")
    again = await experiments.take_back(begun.id, CAUSE)
    assert (again.course, again.acted) == ("by_hand", "workflow back.yml: done")
    assert await experiments.replayed(begun.id) == again.state


async def test_who_rolled_it_back_is_in_the_log_once(
    database: AsyncEngine, experiments: Experiments, begun: KeptExperiment
) -> None:
    for _ in range(2):
        await experiments.take_back(begun.id, Cause("rollback", "max", "maintain"))
    entries = [json.loads(row[1]) async for batch in Provenance(database).rows() for row in batch]
    told = [(one["what"].partition(": ")[2], one["who"]) for one in entries]
    assert told == [("begun", "maestro"), ("rolled back by hand", "max"), ("inconclusive by_hand", "max")]
