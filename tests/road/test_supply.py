"""What is known of the packages that a change brings: asked of OSV or read from the base, never from the change."""

import asyncio
import json
import time

import pytest

from app.commands.story import bill
from checks.advised import Unread
from checks.model import Advisories, Baseline, Document, Missing
from tests.road.supply import FILE, NEW, OLD, advisory, brings, facts, kept, pair, rules, send
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow


async def known(here: Town, number: int) -> list[str]:
    """The ids of the advisories in the facts."""
    found = (await facts(here, number)).advisories
    assert isinstance(found, Advisories)
    return [json.loads(one)["id"] for one in found.records]


# --- advisories -------------------------------------------------------------------------------------------------


async def test_a_package_with_a_critical_advisory_is_stopped(here: Town) -> None:
    here.osv.publish(advisory(), advisory("GHSA-2", fixed="3.0"), advisory("GHSA-3", "django"))
    repo = kept(here.sandbox)
    number, sha = brings(repo)
    await here.rest()
    assert await known(here, number) == ["GHSA-1", "GHSA-2"]
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "GHSA-1" in here.cards(repo, number)[0]
    assert (await facts(here, number)).day


async def test_a_second_look_asks_osv_nothing(here: Town) -> None:
    here.osv.publish(advisory())
    repo = kept(here.sandbox)
    number, sha = brings(repo)
    await here.rest()
    before = len(here.osv.requests)
    repo.report_check(sha, "unit")
    await here.rest()
    assert await known(here, number) == ["GHSA-1"]
    assert len(here.osv.requests) == before


async def test_an_osv_that_is_away_is_our_failure_and_never_a_clean_bill(here: Town) -> None:
    here.osv.away = True
    repo = kept(here.sandbox)
    number, sha = brings(repo)
    async with asyncio.timeout(30):
        while await here.maestro.stores.decisions.latest("octo/shop", number) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    missing = (await facts(here, number)).advisories
    assert isinstance(missing, Missing)
    assert missing.ours
    assert "HTTP 503" in missing.reason
    assert here.conclusions(repo, sha)[DECISION] is None
    here.osv.away = False
    await here.rest(60)
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert await known(here, number) == []


async def test_what_osv_lists_stops_a_change_though_its_record_names_no_package(here: Town) -> None:
    here.osv.publish(advisory() | {"affected": None})
    here.osv.listed["pkg:pypi/jinja2@2.4.0"] = ["GHSA-1"]
    repo = kept(here.sandbox)
    number, sha = brings(repo)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "OSV lists it, but its record does not say which versions" in here.cards(repo, number)[0]


async def test_a_record_that_cannot_be_read_ends_in_a_hold_that_names_it(here: Town) -> None:
    here.osv.publish(advisory())
    here.osv.bodies["GHSA-1"] = b"[" * 100_000 + b"]" * 100_000
    repo = kept(here.sandbox)
    number, sha = brings(repo)
    await here.rest(60)
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    found = (await facts(here, number)).advisories
    assert isinstance(found, Advisories)
    assert found.unread == (Unread("GHSA-1", "the answer is nested too deep"),)
    assert "could not be read: the answer is nested too deep" in here.cards(repo, number)[0]
    del here.osv.bodies["GHSA-1"]
    repo.report_check(sha, "unit")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_an_osv_that_refuses_everything_is_away_though_the_bill_is_small(here: Town) -> None:
    here.osv.refusing = True
    repo = kept(here.sandbox)
    number, sha = brings(repo)
    async with asyncio.timeout(30):
        while await here.maestro.stores.decisions.latest("octo/shop", number) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    missing = (await facts(here, number)).advisories
    assert isinstance(missing, Missing)
    assert missing.ours
    assert here.conclusions(repo, sha)[DECISION] is None
    here.osv.refusing = False
    await here.rest(60)
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_packages_that_nobody_can_be_asked_about_are_named(here: Town) -> None:
    text = json.loads(NEW)
    text["components"] += [{"type": "library", "name": "blob", "version": "1"}]
    text["components"] += [{"type": "library", "name": "zlib", "version": "1.3", "purl": "pkg:generic/zlib@1.3"}]
    repo = kept(here.sandbox)
    number, sha = brings(repo, text=json.dumps(text))
    await here.rest()
    found = (await facts(here, number)).advisories
    assert isinstance(found, Advisories)
    assert found.unasked == ("blob 1", "pkg:generic/zlib@1.3")
    (run,) = (run for run in repo.check_runs(sha) if run.name == "maestro / sbom")
    said = f"{run.title} {run.summary} {run.text}"
    assert "Nobody can be asked about 1 component without a package URL: `blob 1`" in said
    assert "arrives of a kind that no advisories are filed under" in said


async def test_advisories_of_the_repository_are_read_from_the_base_alone(here: Town) -> None:
    own = rules(advisories={"source": "files", "paths": ["osv/*"]})
    repo = kept(here.sandbox, own, **{"osv/all.jsonl": json.dumps(advisory()) + "\n" + json.dumps(advisory("GHSA-2"))})
    number, sha = brings(repo, **{"osv/all.jsonl": "", "osv/more.json": json.dumps(advisory("GHSA-9"))})
    await here.rest()
    assert await known(here, number) == ["GHSA-1", "GHSA-2"]
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert here.osv.requests == []


async def test_files_that_hold_no_advisories_are_not_a_clean_bill(here: Town) -> None:
    repo = kept(here.sandbox, rules(advisories={"source": "files", "paths": ["osv/*"]}), **{"osv/a.json": "{"})
    number, sha = brings(repo)
    await here.rest()
    assert (await facts(here, number)).advisories == Missing("osv/a.json is not JSON")
    assert here.conclusions(repo, sha)[DECISION] == "action_required"


async def test_where_only_the_bill_counts_nobody_is_asked(here: Town) -> None:
    repo = kept(here.sandbox, rules(advisories={"source": "bill"}))
    number, _ = brings(repo)
    await here.rest()
    assert await known(here, number) == []
    assert here.osv.requests == []


# --- statements and manifests -----------------------------------------------------------------------------------


async def test_statements_are_read_from_the_base_and_manifests_from_the_head(here: Town) -> None:
    base = {"vex/a.json": "{}", "requirements.txt": "flask==3.0.3\n", "web/node_modules/x/package.json": "{}"}
    repo = kept(here.sandbox, **base)
    number, _ = brings(repo, **{"vex/a.json": "[]", "vex/b.json": "{}", "requirements.txt": "flask==3.0.3\njinja2\n"})
    await here.rest()
    snapshot = await facts(here, number)
    assert isinstance(snapshot.vex, tuple)
    assert isinstance(snapshot.manifests, tuple)
    assert [(one.path, one.text) for one in snapshot.vex] == [("vex/a.json", "{}")]
    assert [(one.path, one.text) for one in snapshot.manifests] == [("requirements.txt", "flask==3.0.3\njinja2\n")]


async def test_of_many_manifests_the_nearest_to_the_change_are_read(here: Town) -> None:
    many = {f"p{number:02}/package.json": "{}" for number in range(30)}
    repo = kept(here.sandbox, **many, **{"package.json": "{}"})
    number, _ = brings(repo, **{"p17/package.json": '{"name": "x"}', "p23/lock.json": "{}"})
    await here.rest()
    found = (await facts(here, number)).manifests
    assert isinstance(found, tuple)
    paths = [one.path for one in found]
    assert len(paths) == 10
    assert {"package.json", "p17/package.json", "p23/package.json"} < set(paths)


# --- bills that CI sends ----------------------------------------------------------------------------------------


async def test_bills_that_ci_sends_are_compared_without_a_file_in_the_repository(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    repo.commit("main", {FILE: None})
    main = repo.tip()
    assert await send(here, main, bill(("flask", "3.0.3", "BSD-3-Clause")), "build/shop.json") == 202
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Add jinja2", "fix")
    await here.rest()
    waiting = await pair(here, number)
    assert waiting.path == "build/shop.json"
    assert waiting.head is not None
    assert waiting.head.missing == Missing(f"CI has not sent it for {sha[:7]}")
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    here.osv.publish(advisory())
    assert await send(here, sha, NEW, "build/shop.json") == 202
    await here.rest()
    found = await pair(here, number)
    assert found.baseline is not None
    assert (found.baseline.sha, found.baseline.behind) == (main, 0)
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_the_baseline_of_a_sent_bill_is_the_newest_green_commit_that_ci_sent_one_of(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    repo.commit("main", {FILE: None})
    older = repo.tip()
    await send(here, older, bill(("flask", "3.0.3", "BSD-3-Clause")), "shop.json")
    repo.commit("main", {"a.py": "x = 3\n"})
    sha = repo.commit("fix", {"b.py": "x = 2\n"})
    number = repo.open_pull("Add jinja2", "fix")
    await send(here, sha, NEW, "shop.json")
    await here.rest()
    found = await pair(here, number)
    assert found.baseline is not None
    assert (found.baseline.sha, found.baseline.behind) == (older, 1)
    assert here.conclusions(repo, sha)[DECISION] == "success"


@pytest.mark.parametrize("of_the_tip", [(), ("a.json",), ("a.json", "b.json")], ids=["none", "one", "both"])
async def test_a_bill_that_the_base_had_is_missed_though_that_of_its_tip_is_late(
    here: Town, of_the_tip: tuple[str, ...]
) -> None:
    here.osv.publish(advisory())
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    older = repo.commit("main", {FILE: None})
    for path in ("a.json", "b.json"):
        await send(here, older, OLD, path)
    tip = repo.commit("main", {"a.py": "x = 3\n"})
    for path in of_the_tip:
        await send(here, tip, OLD, path)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Add jinja2", "fix")
    await send(here, sha, OLD, "a.json")
    await here.rest()
    missed = (await facts(here, number)).sboms
    assert isinstance(missed, tuple)
    assert [one.path for one in missed if one.head and one.head.missing] == ["b.json"]
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    await send(here, sha, NEW, "b.json")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_a_blocked_change_does_not_turn_green_by_leaving_the_bill_out(here: Town) -> None:
    here.osv.publish(advisory())
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    older = repo.commit("main", {FILE: None})
    for path in ("a.json", "b.json"):
        await send(here, older, OLD, path)
    repo.commit("main", {"a.py": "x = 3\n"})
    blocked = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.open_pull("Add jinja2", "fix")
    await send(here, blocked, OLD, "a.json")
    await send(here, blocked, NEW, "b.json")
    await here.rest()
    assert here.conclusions(repo, blocked)[DECISION] == "failure"
    sha = repo.commit("fix", {"a.py": "x = 4\n"})
    await send(here, sha, OLD, "a.json")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"


async def test_a_committed_bill_that_rests_does_not_hide_a_sent_one_that_is_missing(here: Town) -> None:
    repo = kept(here.sandbox, **{"a.py": "x = 1\n"})
    await send(here, repo.tip(), OLD, "build/shop.json")
    repo.commit("main", {"a.py": "x = 3\n"})
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.open_pull("Add jinja2", "fix")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"


async def test_a_path_that_was_sent_of_heads_alone_is_owed_by_nobody_else(here: Town) -> None:
    repo = kept(here.sandbox, **{"a.py": "x = 1\n"})
    other = repo.commit("other", {"a.py": "x = 5\n"})
    await send(here, other, OLD, "build/trial.json")
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    assert (await pair(here, number)).path == FILE
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_a_committed_bill_takes_the_place_of_what_ci_sent_of_older_commits(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    await send(here, repo.commit("main", {FILE: None}), OLD)
    repo.commit("main", {FILE: OLD})
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    assert (await pair(here, number)).head == Document(FILE, sha)
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_no_history_is_asked_for_where_both_ends_have_all_that_was_ever_sent(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    await send(here, repo.commit("main", {FILE: None}), OLD, "shop.json")
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    repo.open_pull("Correct x", "fix")
    await send(here, sha, OLD, "shop.json")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert not [call for call in here.calls() if call.endswith("/commits")]


async def test_a_bill_of_the_base_that_comes_late_is_looked_at_by_those_who_began_there(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    main = repo.commit("main", {FILE: None})
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Add jinja2", "fix")
    await send(here, sha, NEW, "shop.json")
    await here.rest()
    assert (await pair(here, number)).baseline is None
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    await send(here, main, bill(("flask", "3.0.3", "BSD-3-Clause")), "shop.json")
    await here.rest()
    assert (await pair(here, number)).baseline is not None
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_what_was_sent_wins_over_the_file_of_the_same_path(here: Town) -> None:
    repo = kept(here.sandbox)
    number, sha = brings(repo, text=bill(("flask", "3.0.4", "BSD-3-Clause")))
    await here.rest()
    await send(here, sha, NEW)
    await here.rest()
    found = await pair(here, number)
    assert found.head is not None
    assert found.head.text == NEW


async def test_the_baseline_outlives_the_bills_of_many_newer_heads(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    main = repo.commit("main", {FILE: None})
    await send(here, main, bill(("flask", "3.0.3", "BSD-3-Clause")), "shop.json")
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Add jinja2", "fix")
    await send(here, sha, NEW, "shop.json")
    await here.rest()
    await send(here, repo.commit("fix", {"a.py": "x = 3\n"}), NEW, "shop.json")
    await here.rest()
    assert await here.maestro.stores.bills.prune(time.time() + 60) == 1
    repo.commit("fix", {"a.py": "x = 4\n"})
    await send(here, repo.tip("fix"), NEW, "shop.json")
    await here.rest()
    assert ((await pair(here, number)).baseline or Baseline("")).sha == main


async def test_a_manifest_that_changes_without_its_committed_bill_ships_with_a_remark(here: Town) -> None:
    repo = kept(here.sandbox, **{"requirements.txt": "flask==3.0.3\n"})
    sha = repo.commit("fix", {"requirements.txt": "flask==3.0.3\njinja2==2.4.0\n"})
    number = repo.open_pull("Add jinja2", "fix")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert "`requirements.txt` changed, and `sbom.json` did not" in here.cards(repo, number)[0].replace("\\", "")
