"""When a study is looked at, what it keeps, and when somebody is told: a real SQLite file, a clock that a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cachetools import TTLCache

from app.model import Done, Intervention, KeptStudy, Kind, Later, Refusal, Surface, Trigger
from app.storage import stores
from app.store.studies import Studies
from checks.impact.block import Config
from checks.impact.outcome import Outcome
from checks.impact.panels import Panels
from checks.impact.series import Neighbour, Observed, Series
from checks.impact.told import MetricTold, Told, load
from handlers.study import REST, Deployed, Studying, next_look
from tests.storage import laid

AT = 1_800_000_000.0
RULES = Config.model_validate(
    {"metrics": [{"name": "p95", "better": "lower"}], "step_seconds": 60, "post_seconds": 3600, "pre_seconds": 7200}
)
SHIPPED = Intervention("octo/shop", "production", 31, "a" * 40, AT, (3, 7), installation=5)
SERVES = Trigger(Kind.DEPLOYED, "octo/shop", reason="deployment_status.success")


@dataclass
class World:
    """What is deployed, measured and found out, as a test wants it; and what was asked for."""

    brought: Intervention = SHIPPED
    outcome: Outcome = Outcome.NO_EVIDENCE
    digest: str = "1"
    now: float = AT
    windows: list[tuple[float, float, str]] = field(default_factory=list)
    judged: list[tuple[int, float, int]] = field(default_factory=list)

    async def found(self, trigger: Trigger) -> tuple[Intervention, Config] | Refusal:
        return self.brought, RULES

    async def neighbours(self, one: Intervention, start: float, end: float) -> Sequence[Neighbour]:
        return (Neighbour(one.at - 60, "deployment 30 of bbbbbbb"),)

    async def observed(
        self, repository: str, config: Config, environment: str, start: float, end: float, side: str, sha: str
    ) -> Sequence[Observed]:
        self.windows.append((start - AT, end - AT, side))
        return (Observed("p95", Series("p95", (start,), (1.0,))),)

    def judge(
        self, config: Config, observed: Sequence[Observed], at: float, neighbours: Sequence[Neighbour] = ()
    ) -> tuple[Told, Panels]:
        self.judged.append((len(observed), at, len(neighbours)))
        metrics = (MetricTold("p95", self.outcome),)
        return Told(self.outcome, at, metrics, 0.05, 0.1, "auto", self.digest, "test"), Panels()

    def clock(self) -> float:
        return self.now


@dataclass
class Here:
    world: World
    studies: Studies
    studying: Studying

    async def deployed(self) -> KeptStudy:
        answer = await Deployed(self.world, self.studies)(SERVES)
        (kept,) = await self.studies.newest("octo/shop", 1)
        assert answer.then[0] == Trigger(
            Kind.STUDY, "octo/shop", 5, study=kept.id, reason="deployment_status.success", surface=Surface.WEBHOOK
        )
        return kept

    async def look(self, kept: KeptStudy) -> Done | Later:
        return await self.studying(Trigger(Kind.STUDY, "octo/shop", study=kept.id, reason="studies"))

    async def look_after(self, kept: KeptStudy, minutes: float) -> list[tuple[Kind, int | None]]:
        self.world.now = AT + minutes * 60
        return told(await self.look(kept))


def told(answer: Done | Later) -> list[tuple[Kind, int | None]]:
    return [(one.kind, one.number) for one in answer.then]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    async with stores(str(laid(tmp_path).main)) as kept:
        world = World()
        studies = Studies(kept.main, lambda: round(world.now * 1e6))
        yield Here(world, studies, Studying(studies, world, world, world.judge, world.clock))


BOTH = [(Kind.AFTER, 3), (Kind.AFTER, 7)]


async def test_it_is_looked_at_once_a_few_points_can_be_there_and_not_before(here: Here) -> None:
    kept = await here.deployed()
    assert (kept.until, kept.look_at) == (AT + 3600, AT + 300)
    assert await here.look(kept) == Later(300.0)
    assert here.world.windows == []
    assert await here.look_after(kept, 5) == BOTH
    assert here.world.windows == [(-7200.0, 300.0, "")]
    assert here.world.judged == [(1, AT, 1)]
    again = await here.studies.get(kept.id)
    assert again is not None
    assert (load(again.told).outcome, again.done) == (Outcome.NO_EVIDENCE, False)


def test_looks_grow_apart_and_the_last_is_when_no_point_comes_any_more() -> None:
    looks, now = [], AT
    while now < AT + 3600 + 120:
        now = next_look(RULES, AT, now)
        looks.append((now - AT) / 60)
    assert looks[:4] == [5, 7.5, 11.25, 16.875]
    assert looks[-1] == 62
    assert len(looks) == 8


def test_where_a_step_is_long_the_first_look_is_no_later_than_the_last() -> None:
    rules = RULES.model_copy(update={"step_seconds": 1800})
    assert next_look(rules, AT, AT) == AT + 7200
    assert next_look(rules, AT, AT + 7200) == AT + 7200


async def test_another_outcome_is_told_at_once_and_other_figures_at_leisure(here: Here) -> None:
    kept = await here.deployed()
    assert await here.look_after(kept, 5) == BOTH
    here.world.digest = "2"
    assert await here.look_after(kept, 10) == []
    assert await here.look_after(kept, 5 + REST / 60) == BOTH
    assert await here.look_after(kept, 35) == [], "nothing is new"
    here.world.outcome = Outcome.LIKELY_WORSE
    assert await here.look_after(kept, 55) == BOTH


async def test_at_the_end_the_last_figures_are_told_and_all_that_came_was_looked_at(here: Here) -> None:
    kept = await here.deployed()
    await here.look_after(kept, 5)
    await here.look_after(kept, 50)
    here.world.digest = "2"
    assert await here.look_after(kept, 62) == BOTH
    assert here.world.windows[-1] == (-7200.0, 3600.0, "")
    ended = await here.studies.get(kept.id)
    assert ended is not None
    assert ended.done


async def test_whoever_was_killed_before_the_end_was_told_tells_it_when_run_again(here: Here) -> None:
    kept = await here.deployed()
    await here.look_after(kept, 62)
    looked = len(here.world.windows)
    again = replace(here.studying, told=TTLCache(1, 1))  # another process
    assert told(await replace(here, studying=again).look(kept)) == BOTH
    assert len(here.world.windows) == looked, "what is final is not looked at again"


async def test_a_deployment_that_brought_nothing_or_is_told_twice_begins_nothing_more(here: Here) -> None:
    kept = await here.deployed()
    assert (await here.deployed()).id == kept.id
    here.world.brought = replace(SHIPPED, deployment=32, pulls=())
    assert await Deployed(here.world, here.studies)(SERVES) == Done()
    assert await here.studies.newest("octo/shop", 9) == [kept]


async def test_a_canary_is_judged_with_its_pull_request_from_the_beginning(here: Here) -> None:
    here.world.brought = replace(SHIPPED, side="canary", pulls=(9,))
    began = await Deployed(here.world, here.studies)(SERVES)
    (kept,) = await here.studies.newest("octo/shop", 1)
    assert told(began)[1:] == [(Kind.EVALUATE, 9)]
    assert await here.look_after(kept, 5) == [(Kind.EVALUATE, 9)]
    assert here.world.windows == [(-7200.0, 300.0, "canary")]


async def test_a_study_whose_timer_was_lost_is_found_by_the_round(here: Here) -> None:
    kept = await here.deployed()
    assert await here.studying.round() == ()
    here.world.now = AT + 301
    (look,) = await here.studying.round()
    assert (look.kind, look.study, look.surface) == (Kind.STUDY, kept.id, Surface.SCHEDULE)
    await here.look(kept)
    assert await here.studying.round() == ()
