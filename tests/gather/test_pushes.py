"""What was pushed, and what passed on a head before."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gather.pushes import Pushes, passed_before
from app.github import limits
from app.github.auth import Identity
from app.github.client import GitHub
from app.github.records import CheckRun, WorkflowRun
from app.github.repository import Repository
from app.model import Place
from tests.publish.scene import scene


def check(number: int, conclusion: str, suite: int, name: str = "test", app: str = "github-actions") -> CheckRun:
    return CheckRun(number, name, "completed", conclusion, 1, app, "", "", suite)


def flow(suite: int, workflow: int, event: str = "push") -> WorkflowRun:
    return WorkflowRun(suite, "octo/shop", "", suite, workflow, event)


def test_a_check_that_ran_again_passed_before() -> None:
    every = [check(2, "failure", 1), check(1, "success", 1)]
    assert passed_before(every, [flow(1, 7)]) == {("github-actions", "test")}


def test_a_newer_run_of_the_same_workflow_is_the_same_kind_of_run() -> None:
    every = [check(1, "success", 1), check(2, "failure", 2)]
    assert passed_before(every, [flow(1, 7), flow(2, 7)]) == {("github-actions", "test")}


@pytest.mark.parametrize("second", [flow(2, 8), flow(2, 7, "pull_request")])
def test_a_job_of_the_same_name_in_another_kind_of_run_says_nothing(second: WorkflowRun) -> None:
    assert passed_before([check(1, "success", 1), check(2, "failure", 2)], [flow(1, 7), second]) == frozenset()


def test_a_check_of_the_same_name_from_another_app_says_nothing() -> None:
    every = [check(1, "success", 1, app="circleci"), check(2, "failure", 2, app="travis")]
    assert passed_before(every, []) == {("circleci", "test")}


async def test_the_head_is_among_the_commits_where_github_ends_its_list_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PULL_COMMITS", 2)
    async with scene(tmp_path) as here:
        for n in range(3):
            head = here.repo.commit(here.repo.pull(here.number).head_ref, {"a.py": f"x = {n}\n"}, message=f"try {n}")

        identity = Identity(here.sandbox.app.app_id, here.sandbox.app.private_key)
        client = GitHub(identity, here.session, api_url=here.sandbox.url).installation(
            here.sandbox.installation("octo").id
        )

        async def connected(place: Place) -> Repository:
            return Repository(client, place.repository)

        found = await Pushes(connected).of(Place("octo/shop"), here.number, head)
        assert [one.sha for one in found].count(head) == 1
        assert (len(found), found[-1].sha, found[-1].message) == (3, head, "try 2")
