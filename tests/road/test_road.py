"""From a signed webhook to check runs and one card, over real HTTP."""

import pytest

from app.commands.story import bill
from app.github.sandbox.faults import Slow
from tests.road.stories import CONTRACT, SBOM, change, shop
from tests.road.town import DECISION, GREEN, Town

pytestmark = pytest.mark.slow


async def test_an_ordinary_change_ships_and_says_so_once(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}
    (card,) = here.cards(repo, number)
    assert "**SHIP**" in card
    assert f"`{sha[:7]}`" in card


async def test_an_unconfigured_repository_hears_nothing(here: Town) -> None:
    repo = shop(here.sandbox, None)
    number, _ = change(repo)
    await here.rest()
    assert [w.path for w in here.sandbox.writes if "check-runs" in w.path or "comments" in w.path] == []
    assert here.cards(repo, number) == []


async def test_the_decision_is_in_progress_before_anything_else_is_read(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    change(repo)
    await here.rest()
    calls = here.calls()
    begun = next(i for i, call in enumerate(calls) if call == "POST /repos/octo/shop/check-runs")
    assert not any("/compare/" in call or "/check-suites" in call for call in calls[:begun])
    first = next(r for r in here.sandbox.requests if r.path.endswith("/check-runs") and r.method == "POST")
    assert isinstance(first.body, dict)
    assert (first.body["name"], first.body["status"]) == (DECISION, "in_progress")


async def test_a_webhook_is_answered_while_its_work_still_waits_for_github(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    here.sandbox.faults.add(Slow(1.0), path="*/pulls/1")
    _, sha = change(repo)
    await here.sandbox.settle()
    assert all(delivery.status_code == 202 for delivery in here.sandbox.deliveries)
    assert here.conclusions(repo, sha) == {}
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}


async def test_running_tests_wait_and_are_never_red(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.report_check(sha, "unit", status="in_progress", conclusion=None)
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: None, "maestro / contract": None}
    assert "**HOLD**" in here.cards(repo, number)[0]

    repo.report_check(sha, "unit")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success", "maestro / contract": "success"}
    (card,) = here.cards(repo, number)
    assert "**SHIP**" in card
    wrote = [w.body for w in here.sandbox.writes if "check-runs" in w.path and isinstance(w.body, dict)]
    assert not {body.get("conclusion") for body in wrote} & {"failure", "neutral", "skipped", "action_required"}


async def test_a_failing_test_blocks_and_is_named(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.report_check(sha, "unit", conclusion="failure")
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "failure", "maestro / contract": "failure"}
    card = here.cards(repo, number)[0]
    assert "**BLOCK**" in card
    assert "unit" in card


async def test_a_denied_licence_that_arrives_blocks_and_names_the_package(here: Town) -> None:
    repo = shop(here.sandbox, SBOM, **{"sbom.json": bill(("flask", "3.0.3", "BSD-3-Clause"))})
    arrived = bill(("flask", "3.0.3", "BSD-3-Clause"), ("ghost", "1.0", "AGPL-3.0-only"))
    number, sha = change(repo, **{"sbom.json": arrived})
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / sbom"] == "failure"
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "ghost" in here.cards(repo, number)[0].partition("<details>")[0]


async def test_an_sbom_that_the_change_leaves_alone_is_not_fetched(here: Town) -> None:
    repo = shop(here.sandbox, SBOM, **{"sbom.json": bill(("flask", "3.0.3", "BSD-3-Clause"))})
    _, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / sbom"] == "success"
    assert not any("contents/sbom.json" in call for call in here.calls())


async def test_from_opened_to_rest_takes_at_most_fifteen_calls(here: Town) -> None:
    rules = f"{CONTRACT}sbom: {{mode: block, paths: [sbom.json], licenses: {{deny: [AGPL-3.0-only]}}}}\n"
    repo = shop(here.sandbox, rules, **{"sbom.json": bill(("flask", "3.0.3", "BSD-3-Clause"))})
    many = {f"src/m{i}.py": "x = 1\n" for i in range(299)}
    sha = repo.commit("fix", {**many, "sbom.json": bill(("flask", "3.1.0", "BSD-3-Clause"))})
    here.sandbox.webhook_url, url = None, here.sandbox.webhook_url  # the tests end before the pull request opens
    repo.report_check(sha, "unit")
    await here.sandbox.settle()
    here.sandbox.webhook_url = url
    before = len(here.sandbox.requests)
    number = repo.open_pull("Many files", "fix")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert len(here.cards(repo, number)) == 1
    assert len(here.calls(before)) <= 15, here.calls(before)


async def test_each_further_gate_costs_one_write(here: Town) -> None:
    """Against the same change with one check less."""
    counts = []
    for name, rules in (("one", CONTRACT), ("two", f"{CONTRACT}risk: {{mode: warn}}\n")):
        repo = here.sandbox.repository(f"octo/{name}", {".github/maestro.yml": rules, "a.py": "x = 1\n"})
        before = len(here.sandbox.writes)
        change(repo)
        await here.rest()
        counts.append(len(here.sandbox.writes) - before)
    assert counts[1] == counts[0] + 1


@pytest.mark.parametrize("same_guid", [True, False])
async def test_a_second_identical_delivery_writes_nothing(here: Town, same_guid: bool) -> None:
    repo = shop(here.sandbox, CONTRACT)
    change(repo)
    await here.rest()
    opened = next(d for d in here.sandbox.deliveries if d.event == "pull_request")
    before = len(here.sandbox.writes)
    if same_guid:
        here.sandbox.courier.again(opened)
    else:
        here.sandbox.courier.post(opened.event, opened.payload)
    await here.rest()
    assert here.sandbox.writes[before:] == []


async def test_what_we_write_ourselves_makes_us_read_nothing(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    before = len(here.sandbox.requests)
    echoes = [d for d in here.sandbox.deliveries if d.event in {"check_run", "issue_comment"}]
    assert echoes, "our own writes come back as events"
    for echo in echoes:
        here.sandbox.courier.post(echo.event, echo.payload)
    await here.rest()
    assert here.calls(before) == []
    assert len(here.cards(repo, number)) == 1
