"""What the real GitHub does and a first guess gets wrong: each story was told by somebody whom it cost a day."""

from pathlib import Path

import pytest

from app.commands.demo import beside, rest
from app.github.sandbox import Repo, checking
from app.github.sandbox.faults import ServerError
from app.github.sandbox.state import Run
from app.osv.sandbox import OsvSandbox
from tests.road.stories import CONTRACT, PATH, change, shop
from tests.road.town import DECISION, GREEN, SECRET, Town, github

pytestmark = pytest.mark.slow


async def test_a_green_answer_turns_to_waiting_when_another_check_begins(here: Town) -> None:
    """GitHub never opens a completed run again, so the waiting is a new run of the same name."""
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo)
    repo.report_check(sha, "lint")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    repo.report_check(sha, "e2e", status="in_progress", conclusion=None)
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: None, "maestro / contract": None}
    repo.report_check(sha, "e2e", conclusion="failure")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "failure", "maestro / contract": "failure"}
    assert len(here.cards(repo, number)) == 1


async def test_a_job_that_waits_for_another_is_waited_for_though_it_has_no_run_yet(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo)
    repo.report_check(sha, "build")
    suite = checking.ensure_suite(here.sandbox.world, repo.state, sha, here.sandbox.world.other_app("github-actions"))
    suite.status, suite.conclusion = "in_progress", None
    repo.edit(number, body="look again")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] is None
    assert "more to come" in here.cards(repo, number)[0]


async def test_workflows_that_a_maintainer_must_approve_are_waited_for_and_never_red(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    fork = repo.fork("newcomer")
    sha = fork.commit("fix", {"a.py": "x = 2\n"}, author="newcomer")
    suite = repo.request_suite(sha, "github-actions")
    suite.status, suite.conclusion = "completed", "action_required"
    number = repo.open_pull("First change", "newcomer:fix", author="newcomer")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] is None
    card = here.cards(repo, number)[0]
    assert "a maintainer must approve" in card
    assert "A maintainer approves the workflows" in card.partition("<details>")[0]


async def test_before_any_check_has_begun_we_wait_and_only_then_ask_for_a_person(tmp_path: Path) -> None:
    async with github() as sandbox:
        repo = shop(sandbox, CONTRACT)
        async with (
            OsvSandbox() as osv,
            beside(sandbox, tmp_path, SECRET, ci_grace=1.0, osv_url=osv.url) as (maestro, url),
        ):
            here = Town(sandbox, maestro, url, osv)
            _, sha = change(repo)
            await rest(sandbox, maestro)
            assert here.conclusions(repo, sha)[DECISION] == "action_required"
            told = [write.body.get("conclusion") for write in sandbox.writes if isinstance(write.body, dict)]
            assert told.index("action_required") >= 2, "first it was in progress"


async def test_the_worst_of_two_pull_requests_that_share_a_head_decides_for_the_head(here: Town) -> None:
    """Check runs belong to commits: without this, a second pull request onto a lax branch would clear the first."""
    repo = shop(here.sandbox, CONTRACT)
    repo.commit("lax", {PATH: GREEN}, parent=repo.tip())
    number, sha = change(repo)
    repo.report_check(sha, "unit", conclusion="failure")
    await here.rest()
    second = repo.open_pull("The same, elsewhere", "fix", base="lax")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "**SHIP**" in here.cards(repo, second)[0], "its card speaks of itself alone"
    repo.close(number)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_a_gate_that_is_no_longer_asked_for_lets_go(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    repo.report_check(sha, "unit", conclusion="failure")
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / contract"] == "failure"
    repo.commit("main", {PATH: GREEN})
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success", "maestro / contract": "success"}


async def test_counting_down_is_no_news(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    for name in ("a", "b", "c", "d"):
        repo.report_check(sha, name, status="in_progress", conclusion=None)
    await here.rest()
    before = len(here.sandbox.writes)
    for name in ("a", "b", "c"):
        repo.report_check(sha, name)
        await here.rest()
    assert here.sandbox.writes[before:] == []
    repo.report_check(sha, "d")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_a_workflow_that_ran_again_on_the_same_commit_counts_once(here: Town) -> None:
    """GitHub keeps a suite for each run of a workflow and lists the runs of them all."""
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    await here.rest()
    _workflow(repo, sha, "cancelled")
    _workflow(repo, sha, "success")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_two_workflows_with_a_job_of_one_name_both_count(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    await here.rest()
    _workflow(repo, sha, "failure", name="old")
    _workflow(repo, sha, "success", name="new")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_a_repository_without_rules_costs_nothing_for_what_others_report(here: Town) -> None:
    repo = shop(here.sandbox, None)
    _, sha = change(repo)
    await here.rest()
    before = len(here.sandbox.requests)
    for index in range(10):
        repo.report_check(sha, f"job {index}")
        await here.rest()
    assert here.calls(before) == []
    repo.commit("main", {PATH: GREEN})
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}


async def test_neither_does_a_fork_where_nothing_is_configured(here: Town) -> None:
    repo = shop(here.sandbox, None)
    sha = repo.fork("mallory").commit("fix", {"a.py": "x = 2\n"}, author="mallory")
    repo.open_pull("Correct x", "mallory:fix", author="mallory")
    repo.report_check(sha, "first")
    await here.rest()
    before = len(here.sandbox.requests)
    for index in range(5):
        repo.report_check(sha, f"job {index}")
        await here.rest()
    assert here.calls(before) == []


async def test_a_locked_conversation_costs_the_card_and_not_the_verdict(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    here.sandbox.faults.add(ServerError(403), method="POST", path="*/comments", times=None)
    _, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}
    assert await here.maestro.stores.deliveries.counts() == {"taken": len(here.sandbox.deliveries)}


async def test_a_removed_configuration_is_said_and_does_not_clear_the_change_itself(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.commit("drop", {PATH: None})
    number = repo.open_pull("Drop the rules", "drop")
    repo.report_check(sha, "unit", conclusion="failure")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "removes the configuration" in here.cards(repo, number)[0]


async def test_a_fork_that_brings_rules_to_a_repository_without_any_decides_nothing(here: Town) -> None:
    repo = shop(here.sandbox, None)
    fork = repo.fork("mallory")
    sha = fork.commit("rules", {PATH: GREEN}, author="mallory")
    number = repo.open_pull("Rules", "mallory:rules", author="mallory")
    await here.rest()
    assert here.conclusions(repo, sha) == {"maestro / config": "success"}
    assert here.cards(repo, number) == []


async def test_a_later_entry_of_the_queue_is_judged_on_what_it_adds(here: Town) -> None:
    repo = shop(here.sandbox, "version: 1\nrisk: {mode: block}\n")
    big = {f"src/m{i}.py": "x = 1\n" * 40 for i in range(60)}
    first = repo.commit("big", big)
    small = repo.commit("small", {"a.py": "x = 2\n"}, parent=repo.tip())
    one, two = repo.open_pull("Big", "big"), repo.open_pull("Small", "small")
    await here.rest()
    assert (here.conclusions(repo, first)[DECISION], here.conclusions(repo, small)[DECISION]) == ("failure", "success")
    ahead = repo.merge_group(one)
    behind = repo.draft_commit({**big, "a.py": "x = 2\n"}, parent=ahead)
    here.sandbox.courier.post("merge_group", _queued(here, repo, two, behind, ahead))
    repo.state.refs[f"heads/gh-readonly-queue/main/pr-{two}-{ahead}"] = behind
    await here.rest()
    assert here.conclusions(repo, behind)[DECISION] == "success"


async def test_a_branch_named_like_a_merge_queues_is_no_merge_group(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    repo.commit("lax", {PATH: GREEN}, parent=repo.tip())
    branch = f"gh-readonly-queue/lax/pr-1-{repo.tip('lax')}"
    sha = repo.fork("mallory").commit(branch, {"a.py": "x = 2\n"}, author="mallory")
    repo.open_pull("Nice", f"mallory:{branch}", author="mallory")
    await here.rest()
    suite = checking.ensure_suite(here.sandbox.world, repo.state, sha, here.sandbox.world.other_app("github-actions"))
    suite.head_branch = branch
    repo.report_check(sha, "unit", conclusion="failure")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "failure", "maestro / contract": "failure"}


async def test_what_others_report_does_not_hide_the_event_that_brings_rules(here: Town) -> None:
    repo = shop(here.sandbox, None)
    _, sha = change(repo)
    repo.report_check(sha, "unit")
    await here.rest()
    here.sandbox.courier.hold()
    new = repo.commit("fix", {PATH: GREEN})
    repo.report_check(new, "unit", status="in_progress", conclusion=None)
    here.sandbox.courier.release()
    await here.rest()
    assert here.conclusions(repo, new) == {"maestro / config": "success"}


async def test_a_selection_of_tests_leaves_out_no_suite_that_has_more_to_come(here: Town) -> None:
    repo = shop(here.sandbox, "version: 1\ncontract: {post: {tests: pass}, tests: {include: ['test*']}}\n")
    number, sha = change(repo)
    repo.report_check(sha, "test unit")
    suite = checking.ensure_suite(here.sandbox.world, repo.state, sha, here.sandbox.world.other_app("github-actions"))
    suite.status, suite.conclusion = "in_progress", None
    repo.edit(number, body="look again")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] is None


async def test_a_suite_that_was_cancelled_behind_green_jobs_is_not_green(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo)
    repo.report_check(sha, "build")
    suite = checking.ensure_suite(here.sandbox.world, repo.state, sha, here.sandbox.world.other_app("github-actions"))
    suite.status, suite.conclusion = "completed", "cancelled"
    repo.edit(number, body="look again")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_looking_again_at_a_shared_head_writes_nothing(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    repo.commit("lax", {PATH: GREEN}, parent=repo.tip())
    number, sha = change(repo)
    repo.report_check(sha, "unit")
    second = repo.open_pull("The same, elsewhere", "fix", base="lax")
    await here.rest()
    before = len(here.sandbox.writes)
    for one in (number, second, number):
        repo.edit(one, body=f"look again at {one}")
        await here.rest()
    assert here.sandbox.writes[before:] == []


async def test_a_pull_request_that_moves_on_frees_the_head_it_left(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    repo.commit("lax", {PATH: GREEN}, parent=repo.tip())
    _, sha = change(repo)
    repo.report_check(sha, "unit", conclusion="failure")
    repo.force_push("twin", sha)
    repo.open_pull("The same, elsewhere", "twin", base="lax")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_a_twin_whose_base_lost_its_rules_holds_nobody(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    repo.commit("strict", {PATH: CONTRACT}, parent=repo.tip())
    number, sha = change(repo)
    repo.report_check(sha, "unit", conclusion="failure")
    repo.open_pull("The same, elsewhere", "fix", base="strict")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    repo.commit("strict", {PATH: None})
    await here.rest()
    repo.edit(number, body="look again")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


def _workflow(repo: Repo, sha: str, conclusion: str, name: str = "ci") -> None:
    """A workflow runs on the commit, in a suite of its own, with one job."""
    ran = repo.workflow_run(sha, name, conclusion)
    job = Run(repo.world.new_id(), ran.suite, "build", "completed", None, repo.world.now())
    job.conclusion = conclusion
    repo.state.runs[job.id] = job


def _queued(here: Town, repo: Repo, number: int, head: str, base: str) -> dict[str, object]:
    installation = here.sandbox.installation("octo")
    group = {
        "head_sha": head,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-{number}-{base}",
        "base_sha": base,
        "base_ref": "refs/heads/main",
    }
    return {
        "action": "checks_requested",
        "merge_group": group,
        "repository": {"full_name": repo.full_name},
        "installation": {"id": installation.id},
    }
