"""How a pull request stands: what GitHub will not do is said in its own words, what somebody did since is heeded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import AddLabel, DispatchRepository, Performed, Stop, Stopped, UpdateBranch
from app.store.effects import Effects
from tests.publish.kinds import KINDS, behind, event, label, label_anew, labelled
from tests.publish.scene import Crash, Dying, Scene

pytestmark = pytest.mark.slow


async def test_a_branch_that_holds_its_base_is_not_updated(here: Scene) -> None:
    (outcome,) = await here.perform(UpdateBranch(here.number, here.head))
    assert isinstance(outcome, Stopped)
    assert (outcome.why, "no new commits" in outcome.detail) == (Stop.REFUSED, True)
    assert await Effects(here.engine).in_doubt() == []


async def test_a_branch_that_conflicts_with_its_base_is_not_updated(here: Scene) -> None:
    here.repo.commit("main", {"src/pay.py": "paid = None\n"})
    (outcome,) = await here.perform(UpdateBranch(here.number, here.head))
    assert isinstance(outcome, Stopped)
    assert (outcome.why, "conflict" in outcome.detail) == (Stop.REFUSED, True)


async def test_a_fork_s_branch_is_not_ours_to_update(here: Scene) -> None:
    fork = here.repo.fork("mallory")
    fork.commit("theirs", {"src/pay.py": "paid = 1\n"}, author="mallory")
    number = here.repo.open_pull("Theirs", "mallory:theirs", author="mallory")
    here.repo.commit("main", {"CHANGES.md": "1\n"})
    here.number = number
    (outcome,) = await here.perform(UpdateBranch(number, here.repo.pull(number).head_sha))
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED


async def test_a_branch_that_has_moved_on_is_left_alone(here: Scene) -> None:
    action = behind(here)
    here.repo.commit("feature", {"more.txt": "1\n"})
    for deed in (action, label(here), event(here)):
        assert await here.perform(deed) == (Stopped(deed, Stop.HEAD_MOVED),)
    assert here.sandbox.writes == []


async def test_a_branch_that_moves_while_it_is_asked_about_is_not_taken_for_refused(here: Scene) -> None:
    action = behind(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, begin_left=[1]))
    here.repo.commit("feature", {"more.txt": "1\n"})
    assert await here.perform(action) == (Stopped(action, Stop.HEAD_MOVED),)


async def test_a_label_that_somebody_took_off_stays_off_until_there_is_another_occasion(here: Scene) -> None:
    action = label(here)
    await here.perform(action)
    here.repo.unlabel(here.number, "needs-human")
    assert await here.perform(action) == (Performed(action),)
    assert here.repo.pull(here.number).labels == []
    await here.perform(replace(action, occasion="remediation 2"))
    assert len(labelled(here)) == 2


async def test_a_label_that_is_on_is_not_put_on_again_unless_somebody_is_to_hear_it(here: Scene) -> None:
    here.repo.label(here.number, "needs-human")
    await here.perform(label(here))
    assert len(labelled(here)) == 1
    assert await here.perform(action := label_anew(here)) == (Performed(action),)
    assert [one.name for one in here.repo.pull(here.number).labels] == ["needs-human", "fix-me"]


async def test_killed_between_taking_a_label_off_and_putting_it_on_it_is_put_on_once(here: Scene) -> None:
    action = label_anew(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, begin_left=[2]))
    assert here.repo.pull(here.number).labels == []
    await here.perform(action)
    assert len(KINDS["label put on anew"].there(here)) == 1


async def test_a_label_of_a_closed_pull_request_is_nobody_s_business(here: Scene) -> None:
    here.repo.close(here.number)
    action = AddLabel(here.number, "needs-human", "remediation 1", here.head)
    assert await here.perform(action) == (Stopped(action, Stop.HEAD_MOVED),)


async def test_an_event_s_run_is_found_by_its_mark_once_github_shows_it(here: Scene) -> None:
    action = event(here)
    (outcome,) = await here.perform(action)
    ((number, run),) = here.repo.state.workflow_runs.items()
    assert outcome == Performed(action, number)
    assert (run.event, run.inputs["arm"], run.inputs["maestro_id"] in run.title) == (
        "repository_dispatch",
        "impl@small",
        True,
    )


async def test_an_event_that_nothing_listens_for_is_sent_once_and_has_no_run(here: Scene) -> None:
    """GitHub takes it all the same."""
    action = replace(event(here), event_type="nobody.hears")
    for _ in range(2):
        assert await here.perform(action) == (Performed(action),)
    assert len(here.repo.state.dispatches) == 1


async def test_an_event_of_more_than_ten_parts_is_refused_and_nothing_stays_in_doubt(here: Scene) -> None:
    payload = tuple((f"part{n}", "") for n in range(10))
    (outcome,) = await here.perform(DispatchRepository("maestro.agent", payload, "try 1", here.head))
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED
    assert await Effects(here.engine).in_doubt() == []
    here.sandbox.violations.clear()
