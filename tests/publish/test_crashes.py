"""No effect is ever had twice: whoever is killed between an effect and its record, or hears no answer, is followed by a
worker that finds out. Real HTTP, a real database.
"""

from __future__ import annotations

import pytest

from app.github.errors import RateLimited, Unavailable
from app.github.sandbox.faults import AppliedThenCut, Fault, ServerError, TooManyRequests, Unreachable
from app.model import Action, Performed, Stop, Stopped
from app.store.effects import Effects
from tests.publish.kinds import KINDS, Kind, unmarked_dispatch
from tests.publish.scene import Crash, Dying, Scene

pytestmark = pytest.mark.slow

NEVER_REPEATED = {"workflow dispatch", "event"}  # its fate unknown, it is looked for only
EVERY = pytest.mark.parametrize("name", KINDS)
EVERY_STEP = pytest.mark.parametrize(("name", "step"), [(n, s + 1) for n, k in KINDS.items() for s in range(k.begun)])


async def again_and_again(here: Scene, kind: Kind, action: Action) -> None:
    """The next worker finds one effect, or has it; the one after it has nothing left to do."""
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Performed)
    assert len(kind.there(here)) == 1
    written = len(here.sandbox.writes)
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Performed)
    assert len(kind.there(here)) == 1
    assert len(here.sandbox.writes) == written
    assert await Effects(here.engine).in_doubt() == []


@EVERY
async def test_an_action_carried_out_twice_has_one_effect(here: Scene, name: str) -> None:
    await again_and_again(here, KINDS[name], KINDS[name].action(here))


@EVERY_STEP
async def test_killed_after_the_effect_and_before_its_record_it_is_had_once(here: Scene, name: str, step: int) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, record_left=[step]))
    if step == kind.begun:
        assert len(kind.there(here)) == 1
    await again_and_again(here, kind, action)


@EVERY_STEP
async def test_killed_before_the_effect_it_is_had_by_the_next_worker(here: Scene, name: str, step: int) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, begin_left=[step]))
    if name in NEVER_REPEATED:
        await in_doubt(here, kind, action)
    else:
        await again_and_again(here, kind, action)


@EVERY
async def test_carried_out_but_never_answered_it_is_had_once(here: Scene, name: str) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    await cut(here, kind, action, AppliedThenCut())
    assert len(kind.there(here)) == 1
    await again_and_again(here, kind, action)


@EVERY
@pytest.mark.parametrize("fault", [Unreachable(), ServerError(503)], ids=["cut", "503"])
async def test_neither_carried_out_nor_answered_it_is_had_by_the_next_worker(
    here: Scene, name: str, fault: Fault
) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    await cut(here, kind, action, fault)
    if name in NEVER_REPEATED:
        await in_doubt(here, kind, action)
    else:
        await again_and_again(here, kind, action)


@EVERY
async def test_held_back_by_a_limit_it_is_had_later(here: Scene, name: str) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    here.sandbox.faults.add(TooManyRequests(retry_after=3), method=method_of(kind), path=kind.path)
    with pytest.raises(RateLimited):
        await here.perform(action)
    assert len(kind.there(here)) == 0
    await again_and_again(here, kind, action)


async def test_a_run_that_does_not_show_its_mark_stays_in_doubt_and_is_never_asked_for_twice(here: Scene) -> None:
    action = unmarked_dispatch(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, record_left=[1]))
    for _ in range(2):
        assert await here.perform(action) == (Stopped(action, Stop.IN_DOUBT),)
    assert len(here.repo.state.workflow_runs) == 1


async def test_a_run_in_doubt_is_found_once_it_can_be_seen(here: Scene) -> None:
    """GitHub shows a run some seconds after it took the dispatch."""
    kind = KINDS["workflow dispatch"]
    action = kind.action(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, record_left=[1]))
    runs = here.repo.state.workflow_runs
    ((number, run),) = runs.items()
    runs.clear()
    await in_doubt(here, kind, action)
    runs[number] = run
    assert await here.perform(action) == (Performed(action, number),)


async def in_doubt(here: Scene, kind: Kind, action: Action) -> None:
    """It is not had, and never will be; and everybody can see that nobody knows."""
    for _ in range(2):
        assert await here.perform(action) == (Stopped(action, Stop.IN_DOUBT),)
    assert len(kind.there(here)) == 0
    (key,) = await Effects(here.engine).in_doubt()
    assert "/dispatch/" in key


async def cut(here: Scene, kind: Kind, action: Action, fault: Fault) -> None:
    here.sandbox.faults.add(fault, method=method_of(kind), path=kind.path)
    if kind.method == "PUT" and not isinstance(fault, ServerError):  # the HTTP client itself sends it again
        await here.perform(action)
        return
    with pytest.raises(Unavailable) as caught:
        await here.perform(action)
    assert caught.value.outcome_unknown
    assert here.sandbox.faults.pending == ()


def method_of(kind: Kind) -> str:
    return kind.method
