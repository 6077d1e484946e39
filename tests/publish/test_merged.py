"""What is written to a pull request that has ended: the word of what became of it, at the head that it ended with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import CARD_MARKER, Performed, Stop, Stopped, WriteCard, WriteCheckRun
from app.store.effects import Effects
from tests.publish.kinds import card, check_run
from tests.publish.scene import Crash, Dying, Scene

pytestmark = pytest.mark.slow

IMPACT = "maestro / impact"


def word(here: Scene) -> tuple[WriteCheckRun, WriteCard]:
    """What is known since the merge."""
    run, told = check_run(here), card(here)
    body = f"{told.body}, and p95 is likely worse"
    return replace(run, name=IMPACT, merged=True), replace(told, body=body, digest="since", merged=True)


def shown(here: Scene) -> tuple[list[str], list[str]]:
    """The names of our check runs on the head, and the bodies of our cards."""
    return sorted(run.name for run in here.repo.check_runs(here.head)), [
        one.body.partition("\n")[2] for one in here.own_comments(CARD_MARKER)
    ]


async def test_the_card_is_edited_and_the_run_is_written(here: Scene) -> None:
    await here.perform(check_run(here), card(here))
    here.repo.merge(here.number)
    assert all(isinstance(one, Performed) for one in await here.perform(*word(here)))
    assert shown(here) == (["maestro / decision", IMPACT], ["SHIP, and p95 is likely worse"])


async def test_said_twice_it_costs_no_call(here: Scene) -> None:
    here.repo.squash(here.number)
    await here.perform(*word(here))
    asked = len(here.sandbox.requests)
    await here.perform(*word(here))
    assert here.sandbox.requests[asked:] == []


async def test_nothing_else_is_written_to_it(here: Scene) -> None:
    here.repo.merge(here.number)
    for action in (check_run(here), card(here)):
        (outcome,) = await here.perform(action)
        assert outcome == Stopped(action, Stop.HEAD_MOVED)
    assert shown(here) == ([], [])


async def test_an_open_one_hears_nothing_of_an_end(here: Scene) -> None:
    for action in word(here):
        assert await here.perform(action) == (Stopped(action, Stop.HEAD_MOVED),)
    assert shown(here) == ([], [])


async def test_one_that_was_closed_unmerged_is_told_how_it_ended(here: Scene) -> None:
    here.repo.close(here.number)
    assert all(isinstance(one, Performed) for one in await here.perform(*word(here)))
    assert shown(here) == ([IMPACT], ["SHIP, and p95 is likely worse"])


async def test_of_another_head_than_the_one_that_was_merged_nothing_is_said(here: Scene) -> None:
    old = word(here)
    here.repo.commit("feature", {"src/pay.py": "paid = 1\n"})
    here.repo.merge(here.number)
    for action in old:
        (outcome,) = await here.perform(action)
        assert outcome == Stopped(action, Stop.HEAD_MOVED)


@pytest.mark.parametrize("death", [("begin_left", 1), ("begin_left", 2), ("record_left", 1), ("record_left", 2)])
async def test_a_worker_that_is_killed_in_between_leaves_one_card_and_one_run(
    here: Scene, death: tuple[str, int]
) -> None:
    here.repo.merge(here.number)
    dying, (kind, place) = Dying(here.engine), death
    getattr(dying, kind)[0] = place
    with pytest.raises(Crash):
        await here.perform(*word(here), effects=dying)
    await here.perform(*word(here))
    assert shown(here) == ([IMPACT], ["SHIP, and p95 is likely worse"])
    assert await Effects(here.engine).in_doubt() == []
