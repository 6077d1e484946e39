"""GitHub fails, limits and hangs up; we die. Nothing is lost and nothing happens twice."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from app.github.sandbox.faults import (
    AppliedThenCut,
    DeliveryFaults,
    Fault,
    SecondaryLimit,
    ServerError,
    TokenExpired,
    TooManyRequests,
    Unreachable,
)
from tests.nights import by_night
from tests.road.stories import CONTRACT, change, shop
from tests.road.town import DECISION, GREEN, Town, github, maestro_in

pytestmark = pytest.mark.slow

FAULTS = (ServerError(502), Unreachable(), TooManyRequests(1), SecondaryLimit(1), TokenExpired())
ON_THE_ROAD = ("*/pulls/1", "*/compare/*", "*/contents/*", "*/check-runs", "*/comments")


def _pairs() -> Iterator[ParameterSet]:
    """Each fault at each place; by day each fault once and each place once."""
    for (at, where), (kind, fault) in product(enumerate(ON_THE_ROAD), enumerate(FAULTS)):
        marks = () if at == kind else (pytest.mark.nightly,)
        yield pytest.param(where, fault, marks=marks, id=f"{where}-{fault}")


@pytest.mark.parametrize(("where", "fault"), list(_pairs()))
async def test_a_passing_fault_anywhere_on_the_road_changes_nothing_in_the_end(
    here: Town, fault: Fault, where: str
) -> None:
    here.maestro.engine.runner.backoff = _soon
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.report_check(sha, "unit")
    here.sandbox.faults.add(fault, path=where)
    number = repo.open_pull("Correct x", "fix")
    await here.rest(40)
    assert here.sandbox.faults.struck
    assert here.conclusions(repo, sha) == {DECISION: "success", "maestro / contract": "success"}
    assert len(here.cards(repo, number)) == 1


@pytest.mark.parametrize(
    "where", ["*/pulls/1", *by_night("*/compare/*", "*/contents/*", "*/check-suites"), "*/check-runs"]
)
async def test_a_fresh_token_that_not_all_of_github_knows_yet_changes_nothing_in_the_end(
    here: Town, where: str
) -> None:
    here.maestro.engine.runner.backoff = _soon
    repo = shop(here.sandbox, CONTRACT)
    here.sandbox.faults.add(TokenExpired(), path=where, times=2)
    _, sha = change(repo)
    repo.report_check(sha, "unit", "in_progress", None)
    await here.rest(40)
    assert here.conclusions(repo, sha) == {DECISION: None, "maestro / contract": None}


@pytest.mark.parametrize("where", ["*/check-runs", "*/issues/1/comments"])
@pytest.mark.parametrize("after", [0, 1])
async def test_a_write_that_worked_though_its_answer_was_lost_is_not_made_twice(
    here: Town, where: str, after: int
) -> None:
    here.maestro.engine.runner.backoff = _soon
    repo = shop(here.sandbox, CONTRACT)
    here.sandbox.faults.add(AppliedThenCut(), method="POST", path=where, after=after)
    number, _ = change(repo)
    await here.rest(40)
    ours = [run.name for run in repo.state.runs.values() if run.suite.app.id == here.sandbox.app.app_id]
    assert sorted(ours) == [DECISION.replace("decision", "contract"), DECISION]
    assert len(here.cards(repo, number)) == 1


async def test_while_github_is_away_we_are_in_progress_and_then_ask_for_a_person(here: Town) -> None:
    here.maestro.engine.runner.backoff = _soon
    here.maestro.engine.runner.max_attempts = 2
    repo = shop(here.sandbox, CONTRACT)
    here.sandbox.faults.add(ServerError(), path="*/check-suites", times=None)
    _, sha = change(repo)
    await here.rest(60)
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    assert "failure" not in here.conclusions(repo, sha).values()


async def test_a_suspended_installation_ends_the_work_and_not_the_worker(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    here.sandbox.suspend("octo")
    here.sandbox.courier.post("pull_request", _opened(here, repo.full_name))
    await here.rest()
    here.sandbox.unsuspend("octo")
    _, sha = change(repo, "again")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}


async def test_a_renamed_repository_is_followed_for_reading(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    change(repo)
    await here.rest()
    here.sandbox.rename("octo/shop", "octo/store")
    sha = repo.commit("fix", {"a.py": "x = 9\n"})
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}


async def test_what_one_worker_left_undone_the_next_one_does(tmp_path: Path) -> None:
    async with github() as sandbox:
        async with maestro_in(sandbox, tmp_path) as first:
            await first.maestro.engine.stop(0)
            repo = shop(sandbox, GREEN)
            number, sha = change(repo)
            await sandbox.settle()
            assert first.conclusions(repo, sha) == {}
        async with maestro_in(sandbox, tmp_path) as second:
            await second.rest()
            assert second.conclusions(repo, sha) == {DECISION: "success"}
            assert len(second.cards(repo, number)) == 1


async def test_a_burst_of_checks_becomes_few_evaluations(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    await here.rest()
    before = len(here.sandbox.requests)
    for index in range(32):
        repo.report_check(sha, f"job {index}")
    await here.rest()
    compared = sum("/compare/" in call for call in here.calls(before))
    assert compared <= 16
    assert here.conclusions(repo, sha)[DECISION] == "success"


@pytest.mark.parametrize("seed", [0, 1, *by_night(*range(2, 8))])
async def test_duplicated_delayed_and_shuffled_webhooks_end_where_the_clean_run_ends(here: Town, seed: int) -> None:
    here.sandbox.delivery_faults = DeliveryFaults(seed=seed, duplicate=0.4, delay=0.3, seconds=0.05, reorder=6)
    repo = shop(here.sandbox, CONTRACT)
    here.sandbox.courier.hold()
    number, _ = change(repo)
    head = repo.commit("fix", {"a.py": "x = 3\n"})
    for name in ("unit", "lint", "types"):
        repo.report_check(head, name)
    here.sandbox.courier.release()
    await here.rest()
    assert here.conclusions(repo, head) == {DECISION: "success", "maestro / contract": "success"}
    (card,) = here.cards(repo, number)
    assert f"`{head[:7]}`" in card
    names = [run.name for run in repo.state.runs.values() if run.suite.app.id == here.sandbox.app.app_id]
    assert len(names) == len(set(names)), "one run a name on the one head that was judged"


def _soon(_attempt: int) -> float:
    return 0.01


def _opened(here: Town, repository: str) -> dict[str, object]:
    installation = here.sandbox.installation("octo")
    return {
        "action": "opened",
        "number": 1,
        "pull_request": {"number": 1, "head": {"sha": "a" * 40}},
        "repository": {"full_name": repository},
        "installation": {"id": installation.id},
        "sender": {"login": "alice"},
    }
