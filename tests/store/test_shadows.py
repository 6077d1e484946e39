"""Mirrored answers as the look of an experiment compares them: each once, in any steps, to the same bytes."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Canary, Cause, KeptExperiment
from app.store import shadows as module
from app.store.experiments import Experiments
from app.store.shadows import Counted, Shadows
from app.store.triples import SentTriple, Triples
from checks import experiment
from checks.experiment import GateConfig, Reason
from checks.shadow import Config, Shadow, Status, Told, Triple, load, parse
from tests.store.test_experiments import START, Clock, tick

pytestmark = pytest.mark.slow

CANARY = Canary("octo/shop", "a" * 40, "canary", "main", 7)
RULES = experiment.Config(environments=("canary",), gate=GateConfig(baseline=0.01, watermark_seconds=60))
CAUSE = Cause("tests")
CRITICAL = Config(critical=("body.price",))


def triple(number: int, worse: bool = False, **more: Any) -> SentTriple:
    """An answer whose price is another in the candidate's where it is `worse`."""
    old = {"status": 200, "body": {"price": 1}}
    mine = {"status": 200, "body": {"price": 2 if worse else 1}}
    body = {"id": f"t{number}", "endpoint": "/orders", "candidate": mine, "primary": old, "secondary": old, **more}
    return SentTriple(f"t{number}", json.dumps(body).encode())


def in_memory(sent: list[SentTriple]) -> str:
    """What these come to without any database."""
    shadow = Shadow(Config())
    firsts: dict[str, Triple] = {}
    for one in sent:
        firsts.setdefault(one.id, parse(one.body))
    for first in firsts.values():
        shadow.update(first)
    return shadow.to_json()


@pytest.fixture
def experiments(database: AsyncEngine) -> Experiments:
    return Experiments(database)


@pytest.fixture
def triples(database: AsyncEngine) -> Triples:
    return Triples(database)


async def begun(experiments: Experiments, rules: Config | None = None, environment: str = "canary") -> int:
    canary = replace(CANARY, environment=environment)
    kept, _ = await experiments.begin(canary, RULES, CAUSE, Config() if rules is None else rules)
    return kept.id


def told(kept: KeptExperiment) -> Told:
    assert kept.mirrored is not None
    return load(kept.mirrored.told)


async def stored(experiments: Experiments, key: int) -> Counted:
    query = text(f"SELECT counts, told, taken FROM experiment_shadows WHERE experiment = {key}")
    async with experiments.engine.connect() as connection:
        return Counted(*(await connection.execute(query)).one())


async def test_a_look_compares_what_came_and_says_what_differs(experiments: Experiments, triples: Triples) -> None:
    key = await begun(experiments)
    assert told(await experiments.look(key, CAUSE)).status is Status.NO_DATA
    await triples.feed(key, [triple(n, worse=n % 4 == 0) for n in range(120)])
    found = told(await experiments.look(key, CAUSE))
    assert (found.status, found.answers, found.rows[0].field) == (Status.REGRESSION, 120, "body.price")
    assert await Shadows(experiments.engine).replayed(key) == await stored(experiments, key)


async def test_a_triple_that_came_twice_counts_once_and_of_two_that_differ_the_first(
    experiments: Experiments, triples: Triples
) -> None:
    key = await begun(experiments)
    await triples.feed(key, [triple(1), triple(1), triple(1, worse=True), triple(2)])
    await experiments.look(key, CAUSE)
    await triples.feed(key, [triple(2, worse=True), triple(3)])
    found = told(await experiments.look(key, CAUSE))
    assert (found.answers, found.differing) == (3, 0)
    assert await Shadows(experiments.engine).replayed(key) == await stored(experiments, key)


async def test_steps_make_no_difference_to_the_bit(
    experiments: Experiments, triples: Triples, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [triple(n % 70, worse=n % 3 == 0) for n in range(100)]
    large, small, tiny = [await begun(experiments, environment=name) for name in ("a", "b", "c")]
    await triples.feed(large, sent)
    await experiments.look(large, CAUSE)
    monkeypatch.setattr(module, "STEP", 7)
    for start in range(0, 100, 30):
        await triples.feed(small, sent[start : start + 30])
        await experiments.look(small, CAUSE)
    monkeypatch.setattr(module, "STEP_BYTES", 1)
    await triples.feed(tiny, sent)
    await experiments.look(tiny, CAUSE)
    first, second, third = [await stored(experiments, key) for key in (large, small, tiny)]
    assert first.counts == second.counts == third.counts == in_memory(sent), "on either database"
    assert first.told == second.told == third.told


async def test_one_look_compares_so_many_bytes_as_they_were_sent_and_the_next_the_rest(
    experiments: Experiments, triples: Triples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP_BYTES", 5_000)
    monkeypatch.setattr(module, "LOOK_BYTES", 5_000)
    key = await begun(experiments)
    large = {"status": 200, "body": {"price": 1, "pad": "x" * 8_000}}
    await triples.feed(key, [triple(n, secondary=large) for n in range(3)])
    stands = []
    for _ in range(4):
        kept = await experiments.look(key, CAUSE)
        stands.append((told(kept).answers, kept.mirrored is not None and kept.mirrored.behind))
    assert stands == [(1, True), (2, True), (3, False), (3, False)]
    assert await Shadows(experiments.engine).replayed(key) == await stored(experiments, key)


async def test_a_metric_that_is_proven_bad_waits_for_no_mirrored_answer(
    experiments: Experiments, triples: Triples
) -> None:
    clock = Clock()
    experiments = replace(experiments, now=clock)
    key = await begun(experiments)
    await triples.feed(key, [triple(n) for n in range(60)])
    for at in range(10):
        clock.at = START + 30 * at
        await experiments.feed(key, [tick(at, bad=5_000)])
    kept = await experiments.look(key, CAUSE)
    assert (kept.status, told(kept).answers) == ("rollback", 0)
    assert kept.mirrored is not None
    assert kept.mirrored.behind
    await experiments.acted(key, "done", "rollback")
    assert told(await experiments.look(key, CAUSE)).answers == 60


async def test_a_critical_field_ends_the_experiment_and_its_gate_is_as_it_was(
    experiments: Experiments, triples: Triples
) -> None:
    key = await begun(experiments, CRITICAL)
    before = json.loads((await experiments.look(key, CAUSE)).state)
    await triples.feed(key, [triple(n, worse=True) for n in range(60)])
    kept = await experiments.look(key, CAUSE)
    assert (kept.status, kept.reason) == ("inconclusive", "shadow")
    after = json.loads(kept.state)
    assert after["metrics"] == before["metrics"]
    assert await experiments.replayed(key) == kept.state


@pytest.mark.parametrize("rules", [Config(), CRITICAL.model_copy(update={"mode": experiment.Config().mode.WARN})])
async def test_what_is_not_critical_or_only_remarks_ends_nothing(
    experiments: Experiments, triples: Triples, rules: Config
) -> None:
    key = await begun(experiments, rules)
    await triples.feed(key, [triple(n, worse=True) for n in range(60)])
    kept = await experiments.look(key, CAUSE)
    assert (told(kept).status, kept.ended) == (Status.REGRESSION, False)


async def test_where_nobody_asks_answers_are_kept_and_not_compared(experiments: Experiments, triples: Triples) -> None:
    kept, _ = await experiments.begin(CANARY, RULES, CAUSE)
    await triples.feed(kept.id, [triple(1)])
    assert (await experiments.look(kept.id, CAUSE)).mirrored is None
    with pytest.raises(ValueError, match="nobody compares"):
        await Shadows(experiments.engine).replayed(kept.id)


async def test_other_rules_compare_the_kept_answers_anew(experiments: Experiments, triples: Triples) -> None:
    key = await begun(experiments)
    await triples.feed(key, [triple(n, worse=n % 4 == 0) for n in range(120)])
    assert told(await experiments.look(key, CAUSE)).status is Status.REGRESSION
    await experiments.rule(key, RULES, CAUSE, Config(wait_minutes=5))
    assert (await stored(experiments, key)).taken > 0, "what does not bear on the comparison keeps it"
    before = await experiments.look(key, CAUSE)
    kept = await experiments.rule(key, RULES, CAUSE, Config(ignore=("body.price",)))
    assert (told(kept).status, kept.state) == (Status.NO_DATA, before.state), "the gate's evidence is as it was"
    found = told(await experiments.look(key, CAUSE))
    assert (found.answers, found.differing) == (120, 0)
    await experiments.rule(key, RULES, CAUSE, None)
    assert (await experiments.look(key, CAUSE)).mirrored is None


async def test_an_experiment_that_has_ended_keeps_its_rules_and_still_compares_what_comes(
    experiments: Experiments, triples: Triples
) -> None:
    key = await begun(experiments)
    await experiments.stop(key, Reason.STOPPED, CAUSE)
    await experiments.rule(key, RULES, CAUSE, None)
    await triples.feed(key, [triple(n, worse=True) for n in range(60)])
    kept = await experiments.look(key, CAUSE)
    assert (kept.reason, told(kept).status) == ("stopped", Status.REGRESSION)


async def test_what_was_counted_outlives_the_answers(experiments: Experiments, triples: Triples) -> None:
    key = await begun(experiments)
    await triples.feed(key, [triple(n, worse=True) for n in range(60)])
    before = await experiments.look(key, CAUSE)
    assert await triples.prune(4e9) == 60
    await triples.feed(key, [triple(n) for n in range(60, 80)])
    after = await experiments.look(key, CAUSE)
    assert (told(after).answers, told(after).rows[0].flagged) == (80, True)
    assert told(before).rows[0].exemplars == told(after).rows[0].exemplars


@pytest.mark.parametrize("forgotten", [1, 60])
async def test_a_flag_whose_answers_are_forgotten_outlives_other_rules(
    experiments: Experiments, triples: Triples, forgotten: int
) -> None:
    key = await begun(experiments)
    await triples.feed(key, [triple(n, worse=True) for n in range(60)])
    await experiments.look(key, CAUSE)
    async with experiments.engine.begin() as connection:
        oldest = f"SELECT id FROM experiment_triples ORDER BY id LIMIT {forgotten}"
        await connection.execute(text(f"DELETE FROM experiment_triples WHERE id IN (SELECT id FROM ({oldest}) AS old)"))
    other = Config(ignore=("body.at",), critical=("body.price",))
    await experiments.rule(key, RULES, CAUSE, other)
    await triples.feed(key, [triple(n) for n in range(100, 700)])
    found = told(kept := await experiments.look(key, CAUSE))
    assert (found.status, found.answers, found.rows[0].field) == (Status.REGRESSION, 600, "body.price")
    assert (kept.status, kept.reason) == ("inconclusive", "shadow")


async def test_whoever_looks_at_once_counts_nothing_twice(experiments: Experiments, triples: Triples) -> None:
    key = await begun(experiments)
    await triples.feed(key, [triple(n) for n in range(40)])
    await asyncio.gather(
        *(experiments.look(key, CAUSE) for _ in range(4)),
        *(triples.feed(key, [triple(n) for n in range(start, start + 10)]) for start in (40, 50, 60)),
    )
    kept = await experiments.look(key, CAUSE)
    assert told(kept).answers == 70
    assert (await Shadows(experiments.engine).replayed(key)).counts == (await stored(experiments, key)).counts


async def test_without_a_secondary_the_noise_of_the_last_experiment_there_is_taken(
    experiments: Experiments, triples: Triples
) -> None:
    first = await begun(experiments)
    await triples.feed(first, [triple(n) for n in range(800)])
    await experiments.look(first, CAUSE)
    again, _ = await experiments.begin(replace(CANARY, sha="b" * 40), RULES, CAUSE, Config())
    elsewhere = await begun(experiments, environment="eu")
    pairs = [triple(n, worse=True, secondary=None) for n in range(100)]
    for key in (again.id, elsewhere):
        await triples.feed(key, pairs)
    here, there = [told(await experiments.look(key, CAUSE)) for key in (again.id, elsewhere)]
    assert (here.status, here.rows[0].noise_from) == (Status.REGRESSION, "stored")
    assert (there.status, there.rows[0].noise_from) == (Status.WAITING, "unknown")


async def test_the_course_that_was_taken_is_kept_beside_its_outcome(experiments: Experiments) -> None:
    key = await begun(experiments)
    await experiments.stop(key, Reason.STOPPED, CAUSE)
    await experiments.acted(key, "nothing", "hold")
    kept = await experiments.get(key)
    assert kept is not None
    assert (kept.acted, kept.course) == ("nothing", "hold")
