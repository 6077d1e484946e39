"""What failed, run again: what GitHub will not run again is said in its own words, and what runs already is had."""

from __future__ import annotations

import pytest

from app.github.sandbox import checking
from app.model import Performed, RerequestCheck, RerunFailed, Stop, Stopped
from app.store.effects import Effects
from tests.publish.kinds import KINDS, attempts, failed_run
from tests.publish.scene import Scene

pytestmark = pytest.mark.slow


async def test_the_next_failure_is_run_again_too(here: Scene) -> None:
    first = failed_run(here)
    assert await here.perform(first) == (Performed(first, first.run),)
    here.repo.finish_workflow(first.run, "failure")
    second = RerunFailed(first.run, 2, here.head)
    assert await here.perform(first, second) == (Performed(first, first.run), Performed(second, first.run))
    assert attempts(here) == [1, 2]


async def test_what_somebody_else_had_run_again_is_not_run_once_more(here: Scene) -> None:
    action = failed_run(here)
    token = here.sandbox.token("alice")
    path = f"{here.sandbox.url}/repos/octo/shop/actions/runs/{action.run}/rerun-failed-jobs"
    async with here.session.post(path, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 201
    here.repo.finish_workflow(action.run, "failure")
    assert await here.perform(action) == (Performed(action, action.run),)
    assert attempts(here) == [1]


async def test_a_run_that_is_too_old_is_refused_in_github_s_words_and_nothing_stays_in_doubt(here: Scene) -> None:
    action = failed_run(here)
    here.repo.state.workflow_runs[action.run].created_at -= 31 * 86_400
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Stopped)
    assert (outcome.why, "over a month ago" in outcome.detail) == (Stop.REFUSED, True)
    assert await Effects(here.engine).in_doubt() == []


async def test_a_run_that_is_gone_is_refused_and_nothing_stays_in_doubt(here: Scene) -> None:
    action = failed_run(here)
    here.repo.state.workflow_runs.clear()
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED
    assert await Effects(here.engine).in_doubt() == []


async def test_a_run_that_has_no_failed_job_is_refused(here: Scene) -> None:
    run = here.repo.workflow_run(here.head, "ci", "success")
    (outcome,) = await here.perform(RerunFailed(run.id, 1, here.head))
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED


async def test_another_app_s_check_is_not_ours_to_ask_for(here: Scene) -> None:
    """So GitHub's description of the call has it."""
    number = here.repo.report_check(here.head, "lint", conclusion="failure", app="linter")
    suite = here.repo.state.runs[number].suite
    (outcome,) = await here.perform(RerequestCheck(number, suite.id, "retry 7", here.head))
    assert isinstance(outcome, Stopped)
    assert (outcome.why, "does not belong" in outcome.detail) == (Stop.REFUSED, True)
    assert suite.status == "completed"
    assert await Effects(here.engine).in_doubt() == []


async def test_a_check_that_failed_again_is_asked_for_again_on_another_occasion(here: Scene) -> None:
    kind = KINDS["failed check"]
    action = kind.action(here)
    assert isinstance(action, RerequestCheck)
    await here.perform(action)
    checking.complete_suite(
        here.sandbox.world,
        here.repo.state,
        here.repo.state.runs[action.run].suite,
        here.sandbox.world.app.bot,
        "failure",
    )
    await here.perform(action)
    assert len(kind.there(here)) == 1
    await here.perform(RerequestCheck(action.run, action.suite, "retry 8", here.head))
    assert len(kind.there(here)) == 2
