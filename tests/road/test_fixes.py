"""From an advisory to a green branch, against the local GitHub and the local OSV service, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.github.sandbox import Repo
from app.model import CLOSING_MARKER, FixState
from app.store.bills import Bills
from tests.checks.sbom.supply import APP, advisory, bill, package_json
from tests.publish.scene import Crash, Dying
from tests.road.workshop import RULES, Workshop, published, shop, workshop

pytestmark = pytest.mark.slow

BEFORE = bill({"left-pad": "1.0.0"})
VIA = {APP: ["left-pad", "express"], "express": ["body-parser"], "body-parser": ["qs"]}
MANIFEST = package_json({"left-pad": "1.0.0", "express": "4.0.0"})
QS = advisory("qs", "6.5.3", introduced="6.0.0")
SECOND = advisory("qs", "6.5.5", identity="GHSA-dddd-eeee-ffff", introduced="6.5.2")


def deep(qs: str) -> str:
    """The bill of a shop that has express, and with it qs."""
    return bill({"left-pad": "1.0.0", "express": "4.0.0", "body-parser": "1.0.0", "qs": qs}, VIA)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.osv.publish(published(QS))
        yield opened


def brings(repo: Repo) -> int:
    """A pull request that brings express, and with it a critical qs."""
    repo.commit("pay", {"sbom.json": deep("6.5.1"), "package.json": MANIFEST})
    return repo.open_pull("Pay with express", "pay")


def text(repo: Repo, branch: str, path: str = "package.json") -> str:
    objects = repo.state.objects
    entry = objects.find(objects.commit(repo.tip(branch)).tree, path)
    assert entry is not None
    return objects.blob(entry.sha).decode()


# --- a pull request brings it -----------------------------------------------------------------------------------


async def test_from_a_critical_transitive_to_a_green_head(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    assert await here.evaluate(repo, number) == "failure"
    (run,) = [run for run in repo.check_runs(repo.tip("pay")) if run.name == "maestro / sbom"]
    said = f"{run.title} {run.summary} {run.text}"
    for part in (
        "GHSA-aaaa-bbbb-cccc",
        "express &gt; body-parser &gt; qs",
        "a pull request that moves it to `6.5.3` follows",
    ):
        assert part in said

    (fix,) = here.proposed(repo)
    assert (fix.base_ref, fix.title, fix.user.login) == ("pay", "Settle npm/qs at 6.5.3", "maestro[bot]")
    assert json.loads(text(repo, fix.head_ref))["overrides"] == {"qs": "6.5.3"}
    for part in (
        f"#{number} brings it into `pay`",
        "`express` → `body-parser` → `qs`",
        "GHSA-aaaa-bbbb-cccc",
        "relock.yml",
    ):
        assert part in (fix.body or "")
    (asked,) = repo.state.workflow_runs.values()
    assert asked.inputs["branch"] == fix.head_ref

    assert await here.evaluate(repo, fix.number) in {"success", "action_required"}  # its own bill is still to come
    assert len(here.proposed(repo)) == 1, "a fix has no fix"

    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    assert await here.evaluate(repo, number) == "failure", "the bill does not know it yet"
    assert len(here.proposed(repo)) == 1
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    assert await here.evaluate(repo, number) == "success"
    (kept,) = await here.fixes()
    assert (kept.state, kept.green_at is not None) == (FixState.MERGED, True)
    assert here.measured == pytest.approx([kept.seconds_to_green])


async def test_however_often_it_is_found_it_is_proposed_once(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    for _ in range(2):
        await here.evaluate(repo, number)
    written = len(here.sandbox.writes)
    await here.evaluate(repo, number)
    assert len(here.proposed(repo)) == len(repo.state.workflow_runs) == 1
    assert len(here.sandbox.writes) == written


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_killed_between_an_effect_and_its_record_it_is_proposed_once(here: Workshop, step: int) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    assert await here.killed(repo, number, Dying(here.database, record_left=[step]))
    here.skipped += 60
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    assert len(repo.state.workflow_runs) == 1
    assert [one.number for one in await here.fixes()] == [fix.number]


async def test_another_version_supersedes_it(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    here.osv.publish(published(SECOND))
    here.skipped += 86_400
    for _ in range(2):
        await here.evaluate(repo, number)
    old, new = here.proposed(repo)
    assert (old.state, new.state, new.title) == ("closed", "open", "Settle npm/qs at 6.5.5")
    assert [one.body for one in repo.comments(old.number)] == [f"{CLOSING_MARKER}\nSuperseded by #{new.number}."]


async def test_gone_without_it_it_is_closed_as_moot(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    for _ in range(2):
        await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    assert fix.state == "closed"
    assert len(repo.comments(fix.number)) == 1


async def test_its_pull_request_takes_it_along_when_it_closes(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    repo.close(number)
    for _ in range(2):
        await here.hear_of_the_end(repo, number)
    (fix,) = here.proposed(repo)
    assert fix.state == "closed"
    assert [one.body.splitlines()[1] for one in repo.comments(fix.number)] == [
        f"#{number}, which this was for, is closed."
    ]


async def test_a_fork_gets_its_answer_and_no_fix(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    fork = repo.fork("mallory")
    fork.commit("pay", {"sbom.json": deep("6.5.1"), "package.json": MANIFEST}, author="mallory")
    number = repo.open_pull("Pay", "mallory:pay", author="mallory")
    assert await here.evaluate(repo, number) == "failure"
    assert here.proposed(repo) == []


async def test_where_github_denies_it_the_decision_stands(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    here.sandbox.installation("octo").permissions["contents"] = "read"
    number = brings(repo)
    for _ in range(2):
        assert await here.evaluate(repo, number) == "failure"
    assert here.proposed(repo) == []
    refused = [one for one in here.sandbox.requests if one.status == 403]
    assert len(refused) == 1, "it rests before it asks again"
    here.sandbox.installation("octo").permissions["contents"] = "write"
    here.restart()  # a token keeps the permissions that it was made with
    here.skipped += 3_601
    await here.evaluate(repo, number)
    assert len(here.proposed(repo)) == 1


# --- the default branch has it ----------------------------------------------------------------------------------

LATER = advisory("left-pad", "1.0.1", identity="GHSA-jjjj-kkkk-llll", published="2026-11-29T12:00:00Z")


def quiet(here: Workshop, rules: str = RULES) -> Repo:
    """A repository in which nothing happens."""
    return shop(here.sandbox, BEFORE, package_json({"left-pad": "^1.0.0"}), rules)


async def test_a_new_advisory_is_mended_on_the_default_branch(here: Workshop) -> None:
    repo = quiet(here)
    await here.look()
    assert here.proposed(repo) == []
    here.osv.publish(published(LATER))
    for _ in range(2):
        await here.look()
    (fix,) = here.proposed(repo)
    assert (fix.base_ref, fix.title) == ("main", "Raise npm/left-pad to 1.0.1")
    assert text(repo, fix.head_ref) == package_json({"left-pad": "^1.0.1"})

    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    (kept,) = await here.fixes()
    assert (kept.state, kept.green_at) == (FixState.MERGED, None), "the bill does not know it yet"
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    await here.look()
    (kept,) = await here.fixes()
    assert kept.green_at is not None
    assert here.measured == pytest.approx([kept.seconds_to_green])


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_a_look_that_is_killed_is_taken_up(here: Workshop, step: int) -> None:
    repo = quiet(here)
    here.osv.publish(published(LATER))
    with pytest.raises(Crash):
        await here.look(Dying(here.database, record_left=[step]))
    here.skipped += 60
    await here.look()
    assert len(here.proposed(repo)) == len(repo.state.workflow_runs) == 1


async def test_what_a_person_closes_is_not_proposed_again(here: Workshop) -> None:
    repo = quiet(here)
    here.osv.publish(published(LATER))
    await here.look()
    (fix,) = here.proposed(repo)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await here.look()
    (fix,) = here.proposed(repo)
    assert (fix.state, repo.comments(fix.number)) == ("closed", [])


async def test_what_somebody_else_mended_is_moot(here: Workshop) -> None:
    repo = quiet(here)
    here.osv.publish(published(LATER))
    await here.look()
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    for _ in range(2):
        await here.look()
    (fix,) = here.proposed(repo)
    assert fix.state == "closed"
    assert [one.body.splitlines()[1] for one in repo.comments(fix.number)] == [
        "Nothing is left to mend: `main` no longer has what this was for."
    ]


async def test_a_bill_that_ci_sent_is_looked_at_too(here: Workshop) -> None:
    rules = RULES.replace("sbom.json", "none.json")
    repo = quiet(here, rules)
    here.osv.publish(published(LATER))
    await here.look()
    assert here.proposed(repo) == []
    await Bills(here.database).keep("octo/shop", repo.tip(), "app", BEFORE.encode())
    repo.commit("main", {"README.md": "News\n"})
    await here.look()
    assert len(here.proposed(repo)) == 1


async def test_a_fix_is_not_moot_because_a_sent_bill_was_left_out(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}), RULES.replace("sbom.json", "none.json"))
    bills = Bills(here.database)
    for path in ("a", "b"):
        await bills.keep("octo/shop", repo.tip(), path, BEFORE.encode())
    repo.commit("main", {"README.md": "News\n"})  # its bills are late
    first = repo.commit("pay", {"package.json": MANIFEST})
    number = repo.open_pull("Pay", "pay")
    await bills.keep("octo/shop", first, "a", BEFORE.encode())
    await bills.keep("octo/shop", first, "b", deep("6.5.1").encode())
    assert await here.evaluate(repo, number) == "failure"
    (fix,) = here.proposed(repo)
    second = repo.commit("pay", {"README.md": "More\n"})
    await bills.keep("octo/shop", second, "a", BEFORE.encode())
    assert await here.evaluate(repo, number) == "action_required"
    assert fix.state == "open"


async def test_a_committed_bill_counts_before_one_that_ci_sent_of_an_older_commit(here: Workshop) -> None:
    repo = shop(here.sandbox, bill({"other": "1.0.0"}), package_json({"left-pad": "^1.0.0"}))
    await Bills(here.database).keep("octo/shop", repo.tip(), "sbom.json", bill({"other": "1.0.0"}).encode())
    tip = repo.commit("main", {"sbom.json": BEFORE})
    here.osv.publish(published(LATER))
    await here.look()
    (fix,) = here.proposed(repo)
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await Bills(here.database).keep("octo/shop", tip, "sbom.json", BEFORE.encode())
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    for _ in range(2):
        await here.look()
    (kept,) = await here.fixes()
    assert kept.green_at is not None


@pytest.mark.parametrize(
    "rules",
    [
        None,
        "version: 1\n",
        "version: [\n",
        "version: 1\nsbom: {mode: off}\n",
        RULES.replace("fix: {", "fix: {pull_requests: false, "),
    ],
    ids=["none", "without bills", "unreadable", "off", "no fixes"],
)
async def test_whose_rules_ask_for_no_fixes_gets_none(here: Workshop, rules: str | None) -> None:
    files: dict[str, Any] = {"sbom.json": BEFORE, "package.json": package_json({"left-pad": "^1.0.0"})}
    repo = here.sandbox.repository("octo/shop", files | ({".github/maestro.yml": rules} if rules else {}))
    here.osv.publish(published(LATER))
    await here.look()
    assert here.proposed(repo) == []
    assert here.sandbox.writes == []


async def test_while_the_advisories_are_away_nothing_is_moot(here: Workshop) -> None:
    repo = quiet(here)
    here.osv.publish(published(LATER))
    await here.look()
    here.osv.away = True
    here.skipped += 86_400
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    await here.look()
    (fix,) = here.proposed(repo)
    assert fix.state == "open"
