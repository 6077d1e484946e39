"""What still waits on a head that was overtaken ends as cancelled, once, whoever is killed in between."""

from __future__ import annotations

import pytest

from app.github.errors import RateLimited, Unavailable
from app.github.sandbox.faults import AppliedThenCut, Fault, ServerError, TooManyRequests
from app.model import BeginCheckRun, CheckRunText, FollowHead, WriteCheckRun
from app.store.chain import entry_of
from app.store.effects import Effects
from app.store.provenance import Provenance
from campaign.misfortunes import Unprocessable
from tests.publish.scene import Crash, Dying, Scene

pytestmark = pytest.mark.slow

DECISION, CONTRACT = "maestro / decision", "maestro / contract"
WORDS = CheckRunText("…", "…")


def follow(here: Scene, sha: str, number: int = 0) -> FollowHead:
    return FollowHead(number or here.number, sha, CheckRunText(f"Overtaken by {sha[:7]}", "No answer."))


async def waiting(here: Scene) -> None:
    """The run is begun on the present head."""
    await here.perform(follow(here, here.head), BeginCheckRun(DECISION, here.head, WORDS))


async def pushed(here: Scene) -> FollowHead:
    """Somebody pushes while the run waits."""
    await waiting(here)
    return follow(here, here.repo.commit("feature", {"src/pay.py": "paid = 1\n"}))


def runs(here: Scene, sha: str = "") -> list[tuple[str, str | None, str]]:
    every = (run for run in here.repo.state.runs.values() if run.suite.head_sha == (sha or here.head))
    return [(run.name, run.conclusion, run.title or "") for run in every]


def cancelled(action: FollowHead) -> list[tuple[str, str | None, str]]:
    return [(DECISION, "cancelled", f"Overtaken by {action.head_sha[:7]}")]


async def told(here: Scene) -> list[tuple[str, str, str]]:
    entries = [entry_of(row[1]) async for batch in Provenance(here.engine).rows() for row in batch]
    return [(one.what, one.head_sha, one.result) for one in entries if "cancelled" in one.what or one.result != "ok"]


async def again_and_nothing_more(here: Scene, action: FollowHead) -> None:
    """The next worker settles it, the one after it has nothing left to ask."""
    await here.perform(action)
    assert runs(here) == cancelled(action)
    asked = len(here.sandbox.requests)
    await here.perform(action)
    assert calls(here, asked) == []
    assert await Effects(here.engine).in_doubt() == []


def calls(here: Scene, since: int) -> list[str]:
    every = (one for one in here.sandbox.requests[since:] if not one.path.endswith("access_tokens"))
    return [f"{one.method} {one.path.removeprefix('/repos/octo/shop')}" for one in every]


async def test_it_costs_one_call_and_is_told_once(here: Scene) -> None:
    action = await pushed(here)
    asked = len(here.sandbox.requests)
    await here.perform(action)
    (call,) = calls(here, asked)
    assert call.startswith("PATCH /check-runs/")
    await again_and_nothing_more(here, action)
    assert await told(here) == [(f"check run {DECISION}: cancelled", here.head, "ok")]


async def test_where_nothing_waits_nobody_is_asked(here: Scene) -> None:
    await waiting(here)
    await here.perform(WriteCheckRun(DECISION, here.head, "success", WORDS))
    asked = len(here.sandbox.requests)
    await here.perform(follow(here, here.repo.commit("feature", {"a": "1\n"})))
    assert calls(here, asked) == []
    assert runs(here) == [(DECISION, "success", "…")]


async def test_each_run_that_waits_is_cancelled_and_no_other(here: Scene) -> None:
    action = await pushed(here)
    await here.perform(BeginCheckRun(CONTRACT, here.head, WORDS), BeginCheckRun(DECISION, action.head_sha, WORDS))
    await here.perform(action)
    assert {name: conclusion for name, conclusion, _ in runs(here)} == dict.fromkeys((DECISION, CONTRACT), "cancelled")
    assert runs(here, action.head_sha) == [(DECISION, None, "…")]


async def test_killed_between_the_call_and_its_record_it_is_cancelled_once(here: Scene) -> None:
    action = await pushed(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, record_left=[1]))
    assert runs(here) == cancelled(action)
    await again_and_nothing_more(here, action)
    assert len(await told(here)) == 1


async def test_killed_before_the_new_head_is_remembered_it_is_not_cancelled_again(here: Scene) -> None:
    action = await pushed(here)
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, record_left=[2]))
    written = len(here.sandbox.writes)
    await again_and_nothing_more(here, action)
    assert len(here.sandbox.writes) == written


@pytest.mark.parametrize("fault", [AppliedThenCut(), ServerError(503)], ids=["cut", "503"])
async def test_without_an_answer_it_is_cancelled_by_the_next_worker(here: Scene, fault: Fault) -> None:
    action = await pushed(here)
    here.sandbox.faults.add(fault, method="PATCH", path="*/check-runs/*", times=100)
    with pytest.raises(Unavailable):
        await here.perform(action)
    here.sandbox.faults.clear()
    await again_and_nothing_more(here, action)


async def test_held_back_by_a_limit_it_is_cancelled_later(here: Scene) -> None:
    action = await pushed(here)
    here.sandbox.faults.add(TooManyRequests(retry_after=3), method="PATCH", path="*/check-runs/*")
    with pytest.raises(RateLimited):
        await here.perform(action)
    await again_and_nothing_more(here, action)


async def test_a_run_that_was_made_and_never_recorded_is_found_and_cancelled(here: Scene) -> None:
    await here.perform(follow(here, here.head))
    with pytest.raises(Crash):
        await here.perform(BeginCheckRun(DECISION, here.head, WORDS), effects=Dying(here.engine, record_left=[1]))
    assert runs(here) == [(DECISION, None, "…")]
    await again_and_nothing_more(here, follow(here, here.repo.commit("feature", {"a": "1\n"})))


async def test_a_run_that_was_never_made_is_not_made_to_be_cancelled(here: Scene) -> None:
    await here.perform(follow(here, here.head))
    with pytest.raises(Crash):
        await here.perform(BeginCheckRun(DECISION, here.head, WORDS), effects=Dying(here.engine, begin_left=[1]))
    await here.perform(follow(here, here.repo.commit("feature", {"a": "1\n"})))
    assert runs(here) == []
    assert await Effects(here.engine).in_doubt() == []


async def test_a_head_that_another_pull_request_is_at_is_left_alone(here: Scene) -> None:
    other = here.repo.open_pull("Pay later", "feature", base="release")
    await here.perform(follow(here, here.head, other))
    await waiting(here)
    here.repo.commit("elsewhere", {"a": "1\n"})
    await here.perform(follow(here, "5e" * 20))
    assert runs(here) == [(DECISION, None, "…")]


async def test_a_head_whose_other_pull_request_is_closed_is_settled(here: Scene) -> None:
    other = here.repo.open_pull("Pay later", "feature", base="release")
    await here.perform(follow(here, here.head, other))
    action = await pushed(here)
    here.repo.close(other)
    await again_and_nothing_more(here, action)


async def test_should_it_be_the_head_again_its_run_is_begun_anew(here: Scene) -> None:
    action = await pushed(here)
    await here.perform(action)
    here.repo.force_push("feature", here.head)
    await here.perform(follow(here, here.head), BeginCheckRun(DECISION, here.head, WORDS))
    assert runs(here) == [*cancelled(action), (DECISION, None, "…")]
    await here.perform(WriteCheckRun(DECISION, here.head, "success", WORDS))
    assert [conclusion for _, conclusion, _ in runs(here)] == ["cancelled", "success"]
    assert len({run.external_id for run in here.repo.state.runs.values()}) == 2


async def test_a_run_that_github_would_not_have_cancelled_stands_in_nobodys_way(here: Scene) -> None:
    action = await pushed(here)
    here.sandbox.faults.add(Unprocessable(), method="PATCH", path="*/check-runs/*")
    await here.perform(action, BeginCheckRun(DECISION, action.head_sha, WORDS))
    assert runs(here) == [(DECISION, None, "…")]
    assert runs(here, action.head_sha) == [(DECISION, None, "…")]
    ((what, _, result),) = await told(here)
    assert what == f"check runs of the head before {action.head_sha[:7]}"
    assert "422" in result
