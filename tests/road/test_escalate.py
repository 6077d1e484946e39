"""`/maestro escalate` from the comment to the card: heavier tests run on the head, and the contract waits for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.github.sandbox import Repo
from app.github.sandbox.state import WorkflowRun
from app.model import TESTS, Dispatched
from tests.road.stories import change, shop
from tests.road.test_canary_commands import asked
from tests.road.test_retry import again, dispatched
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

HIGH = (Path(__file__).parents[2] / "examples" / "workflows" / "tests-high.yml").read_text("utf-8")
FILES = {".github/workflows/tests-high.yml": HIGH}
RULES = """\
version: 1
contract: {post: {tests: pass}, tests: {include: [unit]}}
escalate: {workflow: tests-high.yml, inputs: {mode: high}}
"""


async def green(here: Town, rules: str = RULES) -> tuple[Repo, int, str]:
    """A pull request that may ship, as far as its ordinary tests go."""
    repo = shop(here.sandbox, rules, **FILES)
    number, sha = change(repo)
    repo.report_check(sha, "unit")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    return repo, number, sha


async def escalated(here: Town) -> tuple[Repo, int, str, WorkflowRun]:
    """The same, with its heavier tests running."""
    repo, number, sha = await green(here)
    assert await asked(here, repo, number, "/maestro escalate tests") == ({"eyes", "rocket"}, [])
    await here.rest()
    (run,) = dispatched(repo)
    return repo, number, sha, run


async def test_the_card_waits_for_the_heavier_tests_and_turns_green_with_them(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    mark = run.inputs.pop("maestro_id")
    assert (run.inputs, run.head_branch, run.head_sha, len(mark)) == ({"mode": "high"}, "fix", sha, 32)
    assert here.conclusions(repo, sha)[DECISION] is None
    assert "tests-high.yml &#40;escalated&#41;" in here.cards(repo, number)[0].replace("(", "&#40;").replace(
        ")", "&#41;"
    )
    repo.finish_workflow(run.id)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    (card,) = here.cards(repo, number)
    assert "tests escalated" in card
    assert "tests-high.yml passed" in card


async def test_the_card_blocks_where_they_fail_and_they_may_be_asked_for_again(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    repo.finish_workflow(run.id, "failure")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "tests-high.yml (escalated)" in here.cards(repo, number)[0]
    assert (await asked(here, repo, number, "/maestro escalate"))[0] == {"eyes", "rocket"}
    repo.finish_workflow(dispatched(repo)[1].id)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_a_second_one_is_declined_while_the_first_runs_and_once_it_has_passed(here: Town) -> None:
    repo, number, _, run = await escalated(here)
    reactions, (reply,) = await asked(here, repo, number, "/maestro escalate")
    assert (reactions, "is still running" in reply) == ({"eyes", "confused"}, True)
    repo.finish_workflow(run.id)
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro escalate")
    assert (reactions, "has passed" in reply) == ({"eyes", "confused"}, True)
    assert len(dispatched(repo)) == 1


async def test_a_new_head_has_no_heavier_tests_until_they_are_asked_for(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    repo.report_check(newer, "unit")
    repo.finish_workflow(run.id, "failure")
    await here.rest()
    assert here.conclusions(repo, newer)[DECISION] == "success"
    assert "(escalated)" not in here.cards(repo, number)[0]
    assert (await asked(here, repo, number, "/maestro escalate"))[0] == {"eyes", "rocket"}
    assert [one.head_sha for one in dispatched(repo)] == [sha, newer]


async def test_a_run_on_another_commit_does_not_count_and_is_said(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    run.head_sha = repo.tip()
    repo.finish_workflow(run.id)
    repo.report_check(sha, "lint")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    (card,) = here.cards(repo, number)
    assert f"ran on {repo.tip()[:7]}, which is not the head {sha[:7]}: it does not count" in card


async def test_a_head_that_is_named_and_has_moved_gets_none(here: Town) -> None:
    repo, number, sha = await green(here)
    repo.commit("fix", {"a.py": "x = 3\n"})
    reactions, _ = await asked(here, repo, number, f"/maestro escalate {sha[:7]}")
    assert (reactions, dispatched(repo)) == ({"eyes", "confused"}, [])


async def test_a_fork_gets_none(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **FILES)
    fork = repo.fork("mallory")
    fork.commit("topic", {"a.py": "x = 2\n"}, author="mallory")
    number = repo.open_pull("Mine", "mallory:topic", author="mallory")
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro escalate")
    assert (reactions, dispatched(repo)) == ({"eyes", "confused"}, [])
    assert "comes from a fork" in reply


@pytest.mark.parametrize(
    ("rules", "words", "said"),
    [
        ("version: 1\ncontract: {post: {tests: pass}}\n", "", "names no heavier tests"),
        (RULES, " everything", "only `tests` can be escalated"),
    ],
)
async def test_what_there_is_not_is_declined_in_words(here: Town, rules: str, words: str, said: str) -> None:
    repo, number, _ = await green(here, rules)
    reactions, (reply,) = await asked(here, repo, number, f"/maestro escalate{words}")
    assert (reactions, dispatched(repo)) == ({"eyes", "confused"}, [])
    assert said in reply


async def test_carried_out_once_more_after_a_kill_they_run_once(here: Town) -> None:
    repo, number, _, run = await escalated(here)
    await again(here, repo, number)
    assert dispatched(repo) == [run]
    assert len(await here.maestro.stores.dispatches.of_pull("octo/shop", number)) == 1


async def test_without_a_contract_it_is_said_that_they_stop_nothing(here: Town) -> None:
    repo = shop(here.sandbox, "version: 1\nrisk: {}\nescalate: {workflow: tests-high.yml}\n", **FILES)
    number, _ = change(repo)
    await here.rest()
    reactions, (reply,) = await asked(here, repo, number, "/maestro escalate")
    assert (reactions, len(dispatched(repo))) == ({"eyes", "rocket"}, 1)
    assert "stops nothing" in reply


async def test_a_run_that_was_deleted_is_as_if_it_had_never_been(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    repo.finish_workflow(run.id, "failure")
    del repo.state.workflow_runs[run.id]
    del repo.state.suites[run.suite.id]
    repo.report_check(sha, "lint")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert (await asked(here, repo, number, "/maestro escalate"))[0] == {"eyes", "rocket"}


async def test_a_run_that_github_did_not_name_is_found_on_the_head(here: Town) -> None:
    """Servers before 2026-02-19 do not tell which run a dispatch began."""
    repo, number, sha = await green(here)
    unnamed = Dispatched(TESTS, "tests-high.yml", "tests-high.yml", sha, 0.0)
    await here.maestro.stores.dispatches.keep("octo/shop", number, unnamed, "comment 0")
    repo.report_check(sha, "lint")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] is None
    repo.workflow_run(sha, "tests-high", "failure", event="workflow_dispatch")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_merged_while_they_run_the_check_runs_end_and_stay_ended(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    repo.merge(number)
    await here.rest()
    assert set(here.conclusions(repo, sha).values()) == {"cancelled"}
    assert {one.title for one in repo.check_runs(sha) if one.name == DECISION} == {f"Merged at {sha[:7]}"}
    repo.finish_workflow(run.id, "failure")
    await here.rest()
    assert set(here.conclusions(repo, sha).values()) == {"cancelled"}


async def test_merged_while_they_run_what_another_pull_request_shares_goes_on(here: Town) -> None:
    repo, number, sha, run = await escalated(here)
    repo.commit("release", {"release.txt": "1\n"}, parent=repo.tip())
    repo.open_pull("The same onto a release", "fix", "release")
    await here.rest()
    repo.merge(number)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] != "cancelled"
    repo.finish_workflow(run.id)
