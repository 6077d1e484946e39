"""When an experiment is looked at again, and when somebody is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.model import (
    Action,
    Canary,
    Cause,
    Done,
    Figures,
    KeptExperiment,
    Kind,
    Landed,
    Later,
    Mirrored,
    Outcome,
    Place,
    Trigger,
)
from app.render.revert import RevertRenderer
from checks import shadow
from checks.experiment import Config, GateConfig, GateState, Reason, begin, dump, stopped
from checks.experiment.aftermath import NOTHING
from checks.held import Feed as HeldFeed
from handlers.consequences import Consequences
from handlers.experiment import REST, Watch
from handlers.reverting import Reverting
from tests.checks.experiment.facts import even, run

RULES = GateConfig(baseline=0.01, watermark_seconds=0)
LOOK = Trigger(Kind.EXPERIMENT, "octo/shop", experiment=12, reason="experiment")


def kept(state: GateState, number: int | None = 7, gate: GateConfig = RULES) -> KeptExperiment:
    rules = Config(environments=("canary",), gate=gate).model_dump_json()
    canary = Canary("octo/shop", "a" * 40, "canary", "main", number, installation=3)
    return KeptExperiment(12, canary, rules, dump(state), state.status.value, state.reason.value, 0.0, 0.0)


@dataclass
class Shelf:
    """One experiment, as it is found at each look."""

    found: KeptExperiment | None
    acts: list[str] = field(default_factory=list)
    courses: list[str] = field(default_factory=list)

    async def get(self, key: int) -> KeptExperiment | None:
        return self.found

    async def heard(self, key: int, figures: Figures) -> None:
        self.acts.append(f"heard {len(figures.ticks)} ticks of {figures.feed.source}")

    async def look(self, key: int, cause: Cause) -> KeptExperiment:
        assert self.found is not None
        return self.found

    async def open(self) -> list[KeptExperiment]:
        return [self.found] if self.found else []

    async def acted(self, key: int, outcome: str, course: str) -> None:
        self.acts.append(outcome)
        self.courses.append(course)


@dataclass
class Feed:
    """Whoever is asked for figures, and what it has."""

    has: Figures | None = None

    async def due(self, kept: KeptExperiment) -> Figures | None:
        return self.has


@dataclass
class Clock:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


class _Unasked:
    """A writer that nothing is asked of: these rules name no consequences."""

    def turn(self, place: Place, head_sha: str) -> Any:
        raise AssertionError

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> Sequence[Outcome]:
        raise AssertionError(actions)


class _Unmerged:
    """A GitHub that has merged nothing."""

    async def landed(self, place: Place, canary: Canary) -> None:
        return None

    async def change(self, place: Place, landed: Landed) -> None:
        raise AssertionError(landed)

    async def proposal(self, place: Place, number: int) -> None:
        raise AssertionError(number)


def watch(found: KeptExperiment | None, has: Figures | None = None) -> tuple[Watch, Shelf, Clock]:
    shelf, clock = Shelf(found), Clock()
    reverting = Reverting(_Unasked(), _Unmerged(), RevertRenderer())
    return Watch(shelf, Feed(has), Consequences(_Unasked(), reverting), clock), shelf, clock


def told(answer: Done | Later) -> list[Any]:
    return [(one.kind, one.number, one.reason) for one in answer.then]


async def test_a_beginning_is_told_at_once_and_once() -> None:
    looks, _, _ = watch(kept(begin(RULES)))
    first, second = await looks(LOOK), await looks(LOOK)
    assert isinstance(first, Later)
    assert told(first) == [(Kind.EVALUATE, 7, "experiment.waiting_data")]
    assert told(second) == []
    (trigger,) = first.then
    assert trigger.hearsay, "it brings no rules to where there are none"


async def test_more_evidence_is_told_once_in_a_while_and_another_status_at_once() -> None:
    looks, shelf, clock = watch(kept(begin(RULES)))
    await looks(LOOK)
    shelf.found = kept(run(RULES, even(2, (200, 2), (200, 2))))
    assert told(await looks(LOOK)) == [(Kind.EVALUATE, 7, "experiment.continue")]
    shelf.found = kept(run(RULES, even(30, (200, 2), (200, 2))))
    clock.at += REST - 1
    assert told(await looks(LOOK)) == []
    clock.at += 1
    assert told(await looks(LOOK)) == [(Kind.EVALUATE, 7, "experiment.continue")]
    clock.at += REST
    assert told(await looks(LOOK)) == [], "nothing has changed that anybody would see"


async def test_an_answer_ends_the_timer_and_is_told() -> None:
    looks, shelf, _ = watch(kept(run(RULES, even(5, (10_000, 100), (10_000, 400)))))
    answer = await looks(LOOK)
    assert isinstance(answer, Done)
    assert told(answer) == [(Kind.EVALUATE, 7, "experiment.rollback")]
    assert shelf.acts == [NOTHING]
    shelf.found = replace(shelf.found, acted=NOTHING) if shelf.found else None
    assert isinstance(await looks(LOOK), Done)
    assert shelf.acts == [NOTHING]


def critical(left: KeptExperiment) -> KeptExperiment:
    """The same after it was left as it is and a critical field was flagged."""
    rules, old = shadow.Config(critical=("status",)), shadow.Reply(200)
    seen = shadow.Shadow(rules)
    for number in range(60):
        seen.update(shadow.Triple(f"t{number}", "/orders", shadow.Reply(500), old, old))
    mirrored = Mirrored(rules.model_dump_json(), shadow.dump(seen.report()))
    return replace(left, acted=NOTHING, course="hold", mirrored=mirrored)


async def test_a_canary_that_was_left_is_taken_back_once_where_a_critical_field_is_flagged_later() -> None:
    looks, shelf, _ = watch(found := critical(kept(stopped(begin(RULES), Reason.STALE))))
    assert isinstance(await looks(LOOK), Done)
    assert shelf.acts == [NOTHING]
    assert shelf.courses == ["rollback"]
    shelf.found = replace(found, course="rollback")
    assert isinstance(await looks(LOOK), Done)
    assert shelf.courses == ["rollback"]


async def test_a_canary_that_was_stopped_may_be_gone_and_is_not_taken_back_later() -> None:
    looks, shelf, _ = watch(critical(kept(stopped(begin(RULES), Reason.STOPPED))))
    assert isinstance(await looks(LOOK), Done)
    assert shelf.courses == []


@pytest.mark.parametrize(
    "state", [stopped(begin(RULES), Reason.BY_HAND), run(RULES, even(8, (100_000, 100), (100_000, 100)))]
)
async def test_one_that_somebody_rolled_back_is_never_promoted_and_what_is_owed_of_it_is_had(state: GateState) -> None:
    looks, shelf, _ = watch(found := replace(kept(state), course="by_hand"))
    assert isinstance(await looks(LOOK), Done)
    assert (shelf.acts, shelf.courses) == ([NOTHING], ["by_hand"])
    shelf.found = replace(found, acted=NOTHING)
    assert isinstance(await looks(LOOK), Done)
    assert shelf.courses == ["by_hand"]


async def test_what_is_no_pull_requests_is_told_to_none() -> None:
    looks, _, _ = watch(kept(begin(RULES), number=None))
    assert told(await looks(LOOK)) == []


async def test_what_is_gone_is_looked_at_no_more() -> None:
    looks, _, _ = watch(None)
    assert await looks(LOOK) == Done()
    assert await looks(replace(LOOK, experiment=None)) == Done()
    assert await looks.round() == ()


@pytest.mark.parametrize(("tick", "pause"), [(1, 1.0), (12, 4.0), (30, 10.0), (3_600, 10.0)])
async def test_it_looks_thrice_a_tick_within_reason(tick: float, pause: float) -> None:
    gate = GateConfig(baseline=0.01, tick_seconds=tick)
    looks, _, _ = watch(kept(begin(gate), gate=gate))
    answer = await looks(LOOK)
    assert isinstance(answer, Later)
    assert answer.seconds == pause


async def test_the_round_finds_each_that_is_open() -> None:
    looks, _, _ = watch(kept(begin(RULES)))
    (trigger,) = await looks.round()
    assert (trigger.kind, trigger.experiment, trigger.installation) == (Kind.EXPERIMENT, 12, 3)
    assert trigger.lane == LOOK.lane


async def test_what_its_source_says_is_kept_before_the_look_and_trouble_is_told_at_once() -> None:
    looks, shelf, _ = watch(kept(begin(RULES)), Figures(HeldFeed("production"), ({"t": 1.0},)))
    await looks(LOOK)
    assert shelf.acts == ["heard 1 ticks of production"]
    assert shelf.found is not None
    shelf.found = replace(shelf.found, feed=HeldFeed("production", 15.0, "HTTP 500", 1.0))
    assert told(await looks(LOOK)) == [(Kind.EVALUATE, 7, "experiment.waiting_data")]
    assert told(await looks(LOOK)) == []
    shelf.found = replace(shelf.found, feed=HeldFeed("production", 15.0))
    assert told(await looks(LOOK)) == [(Kind.EVALUATE, 7, "experiment.waiting_data")]
