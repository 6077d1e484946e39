"""How the evidence went, as it is kept for a picture, and the word that says whether there is news."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Canary, Cause
from app.store.experiments import Experiments, SentTick
from app.store.news import Edition, News
from app.store.points import MOST, Points, thinned
from app.store.provenance import Provenance
from checks.experiment import Config, GateConfig, Reason, load

pytestmark = pytest.mark.slow

CAUSE = Cause("tests")
SHA = "a" * 40
START = 1_700_000_000.0
SIDE = {"good": 99, "total": 100}


def rules(**gate: object) -> Config:
    return Config(environments=("canary",), gate=GateConfig.model_validate({"baseline": 0.01, **gate}))


class Fed:
    """An experiment whose ticks come every 30 seconds, the first after 10, and are scored 20 seconds later."""

    def __init__(self, database: AsyncEngine) -> None:
        self.at = START
        self.experiments = Experiments(database, lambda: int(self.at * 1e6))
        self.key = 0

    async def begin(self, **gate: object) -> None:
        asked = rules(watermark_seconds=15, **gate)
        self.key = (await self.experiments.begin(Canary("octo/shop", SHA, "canary", "main", 7), asked, CAUSE))[0].id

    async def ticks(self, number: int, canary: object = SIDE) -> None:
        for _ in range(number):
            self.at += 10
            await self.tell(self.at, canary)
            self.at += 20
            await self.experiments.look(self.key, CAUSE)

    async def tell(self, t: float, canary: object = SIDE) -> None:
        await self.experiments.feed(self.key, [SentTick(t, {"t": t, "control": SIDE, "canary": canary})])


@pytest.fixture
async def fed(database: AsyncEngine) -> Fed:
    fed = Fed(database)
    await fed.begin()
    return fed


async def test_each_look_that_scored_leaves_a_point_of_the_state_it_came_to(fed: Fed, database: AsyncEngine) -> None:
    assert await Points(database).of(fed.key) == []
    await fed.ticks(3, canary={"good": 97, "total": 100})
    points = await Points(database).of(fed.key)
    assert [point.t for point in points] == [START + 10, START + 40, START + 70]
    assert [point.ticks for point in points] == [1, 2, 3]
    kept = await fed.experiments.get(fed.key)
    assert kept is not None
    state = load(kept.state, rules(watermark_seconds=15).judged_by)
    assert points[-1].log_es == {"errors": (state.log_e_promote, state.log_e_rollback)}


async def test_what_could_not_be_used_is_told_by_the_newest_point(fed: Fed, database: AsyncEngine) -> None:
    await fed.ticks(2)
    await fed.tell(START + 31)  # between two that are scored already
    await fed.experiments.look(fed.key, CAUSE)
    points = await Points(database).of(fed.key)
    assert [(point.ticks, point.unused) for point in points] == [(1, 0), (2, 1)]


async def test_new_rules_begin_another_run_of_points_beside_the_old_one(fed: Fed, database: AsyncEngine) -> None:
    await fed.ticks(2)
    await fed.experiments.rule(fed.key, rules(watermark_seconds=15, margin=2.0), CAUSE)
    await fed.ticks(2)
    points = await Points(database).of(fed.key)
    assert [(point.restarts, point.ticks) for point in points] == [(0, 1), (0, 2), (1, 1), (1, 2)]


async def test_a_news_word_changes_with_each_step_and_is_the_last_once_all_is_done(
    fed: Fed, database: AsyncEngine
) -> None:
    async def edition() -> Edition:
        return (await News(database).of((fed.key, 99)))[fed.key]

    words = [await edition()]
    await fed.ticks(1)
    words.append(await edition())
    await fed.experiments.look(fed.key, CAUSE)
    assert await edition() == words[-1], "a look that finds nothing is no news"
    await fed.experiments.stop(fed.key, Reason.STOPPED, CAUSE)
    words.append(await edition())
    await fed.experiments.acted(fed.key, "nothing was asked for")
    words.append(await edition())
    assert len({one.word for one in words}) == 4
    assert [one.last for one in words] == [False, False, False, True]


async def test_the_log_tells_of_an_experiment_and_of_nothing_else(fed: Fed, database: AsyncEngine) -> None:
    await fed.experiments.begin(Canary("octo/shop", SHA, "other", "main", 7), rules(), CAUSE)
    await fed.experiments.begin(Canary("octo/else", SHA, "canary", "main", 7), rules(), CAUSE)
    await fed.experiments.stop(fed.key, Reason.STOPPED, CAUSE)
    log = await Provenance(database).of_experiment(fed.key, "octo/shop", SHA)
    assert [line.what for line in log] == [
        f"experiment {fed.key}: begun",
        f"experiment {fed.key}: inconclusive stopped",
    ]


# --- thinning ----------------------------------------------------------------------------------------------------


def evenly(number: int, step: float = 30.0) -> Callable[[], list[tuple[int, float]]]:
    """Keep `number` of points as they come, one by one."""

    def kept() -> list[tuple[int, float]]:
        keys: list[tuple[int, float]] = []
        for at in range(number):
            keys = thinned([*keys, (0, START + step * at)])
        return keys

    return kept


@pytest.mark.parametrize("number", [1, 2, MOST, MOST + 1, 2_880, 5_000])
def test_however_long_it_runs_the_points_are_few_even_and_end_with_the_newest(number: int) -> None:
    keys = evenly(number)()
    times = [t for _, t in keys]
    assert len(keys) <= MOST + 1
    assert len(keys) >= min(number, MOST // 2)
    assert times == sorted(times)
    assert times[-1] == START + 30 * (number - 1)
    gaps = [after - before for before, after in pairwise(times[:-1])]
    assert not gaps or max(gaps) <= 2.1 * min(gaps)


def test_what_came_one_by_one_and_what_came_at_once_leave_the_same_points() -> None:
    keys = [(0, START + 30.0 * at) for at in range(1_000)]
    assert thinned(keys) == evenly(1_000)()
