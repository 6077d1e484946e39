"""`/maestro retry` from the comment to GitHub: what failed runs again; an agent's pull request gets its next arm."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.archive import Archive
from app.engine.jobs import Job
from app.gather.failures import MOST
from app.github.sandbox import Repo
from app.github.sandbox.faults import AppliedThenCut
from app.github.sandbox.state import WorkflowRun
from app.model import ARM, Dispatched, Kind, Progress, Surface, Trigger
from app.store.asked_tables import commands
from tests.road.stories import change, shop
from tests.road.test_canary_commands import asked
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

AGENT = (Path(__file__).parents[2] / "examples" / "workflows" / "agent.yml").read_text("utf-8")
TESTED = "version: 1\ncontract: {post: {tests: pass}}\n"
RULES = """\
version: 1
agents: {branches: ["agent/*"]}
contract: {post: {tests: pass}}
arms:
  workflow: agent.yml
  ladder:
    - {name: impl@small, model: small-1, cost_usd: 0.08}
    - {name: impl@medium, model: medium-1, cost_usd: 0.4}
    - {name: impl@large, model: large-1, workflow: large.yml}
"""
FILES = {".github/workflows/agent.yml": AGENT, ".github/workflows/large.yml": AGENT}


async def failing(here: Town, rules: str = TESTED) -> tuple[Repo, int, str, WorkflowRun]:
    """A person's pull request whose workflow failed, with its card."""
    repo = shop(here.sandbox, rules)
    number, sha = change(repo)
    run = repo.workflow_run(sha, "ci", "failure")
    await here.rest()
    return repo, number, sha, run


async def by_agent(here: Town, rules: str = RULES, message: str = "Correct x", **more: Any) -> tuple[Repo, int, str]:
    """An agent's pull request, with its card."""
    repo = shop(here.sandbox, rules, **FILES)
    sha = repo.commit("agent/x", {"a.py": "x = 2\n"}, message=message)
    number = repo.open_pull("Correct x", "agent/x", **more)
    await here.rest()
    return repo, number, sha


async def entries(here: Town) -> list[dict[str, Any]]:
    every = [json.loads(entry) async for batch in here.maestro.stores.provenance.rows() for _, entry, _ in batch]
    return [one for one in every if one["kind"] == "action"]


async def next_arm(here: Town, number: int) -> str:
    """Which arm the card promises."""
    case = await Archive(here.maestro.stores.decisions).newest("octo/shop", number)
    assert case is not None
    assert case.snapshot.dispatching is not None
    return case.snapshot.dispatching.next_arm


def dispatched(repo: Repo) -> list[WorkflowRun]:
    return [run for run in repo.state.workflow_runs.values() if run.event == "workflow_dispatch"]


# --- what failed ------------------------------------------------------------------------------------------------


async def test_exactly_what_failed_runs_again_and_the_card_waits_for_it(here: Town) -> None:
    repo, number, sha, failed = await failing(here)
    passed = repo.workflow_run(sha, "lint", "success")
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert await asked(here, repo, number, "/maestro retry") == ({"eyes", "rocket"}, [])
    await here.rest()
    assert [(run.attempt, run.status) for run in (failed, passed)] == [(2, "queued"), (1, "completed")]
    assert here.conclusions(repo, sha)[DECISION] is None
    repo.finish_workflow(failed.id)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    (kept,) = await here.maestro.stores.commands.of_pull("octo/shop", number)
    assert (kept.state, kept.role, kept.said) == ("done", "write", f"run again: `ci.yml` run {failed.id} (attempt 2)")
    assert kept.before == f"`ci.yml` run {failed.id}: attempt 1 failure"
    assert kept.after == f"`ci.yml` run {failed.id}: attempt 2"
    told = [one for one in await entries(here) if "failed jobs" in one["what"]]
    assert [(one["what"], one["who"], one["role"]) for one in told] == [
        (f"failed jobs of workflow run {failed.id}, after attempt 1", "alice", "write")
    ]


async def test_its_button_does_the_same(here: Town) -> None:
    repo, number, sha, failed = await failing(here)
    (run,) = (one for one in repo.check_runs(sha) if one.name == DECISION)
    repo.press_button(run.id, "retry", "alice")
    await here.rest()
    (kept,) = await here.maestro.stores.commands.of_pull("octo/shop", number)
    assert (kept.state, kept.surface, kept.who, failed.attempt) == ("done", "button", "alice", 2)
    assert here.conclusions(repo, sha)[DECISION] is None


async def test_what_failed_once_more_is_run_once_more(here: Town) -> None:
    repo, number, sha, failed = await failing(here)
    await asked(here, repo, number, "/maestro retry")
    repo.finish_workflow(failed.id, "failure")
    here.sandbox.advance(2)
    await here.rest()
    await asked(here, repo, number, f"/maestro retry {sha[:7]}")
    assert failed.attempt == 3


async def test_nothing_failed_and_no_agent_is_a_reason_to_decline(here: Town) -> None:
    repo = shop(here.sandbox, TESTED)
    number, sha = change(repo)
    repo.workflow_run(sha, "ci", "success")
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert reactions == {"eyes", "confused"}
    assert f"nothing failed on `{sha[:7]}` that can be run again" in reply


async def test_what_github_will_not_run_again_is_said_in_its_words(here: Town) -> None:
    repo, number, _, failed = await failing(here)
    failed.created_at -= 31 * 86_400
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert reactions == {"eyes", "confused"}
    assert "GitHub runs nothing of it again" in reply
    assert "over a month ago" in reply


async def test_a_check_of_another_app_is_left_to_that_app_and_the_rest_runs_again(here: Town) -> None:
    repo, number, sha, failed = await failing(here)
    repo.report_check(sha, "lint", conclusion="failure", app="linter")
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert (reactions, failed.attempt) == ({"eyes", "rocket"}, 2)
    assert "does not belong to the authenticated GitHub App" in reply


async def test_of_very_many_a_few_run_again_and_the_rest_is_told(here: Town) -> None:
    repo = shop(here.sandbox, TESTED)
    number, sha = change(repo)
    runs = [repo.workflow_run(sha, f"ci{n}", "failure") for n in range(MOST + 2)]
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert (reactions, sum(run.attempt == 2 for run in runs)) == ({"eyes", "rocket"}, MOST)
    assert "2 more failed, and are left for another time" in reply


async def test_a_cancelled_run_in_whose_place_a_newer_one_ran_is_left_alone(here: Town) -> None:
    repo = shop(here.sandbox, TESTED)
    number, sha = change(repo)
    cancelled = repo.workflow_run(sha, "ci", "cancelled")
    repo.workflow_run(sha, "ci", "success")
    await here.rest()
    reactions, _ = await asked(here, repo, number, "/maestro retry")
    assert (reactions, cancelled.attempt) == ({"eyes", "confused"}, 1)


async def test_a_lost_answer_asks_for_it_once(here: Town) -> None:
    """Whether a job is killed or an answer lost: the attempt tells that it was had."""
    repo, number, _, failed = await failing(here)
    here.sandbox.faults.add(AppliedThenCut(), method="POST", path="*/rerun-failed-jobs")
    reactions, _ = await asked(here, repo, number, "/maestro retry")
    assert (reactions, failed.attempt) == ({"eyes", "rocket"}, 2)


async def again(here: Town, repo: Repo, number: int) -> None:
    """The newest comment is carried out once more, as after a kill that came before its end was kept."""
    one = next(said for said in reversed(repo.comments(number)) if said.body.startswith("/maestro"))
    trigger = Trigger(Kind.COMMAND, "octo/shop", None, number, comment_id=one.id, text=one.body, who="alice")
    trigger = replace(trigger, surface=Surface.COMMENT, at=float(int(one.created_at)))
    async with here.maestro.stores.main.begin() as connection:
        await connection.execute(update(commands).values(state="running", ended_at=None))
    await here.maestro.engine.put([Job(f"again {len(here.sandbox.requests)}", trigger)])
    await here.rest()
    (newest, *_) = await here.maestro.stores.commands.of_pull("octo/shop", number)
    assert newest.state is Progress.DONE


async def test_carried_out_once_more_after_a_kill_nothing_runs_twice(here: Town) -> None:
    repo, number, _, failed = await failing(here)
    await asked(here, repo, number, "/maestro retry")
    await again(here, repo, number)
    assert (failed.attempt, len(repo.comments(number))) == (2, 2)
    repo.finish_workflow(failed.id, "failure")
    await again(here, repo, number)
    assert failed.attempt == 2, "what failed since was not what was asked for"
    (kept, *_) = await here.maestro.stores.commands.of_pull("octo/shop", number)
    assert kept.said == f"run again: `ci.yml` run {failed.id} (attempt 2)"


async def test_a_reader_has_nothing_run_again(here: Town) -> None:
    repo, number, _, failed = await failing(here)
    reactions, _ = await asked(here, repo, number, "/maestro retry", "carol")
    assert (reactions, failed.attempt) == ({"eyes", "confused"}, 1)


# --- the arms of an agent ---------------------------------------------------------------------------------------


async def test_an_agent_s_pull_request_gets_the_arm_that_was_chosen_and_why_is_said(here: Town) -> None:
    repo, number, sha = await by_agent(here, message="Correct x\n\nMaestro-Arm: impl@small")
    promised = await next_arm(here, number)
    assert (await asked(here, repo, number, "/maestro retry"))[0] == {"eyes", "rocket"}
    (told,) = await here.maestro.stores.commands.ended("octo/shop", number)
    assert f"; arm `{promised}`: $0.40, expected chain $" in told.said
    (run,) = dispatched(repo)
    assert run.inputs["arm"] == promised
    mark = run.inputs.pop("maestro_id")
    assert len(mark) == 32
    assert f"Pull request #{number} may not ship at commit `{sha}`" in run.inputs.pop("brief")
    assert run.inputs == {
        "arm": "impl@medium",
        "model": "medium-1",
        "pull_request": str(number),
        "head_sha": sha,
        "head_ref": "agent/x",
        "attempt": "1",
        "trace_id": "",
    }
    assert (run.head_branch, run.path) == ("main", ".github/workflows/agent.yml")
    await asked(here, repo, number, "/maestro retry impl@large")
    last = dispatched(repo)[1]
    assert (last.inputs["arm"], last.inputs["attempt"]) == ("impl@large", "2")
    assert last.path.endswith("large.yml")
    kept = await here.maestro.stores.dispatches.of_pull("octo/shop", number)
    assert [replace(one, at=0.0) for one in kept] == [
        Dispatched(ARM, "impl@medium", "agent.yml", sha, 0.0, run.id),
        Dispatched(ARM, "impl@large", "large.yml", sha, 0.0, last.id),
    ]
    await here.rest()
    assert await next_arm(here, number) == "", "while an arm may be at work"


async def test_while_an_arm_may_be_at_work_on_the_head_another_one_must_be_named(here: Town) -> None:
    repo, number, _ = await by_agent(here)
    await asked(here, repo, number, "/maestro retry")
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert reactions == {"eyes", "confused"}
    assert "impl@<!-- -->small</code> was sent to" in reply
    assert "less than an hour ago" in reply
    assert [run.inputs["arm"] for run in dispatched(repo)] == ["impl@small"]
    repo.commit("agent/x", {"a.py": "x = 3\n"})
    await here.rest()
    promised = await next_arm(here, number)
    assert (await asked(here, repo, number, "/maestro retry"))[0] == {"eyes", "rocket"}
    assert [run.inputs["arm"] for run in dispatched(repo)] == ["impl@small", promised]


async def test_carried_out_once_more_after_a_kill_one_arm_tries(here: Town) -> None:
    repo, number, _ = await by_agent(here)
    await asked(here, repo, number, "/maestro retry")
    await again(here, repo, number)
    assert [run.inputs["arm"] for run in dispatched(repo)] == ["impl@small"]


async def test_a_named_arm_tries_though_it_was_tried(here: Town) -> None:
    repo, number, _ = await by_agent(here, body="Maestro-Arm: impl@small")
    await asked(here, repo, number, "/maestro retry impl@small")
    assert [run.inputs["arm"] for run in dispatched(repo)] == ["impl@small"]


async def test_an_arm_that_is_none_is_declined_with_the_nearest(here: Town) -> None:
    repo, number, _ = await by_agent(here)
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry impl@medum")
    assert (reactions, dispatched(repo)) == ({"eyes", "confused"}, [])
    assert "did you mean" in reply
    assert "medium" in reply


async def test_an_arm_goes_before_what_failed_and_after_the_last_try_that_runs_again(here: Town) -> None:
    repo, number, _ = await by_agent(here, RULES.replace("ladder:", "attempts: 1\n  ladder:"))
    await asked(here, repo, number, "/maestro retry")
    assert len(dispatched(repo)) == 1
    sha = repo.commit("agent/x", {"a.py": "x = 3\n"})
    failed = repo.workflow_run(sha, "ci", "failure")
    await here.rest()
    assert await next_arm(here, number) == ""
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert (reactions, failed.attempt, len(dispatched(repo))) == ({"eyes", "rocket"}, 2, 1)
    assert "no attempt is left of 1 within a day" in reply


async def test_the_card_tells_the_arm_and_what_it_is_declared_to_cost(here: Town) -> None:
    repo, number, _ = await by_agent(here)
    await asked(here, repo, number, "/maestro retry")
    await here.rest()
    (card,) = here.cards(repo, number)
    assert "Arm: <code>impl@<!-- -->small</code>, declared at 0.08 US dollars a try." in card


async def test_a_person_s_pull_request_has_no_arms(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **FILES)
    number, _ = change(repo)
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry impl@small")
    assert (reactions, dispatched(repo)) == ({"eyes", "confused"}, [])
    assert "no agent" in reply


async def test_a_fork_gets_no_arm(here: Town) -> None:
    rules = RULES.replace('branches: ["agent/*"]', "authors: [mallory]")
    repo = shop(here.sandbox, rules, **FILES)
    fork = repo.fork("mallory")
    fork.commit("topic", {"a.py": "x = 2\n"}, author="mallory")
    number = repo.open_pull("Mine", "mallory:topic", author="mallory")
    await here.rest()
    for words in ("", " impl@small"):
        reactions, (reply,) = await asked(here, repo, number, f"/maestro retry{words}")
        assert (reactions, dispatched(repo)) == ({"eyes", "confused"}, [])
        assert "comes from a fork, where an agent cannot push" in reply


async def test_a_workflow_that_the_base_does_not_have_is_refused_in_words_and_can_be_asked_for_again(
    here: Town,
) -> None:
    repo = shop(here.sandbox, RULES)
    repo.commit("agent/x", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "agent/x")
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro retry")
    assert reactions == {"eyes", "confused"}
    assert "GitHub will not run" in reply
    repo.commit("main", FILES)
    assert (await asked(here, repo, number, "/maestro retry"))[0] == {"eyes", "rocket"}


async def test_a_hostile_branch_name_stays_a_value(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **FILES)
    branch = "agent/$(curl${IFS}evil)`x`"
    repo.commit(branch, {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", branch)
    await here.rest()
    await asked(here, repo, number, "/maestro retry")
    assert [run.inputs["head_ref"] for run in dispatched(repo)] == [branch]
