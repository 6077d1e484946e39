"""Healing against the local GitHub, over real HTTP: what is found, what it costs, and that it settles what it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.github.sandbox import DeliveryFaults, Repo
from app.github.sandbox.faults import AppliedThenCut, PrimaryExhausted, ServerError, Unreachable
from app.model import Trigger
from app.render.actions import DECISION
from handlers.sweep import PATIENCE
from tests.road.clinic import Clinic, Dying, clinic
from tests.road.stories import CONTRACT, PATH, change, shop
from tests.road.town import GREEN

pytestmark = pytest.mark.slow

LISTS = ("GET /app/installations 200", "GET /installation/repositories 200")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as opened:
        yield opened


def at(triggers: tuple[Trigger, ...]) -> list[tuple[str, int | None, str]]:
    return [(one.repository, one.number, one.head_sha) for one in triggers]


def repository(here: Clinic, name: str, rules: str | None = GREEN, changes: int = 1) -> tuple[Repo, list[str]]:
    """A repository with so many open pull requests; their heads, the newest first."""
    repo = here.sandbox.repository(name, {"a.py": "x = 1\n"} | ({} if rules is None else {PATH: rules}))
    heads = [change(repo, f"fix-{number}", **{f"{number}.py": "x = 2\n"})[1] for number in range(changes)]
    return repo, heads[::-1]


# --- which heads -------------------------------------------------------------------------------------------------


async def test_a_head_whose_webhook_was_lost_gets_its_answer(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    number, sha = change(repo)
    found = await here.sweep()()
    assert at(found) == [("octo/shop", number, sha)]
    await here.evaluate(found[0])
    assert (DECISION, "completed", "success") in here.runs(repo, sha)
    here.skipped = 2 * PATIENCE
    assert await here.sweep()() == ()


async def test_a_head_that_moved_is_found_again_and_a_closed_one_is_not(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    sweep = here.sweep()
    for trigger in await sweep():
        await here.evaluate(trigger)
    moved = repo.commit("fix", {"a.py": "x = 3\n"})
    assert at(await sweep()) == [("octo/shop", number, moved)]
    repo.close(number)
    assert await here.sweep()() == ()


async def test_a_head_that_was_retargeted_is_found_again(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    repo.commit("release", {"b.py": "y = 1\n"})
    number, sha = change(repo)
    await here.heal()
    repo.edit(number, base="release")
    here.skipped = 2 * PATIENCE
    assert at(await here.sweep()()) == [("octo/shop", number, sha)]


async def test_one_that_was_closed_and_opened_again_is_found_again(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    number, sha = change(repo)
    (trigger,) = await here.sweep()()
    await here.evaluate(trigger)
    repo.close(number)
    await here.evaluate(trigger)  # as `pull_request.labeled` may come late: the closed one is judged no more
    repo.reopen(number)
    here.skipped = 2 * PATIENCE
    assert at(await here.sweep()()) == [("octo/shop", number, sha)]


async def test_a_draft_is_judged_like_any_other(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "fix", draft=True)
    assert at(await here.sweep()()) == [("octo/shop", number, sha)]


async def test_a_pull_request_from_a_fork_is_found(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    sha = repo.fork("zoe").commit("fix", {"a.py": "x = 2\n"}, author="zoe")
    number = repo.open_pull("Correct x", "zoe:fix", author="zoe")
    assert at(await here.sweep()()) == [("octo/shop", number, sha)]


# --- what it costs -----------------------------------------------------------------------------------------------


async def test_a_repository_without_configuration_stays_silent_and_costs_four_calls_an_hour(here: Clinic) -> None:
    repository(here, "octo/quiet", rules=None, changes=40)
    sweep = here.sweep()
    assert await sweep() == ()
    asked = Counter(call.split("octo/quiet")[-1] for call in here.calls()[2:])
    assert asked["/pulls 200"] == 1
    assert sum(asked.values()) <= 4
    before = len(here.sandbox.requests)
    assert await sweep() == ()
    assert len(here.calls(before)) == 2
    assert here.sandbox.writes == []


async def test_an_owner_s_configuration_counts(here: Clinic) -> None:
    here.sandbox.repository("octo/.github", {PATH: GREEN})
    _, (head,) = repository(here, "octo/quiet", rules=None)
    assert at(await here.sweep()()) == [("octo/quiet", 1, head)]


async def test_what_did_not_change_is_asked_for_without_cost(here: Clinic) -> None:
    repo, _ = repository(here, "octo/shop", changes=3)
    sweep = here.sweep()
    for trigger in await sweep():
        await here.evaluate(trigger)
    before = len(here.sandbox.requests)
    assert await sweep() == ()
    assert here.calls(before) == [
        "GET /app/installations 304",
        "GET /installation/repositories 304",
        f"GET /repos/{repo.full_name}/pulls 304",
    ]


async def test_two_hundred_and_fifty_pull_requests_are_found_with_three_calls(here: Clinic) -> None:
    _, heads = repository(here, "octo/large", changes=250)
    found = await here.sweep(evaluations=1_000)()
    assert [one.head_sha for one in found] == heads
    assert here.calls().count("GET /repos/octo/large/pulls 200") + _further_pages(here) == 3
    assert len(here.calls()) == len(LISTS) + 3 + 1


def _further_pages(here: Clinic) -> int:
    """GitHub's links name a repository by its id."""
    return sum(one.startswith("GET /repositories/") for one in here.calls())


async def test_the_sweep_reads_with_a_token_that_can_only_read(here: Clinic) -> None:
    repository(here, "octo/shop")
    await here.sweep()()
    assert [token.permissions for token in here.sandbox.world.tokens.values()] == [
        {"metadata": "read", "contents": "read", "pull_requests": "read"}
    ]


# --- who is left out, and bad luck -------------------------------------------------------------------------------


async def test_a_suspended_installation_is_not_asked_and_hides_no_other(here: Clinic) -> None:
    for owner in ("octo", "acme", "initech"):
        repository(here, f"{owner}/shop")
    here.sandbox.suspend("acme")
    found = await here.sweep()()
    assert {one.repository for one in found} == {"octo/shop", "initech/shop"}
    assert {one.repository: one.installation for one in found} == {
        f"{owner}/shop": here.sandbox.installation(owner).id for owner in ("octo", "initech")
    }
    assert not any("acme" in call or " 403" in call for call in here.calls())


async def test_an_installation_that_is_suspended_meanwhile_hides_no_other(here: Clinic) -> None:
    for owner in ("octo", "acme"):
        repository(here, f"{owner}/shop")
    sweep = here.sweep()
    await sweep()
    repository(here, "acme/news")
    repository(here, "octo/news")
    listed = await sweep.census.installations()
    here.sandbox.suspend("acme")
    assert isinstance(listed, tuple)
    unread = await sweep.census.repositories(here.sandbox.installation("acme").id)
    assert "suspended" in getattr(unread, "reason", "")
    assert [one.repository for one in await sweep()] == ["octo/news"]


async def test_where_the_app_was_uninstalled_nothing_is_asked(here: Clinic) -> None:
    repository(here, "octo/shop")
    repository(here, "acme/shop")
    here.sandbox.uninstall("acme")
    assert [one.repository for one in await here.sweep()()] == ["octo/shop"]


async def test_a_repository_that_fails_hides_no_other(here: Clinic) -> None:
    for name in "abc":
        repository(here, f"octo/{name}")
    here.sandbox.faults.add(ServerError(), path="/repos/octo/b/pulls", times=None)
    assert [one.repository for one in await here.sweep()()] == ["octo/a", "octo/c"]


async def test_where_the_hour_s_calls_are_used_up_the_sweep_stops_and_later_goes_on_there(here: Clinic) -> None:
    for name in "abcd":
        repository(here, f"octo/{name}")
    here.sandbox.faults.add(PrimaryExhausted(reset_in=1), path="/repos/octo/c/pulls")
    sweep = here.sweep()
    assert [one.repository for one in await sweep()] == ["octo/a", "octo/b"]
    assert "GET /repos/octo/d/pulls 200" not in here.calls()
    before = len(here.sandbox.requests)
    found: tuple[Trigger, ...] = ()
    while not found:  # until the hour has passed, which here takes a second or two
        found = await sweep()
    assert [one.repository for one in found] == ["octo/c", "octo/d"]
    assert next(call for call in here.calls(before) if "/pulls" in call) == "GET /repos/octo/c/pulls 200"


# --- what a crash left in progress -------------------------------------------------------------------------------


async def test_a_run_left_in_progress_by_a_crash_is_settled_after_a_while_and_not_before(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    _, sha = change(repo)
    await here.heal(Dying)
    assert here.runs(repo, sha) == [(DECISION, "in_progress", None)]
    here.skipped = PATIENCE - 60
    assert await here.sweep()() == ()
    here.skipped = PATIENCE + 60
    await here.heal()
    assert (DECISION, "completed", "success") in here.runs(repo, sha)
    assert Counter(name for name, _, _ in here.runs(repo, sha)).most_common(1)[0][1] == 1
    here.skipped = 10 * PATIENCE
    assert await here.sweep()() == ()


async def test_a_run_whose_making_was_cut_off_is_found_and_settled_not_made_again(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    _, sha = change(repo)
    here.sandbox.faults.add(AppliedThenCut(), method="POST", path="*/check-runs")
    (trigger,) = await here.sweep()()
    with pytest.raises(Exception, match="no answer"):
        await here.evaluate(trigger)
    assert here.runs(repo, sha) == [(DECISION, "in_progress", None)]
    here.skipped = PATIENCE + 60
    await here.heal()
    assert [run for run in here.runs(repo, sha) if run[0] == DECISION] == [(DECISION, "completed", "success")]


async def test_a_decision_that_was_kept_but_never_said_is_said(here: Clinic) -> None:
    repo = shop(here.sandbox, GREEN)
    _, sha = change(repo)
    here.archive.crash = True
    await here.heal()
    assert here.runs(repo, sha) == [(DECISION, "in_progress", None)]
    here.archive.crash, here.skipped = False, PATIENCE + 60
    await here.heal()
    assert (DECISION, "completed", "success") in here.runs(repo, sha)


async def test_one_that_waits_for_tests_is_looked_at_again_and_nothing_is_written_twice(here: Clinic) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    repo.report_check(sha, "unit", status="in_progress", conclusion=None)
    await here.heal()
    assert (DECISION, "in_progress", None) in here.runs(repo, sha)
    written, here.skipped = len(here.sandbox.writes), PATIENCE + 60
    await here.heal()
    assert len(here.sandbox.writes) == written
    repo.report_check(sha, "unit")  # and its webhook is lost
    await here.heal()
    assert (DECISION, "completed", "success") in here.runs(repo, sha)


# --- what GitHub could not deliver -------------------------------------------------------------------------------


async def test_lost_deliveries_come_again_under_their_guids(here: Clinic) -> None:
    here.sandbox.delivery_faults = DeliveryFaults(drop=1.0)
    change(shop(here.sandbox, GREEN))
    await here.sandbox.settle()
    lost = [one.guid for one in here.sandbox.deliveries]
    assert (len(lost), here.heard) == (3, [])
    here.sandbox.delivery_faults = DeliveryFaults()
    redelivery = here.redelivery()
    assert await redelivery() == ()
    await here.sandbox.settle()
    assert here.heard == lost
    assert await here.deliveries.held(lost) == frozenset(lost)
    before = len(here.sandbox.requests)
    for again in (redelivery, here.redelivery()):
        await again()
    await here.sandbox.settle()
    assert here.heard == lost
    assert [call.split()[0] for call in here.calls(before)] == ["GET", "GET"]
    assert here.sandbox.writes == []


async def test_those_that_are_lost_again_wait_for_their_hour(here: Clinic) -> None:
    here.sandbox.delivery_faults = DeliveryFaults(drop=1.0)
    change(shop(here.sandbox, GREEN))
    await here.sandbox.settle()
    redelivery = here.redelivery()
    for _ in range(3):
        await redelivery()
        await here.sandbox.settle()
    assert len(here.sandbox.deliveries) == 6


async def test_more_failures_than_one_page_holds_are_all_asked_for(here: Clinic) -> None:
    here.sandbox.delivery_faults = DeliveryFaults(drop=1.0)
    repo = shop(here.sandbox, GREEN)
    for number in range(75):
        repo.commit("main", {"a.py": f"x = {number}\n"})
    await here.sandbox.settle()
    here.sandbox.delivery_faults = DeliveryFaults()
    redelivery = here.redelivery()
    for asked in (100, 150, 150):
        await redelivery()
        await here.sandbox.settle()
        assert len(set(here.heard)) == asked


async def test_while_github_is_away_redelivery_does_nothing_and_no_harm(here: Clinic) -> None:
    here.sandbox.faults.add(Unreachable(), path="/app/hook/deliveries", times=None)
    assert await here.redelivery()() == ()
