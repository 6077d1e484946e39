"""Modules from their first batch to what is done about a drift, over real HTTP and a real database."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from app.model import Done, Kind, SentBatch
from app.render.capability import of_module
from app.store.provenance import Provenance
from app.store.tables import drift_steps
from checks.drift.alarm import Acted, dump
from checks.drift.told import written
from tests.road.stories import PATH
from tests.road.ward import MODEL, PAGES, REMEDIED, RULES, Ward, ward

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(tmp_path) as opened:
        yield opened


@pytest.fixture
async def remedied(tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(tmp_path, REMEDIED) as opened:
        yield opened


async def learnt(here: Ward) -> None:
    """Three days of a reference, and two that are well."""
    course = await here.days(-4, 0)
    assert course.state == "ok"


async def drifting(here: Ward) -> Any:
    """A drift that begins on day 1; the issue about it."""
    await learnt(here)
    course = await here.days(1, 2, moved=1.5)
    assert course.alarm == "drift"
    (issue,) = here.issues()
    return issue


# --- from batches to a state -------------------------------------------------------------------------------------


async def test_the_reference_is_frozen_once_its_days_are_full(here: Ward) -> None:
    course = await here.days(-4, -3)
    assert course.reason == "the reference is being gathered: 2 of 3 days"
    assert (await here.kept()).version == 0
    await here.days(-2, -2)
    kept = await here.kept()
    reference = await here.drifts.reference(kept)
    assert reference is not None
    assert (kept.version, reference.first, reference.last) == (1, here.ordinal(-4), here.ordinal(-2))


async def test_a_day_is_compared_when_it_is_over_and_an_hour_has_passed(here: Ward) -> None:
    await learnt(here)
    await here.send(1)
    here.day, here.hours = 2, 0.5
    await here.look()
    assert (await here.kept()).closed == here.ordinal(0)
    here.hours = 1.5
    await here.look()
    assert (await here.kept()).closed == here.ordinal(1)


async def test_a_late_batch_has_its_day_compared_anew(here: Ward) -> None:
    await learnt(here)
    await here.days(1, 2)
    await here.send(1, moved=3.0, rows=5_000)
    assert isinstance(await here.look(), Done)
    kept, course = await here.kept(), await here.course()
    assert (kept.closed, course.alarm, course.since) == (here.ordinal(2), "drift", here.ordinal(1))


async def test_a_look_again_changes_nothing_and_writes_nothing(here: Ward) -> None:
    await drifting(here)
    written_before, kept = len(here.sandbox.writes), await here.kept()
    await here.look()
    assert len(here.sandbox.writes) == written_before
    assert await here.kept() == kept


async def test_pull_requests_are_judged_anew_where_a_module_stands_otherwise(here: Ward) -> None:
    await learnt(here)
    here.day = 1
    await here.send(1, moved=3.0)
    here.day = 2
    done = await here.look()
    assert isinstance(done, Done)
    assert [(one.kind, one.reason) for one in done.then] == [(Kind.SWEEP, "drift.drift")]
    again = await here.look()
    assert isinstance(again, Done)
    assert again.then == ()


async def test_rules_that_change_how_days_are_cut_up_keep_the_days_of_the_reference(here: Ward) -> None:
    await learnt(here)
    before = await here.drifts.reference(await here.kept())
    here.repo.commit("main", {PATH: RULES.replace("recovery_days: 3", "bins: 5")})
    await here.look()
    after = await here.drifts.reference(await here.kept())
    assert before is not None
    assert after is not None
    assert (after.version, after.first, after.last) == (2, before.first, before.last)
    assert (await here.course()).state == "ok"


async def test_evidence_that_another_version_wrote_begins_anew(here: Ward) -> None:
    await learnt(here)
    async with here.database.begin() as connection:
        await connection.execute(drift_steps.update().values(watch=zlib.compress(b'{"version": 2}')))
    course = await here.days(1, 2, moved=1.5)
    assert (course.alarm, course.since) == ("drift", here.ordinal(1))


# --- the issue ---------------------------------------------------------------------------------------------------


async def test_a_drift_opens_one_issue_with_its_first_day_its_bins_and_who_is_asked_first(here: Ward) -> None:
    here.repo.commit("topic", {"ranking/a.py": "1\n"})
    here.repo.merge(here.repo.open_pull("Rank anew", "topic"))
    here.deployed(1.4, here.repo.tip())
    here.deployed(-3.0, here.repo.tip())
    issue = await drifting(here)
    assert issue.title == f"ranking drifts since {written(here.ordinal(1))}"
    assert issue.user.login == "maestro[bot]"
    assert f"Compared with {written(here.ordinal(-4))} to {written(here.ordinal(-2))}" in issue.body
    assert "#### input price: drift since" in issue.body
    assert "█" in issue.body
    assert issue.body.count(f"`{here.repo.tip()[:7]}`, in production since") == 1
    assert "UTC: #1" in issue.body
    assert f"[Day by day, with pictures]({PAGES.address(of_module('octo/shop', 'ranking'))})" in issue.body


async def test_where_nothing_was_deployed_the_issue_says_so(here: Ward) -> None:
    issue = await drifting(here)
    assert "Nothing was deployed to production" in issue.body


async def test_it_is_said_anew_once_a_day_in_the_same_issue(here: Ward) -> None:
    issue = await drifting(here)
    before = issue.body
    await here.days(3, 3, moved=1.5)
    assert len(here.issues()) == 1
    assert issue.body != before
    assert f"Last day that was compared: {written(here.ordinal(3))}" in issue.body


async def test_it_is_closed_with_a_word_when_the_drift_ends(here: Ward) -> None:
    issue = await drifting(here)
    course = await here.days(3, 6)
    assert (course.alarm, issue.state) == ("", "closed")
    (word,) = here.repo.comments(issue.number)
    assert "It is over: ranking is `ok`" in word.body


async def test_a_person_s_closing_is_heeded_until_the_next_drift(here: Ward) -> None:
    issue = await drifting(here)
    here.repo.close_issue(issue.number)
    await here.days(3, 3, moved=1.5)
    assert issue.state == "closed"
    await here.days(4, 7)
    assert here.repo.comments(issue.number) == []
    await here.days(8, 9, moved=2.0)
    assert issue.state == "open"
    assert issue.title == f"ranking drifts since {written(here.ordinal(8))}"
    assert len(here.issues()) == 1


async def test_silence_opens_the_issue_in_words_of_its_own_and_a_batch_closes_it(here: Ward) -> None:
    await learnt(here)
    here.day, here.hours = 2, 12.0
    await here.look()
    (issue,) = here.issues()
    assert issue.title == f"Nobody sees ranking since {written(here.ordinal(0))}"
    assert "no batch came for" in issue.body
    assert "Who is asked first" not in issue.body
    await here.days(2, 2)
    assert issue.state == "closed"


async def test_a_module_that_never_sent_anything_is_told_of(here: Ward) -> None:
    here.day, here.hours = 1, 23.0
    here.day = 3
    await here.look()
    (issue,) = here.issues()
    assert "no batch ever came" in issue.body


async def test_where_no_issue_is_wanted_there_is_none(here: Ward) -> None:
    here.repo.commit("main", {PATH: RULES + "      issue: false\n"})
    await learnt(here)
    assert (await here.days(1, 2, moved=1.5)).alarm == "drift"
    assert here.issues() == []


async def test_where_issues_are_switched_off_the_watch_goes_on(here: Ward) -> None:
    here.repo.state.issues = None
    await learnt(here)
    assert (await here.days(1, 3, moved=1.5)).alarm == "drift"


async def test_what_is_watched_no_more_has_its_issue_closed(here: Ward) -> None:
    issue = await drifting(here)
    here.repo.commit("main", {PATH: "version: 1\n"})
    await here.look()
    assert issue.state == "closed"
    assert (await here.kept()).rules == ""
    assert await here.watch.round() == ()


async def test_a_feature_with_a_hostile_name_does_nothing_in_the_issue(here: Ward) -> None:
    here.repo.commit("main", {PATH: RULES.partition("      features")[0]})
    for day in range(-4, 3):
        here.day = day
        await here.send(day, 3.0 if day > 0 else 0.0)
        kept = await here.kept()
        days = await here.drifts.days(kept.id, here.ordinal(day))
        evil = {"@octo/team <img src=x>": days[here.ordinal(day)].features["price"]}
        await here.drifts.take(kept.id, _batch(here, day, evil))
        here.day = day + 1
        await here.look()
    (issue,) = here.issues()
    assert "@octo" not in issue.body
    assert "<img" not in issue.body


def _batch(here: Ward, day: int, features: Any) -> Any:
    return SentBatch(f"evil {day}", here.ordinal(day), f"evil {day}", features)


async def test_the_log_tells_of_each_change_of_state(here: Ward) -> None:
    await drifting(here)
    every = [json.loads(row[1]) async for rows in Provenance(here.database).rows() for row in rows]
    told = [one["what"] for one in every if one["kind"] == "drift"]
    assert told == [
        "reference 1 of ranking is frozen",
        "ranking: ok",
        f"ranking: drift since {written(here.ordinal(1))}",
    ]


async def test_what_is_watched_again_is_not_silent_for_the_time_that_it_was_not(here: Ward) -> None:
    await learnt(here)
    here.repo.commit("main", {PATH: "version: 1\n"})
    await here.ruled()
    here.day = 30
    here.repo.commit("main", {PATH: RULES})
    await here.ruled()
    await here.look()
    assert here.issues() == []
    here.day = 32
    await here.look()
    assert len(here.issues()) == 1


# --- what was prepared -------------------------------------------------------------------------------------------


async def test_prepared_files_are_proposed_and_the_workflow_runs_once(remedied: Ward) -> None:
    issue = await drifting(remedied)
    (pull,) = remedied.repo.state.pulls.values()
    assert (pull.title, pull.base_ref) == (
        f"Stabilise ranking, which drifts since {written(remedied.ordinal(1))}",
        "main",
    )
    objects = remedied.repo.state.objects
    live = objects.find(objects.commit(pull.head_sha).tree, "ranking/model.bin")
    safe = objects.find(objects.commit(remedied.repo.tip()).tree, "ranking/safe.bin")
    assert live == safe
    (run,) = remedied.repo.state.workflow_runs.values()
    assert (run.inputs["module"], run.inputs["since"]) == ("ranking", written(remedied.ordinal(1)))
    await remedied.days(3, 4, moved=1.5)
    assert (len(remedied.repo.state.pulls), len(remedied.repo.state.workflow_runs)) == (1, 1)
    assert f"#{pull.number} puts the prepared files in place" in issue.body
    assert "`retrain.yml` was run" in issue.body


async def test_killed_before_what_was_done_is_kept_it_is_found_and_not_done_again(remedied: Ward) -> None:
    await drifting(remedied)
    kept, course = await remedied.kept(), await remedied.course()
    await remedied.drifts.acted(kept.id, dump(replace(course, acted=Acted())), kept.course)
    await remedied.look()
    repo = remedied.repo.state
    assert (len(repo.pulls), len(remedied.issues()), len(repo.workflow_runs)) == (1, 1, 1)
    assert (await remedied.course()).acted.pull == course.acted.pull


async def test_what_was_proposed_is_withdrawn_when_the_drift_ends(remedied: Ward) -> None:
    await drifting(remedied)
    (pull,) = remedied.repo.state.pulls.values()
    await remedied.days(3, 6)
    assert (pull.state, pull.merged_at) == ("closed", None)
    assert f"heads/{pull.head_ref}" not in remedied.repo.state.refs
    assert "drifts no more" in remedied.repo.comments(pull.number)[-1].body


async def test_what_was_merged_is_left_alone(remedied: Ward) -> None:
    await drifting(remedied)
    (pull,) = remedied.repo.state.pulls.values()
    remedied.repo.merge(pull.number)
    await remedied.days(3, 6)
    assert pull.merged_at is not None
    assert remedied.repo.comments(pull.number) == []


async def test_a_prepared_file_that_is_not_there_is_told_of(remedied: Ward) -> None:
    remedied.repo.commit("main", {"ranking/safe.bin": None})
    issue = await drifting(remedied)
    assert remedied.repo.state.pulls == {}
    assert "there is no file `ranking/safe.bin` on main" in issue.body


async def test_a_prepared_file_that_is_in_place_needs_no_pull_request(remedied: Ward) -> None:
    remedied.repo.commit("main", {"ranking/safe.bin": MODEL})
    issue = await drifting(remedied)
    assert remedied.repo.state.pulls == {}
    assert "in place already" in issue.body
