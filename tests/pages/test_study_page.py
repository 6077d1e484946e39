"""The page of what a deployment did: who may see it, and what it says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.gather.studies import Studies
from app.model import CANARY_SIDE
from app.pages.door import OPEN
from app.render.checkrun import check_run
from checks.impact.check import CHECK
from checks.impact.series import Neighbour, Observed
from checks.model import Pull, Snapshot
from tests.pages.looking import words
from tests.pages.studied import AT, SHA, StudyTrial, course, rules, study_trial
from tests.render.decisions import decision, row

pytestmark = pytest.mark.slow

NAME = "<script>x()</script>{{ 7*7 }}"
HOSTILE = NAME + "\u202e\u2066\u200f"  # as no metric may be called, but other things are
LONG = "é" * 10_000


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[StudyTrial]:
    async with study_trial(tmp_path) as opened:
        yield opened


# --- who may see it ----------------------------------------------------------------------------------------------


async def test_it_opens_for_its_key_and_for_a_token_of_its_repository_and_is_nothing_to_anybody_else(
    here: StudyTrial,
) -> None:
    await here.begin()
    answer = await here.get(here.address)
    assert (answer.status, answer.headers["Location"]) == (303, here.path)
    assert answer.cookies["maestro-page"]["path"] == here.path
    assert (await here.opened()).status == 200
    token = await here.stores.tokens.issue("Octo/Shop")
    assert (await here.get(here.path, Authorization=f"Bearer {token}")).status == 200
    nothing = await here.get("/studies/999")
    other = await here.stores.tokens.issue("octo/other")
    mine = here.path
    await here.begin(deployment=32)
    for stranger in (
        await here.get(mine),
        await here.get(f"{mine}?key={here.key}"),
        await here.get(mine, Authorization=f"Bearer {other}"),
        await here.get(f"{mine}/stream"),
        await here.get(f"/studies/999?key={here.key}"),
    ):
        assert (stranger.status, await stranger.read()) == (404, await nothing.read())
        assert stranger.headers.keys() == nothing.headers.keys()


async def test_its_key_ends_a_while_after_its_window_and_not_before(here: StudyTrial) -> None:
    await here.begin()
    here.clock.at += 2 * OPEN
    assert (await here.opened()).status == 200, "its last look is still to come"
    await here.look(done=True)
    assert (await here.opened()).status == 404


async def test_no_metric_and_no_key_stands_in_an_address_and_nothing_is_fetched_from_elsewhere(
    here: StudyTrial,
) -> None:
    await here.begin()
    await here.look()
    page = await here.opened()
    text = await page.text()
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    links = re.findall(r'(?:href|src)="([^"#][^"]*)"', text)
    assert links == [link for link in links if link.startswith(("/static/", "https://github.com/octo/shop/"))]
    assert not [link for link in links if "errors" in link or "p95" in link or "msp_" in link]
    assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:|<img", text)
    assert here.key not in text


# --- what it says ------------------------------------------------------------------------------------------------


async def test_a_reviewer_reads_what_it_did_and_what_that_rests_on(here: StudyTrial) -> None:
    await here.begin(4, 7)
    await here.look(beside=[Neighbour(AT - 1_200, "deployment of abc1234 (#3)")])
    await here.say("ann", True)
    await here.say("bob", False, "errors")
    page = await (await here.opened()).text()
    said = words(page)
    assert "<h1>Likely worse</h1>" in page
    assert re.search(r"errors \+4\.0 % \[\+3\.\d, \+4\.\d\] against what was expected; 1 more metric below", said)
    assert "#4, #7 came with one deployment, and share this effect" in said
    assert "After the deployment errors was 103.7 1/min on average, over 40 points." in said
    assert "Control traffic : moved itself, dropped" in said
    assert "Control flat : unusable, dropped" in said
    assert re.search(r"Tried at \d+ dates before it, where nothing happened", said)
    assert "when deployment of abc1234 (#3) was deployed" in said
    assert "1 of 2 people agree with this summary." in said
    assert "In this repository it is 1 of 2 (50 %)" in said
    assert "<code>/maestro disagree</code>" in page
    assert f"study {here.study.id}: disagreed on errors · bob" in said
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="impact"') == 2
    assert f"/commit/{SHA}" in page


async def test_what_adds_up_is_summed_up_and_what_does_not_is_not(here: StudyTrial) -> None:
    await here.begin()
    await here.look()
    rows = re.findall(r"<tr class=.*?</tr>", await (await here.opened()).text(), re.DOTALL)
    errors, p95 = (words(row) for row in rows)
    assert re.search(r"\+1\d\d\.\d \[\+1\d\d\.\d, \+1\d\d\.\d\] 1/min", errors)
    assert " — p " in p95


async def test_before_the_first_look_it_says_what_is_to_come_of_each_metric(here: StudyTrial) -> None:
    await here.begin(4)
    page = await (await here.opened()).text()
    assert "<h1>Pending deploy</h1>" in page
    assert "The first look is to come at 2023-11-14 22:19:00 UTC." in words(page)
    assert page.count("There are no points to draw") == 2
    assert "share this effect" not in page


async def test_it_says_that_it_is_final_that_it_is_the_canarys_and_that_more_may_share_it(here: StudyTrial) -> None:
    await here.begin(4, side=CANARY_SIDE, cut=True)
    await here.look(done=True)
    said = words(await (await here.opened()).text())
    assert "This is final" in said
    assert "the canary, held against control series" in said
    assert "further pull requests may share it" in said
    assert "live.js" not in await (await here.opened()).text(), "there will be no news"


async def test_what_cannot_be_had_is_said_in_words(here: StudyTrial) -> None:
    await here.begin()
    empty = course("errors", 0.0)
    await here.look(Observed("errors", empty, trouble="the source does not answer"), Observed("p95", empty))
    page = await (await here.opened()).text()
    assert "<h1>Too little data to say</h1>" in page
    assert "errors: the source does not answer; 1 more metric below." in words(page)


async def test_a_page_is_drawn_anew_once_there_is_a_look_or_an_opinion(here: StudyTrial) -> None:
    await here.begin()
    tags = [(await here.opened()).headers["ETag"]]
    for step in (here.look(), here.say("ann", True), here.look(done=True)):
        await step
        tags.append((await here.opened()).headers["ETag"])
    assert len(set(tags)) == len(tags)
    assert (await here.opened(**{"If-None-Match": tags[-1]})).status == 304
    other = here.study
    await here.begin(deployment=32)
    await here.say("bob", False)
    here.kept = other
    assert "it is 1 of 2 (50 %)" in words(await (await here.opened()).text()), "the rate is the repository's"


async def test_whatever_things_are_called_they_stay_text(here: StudyTrial) -> None:
    metric = {"name": NAME, "better": "lower", "unit": "<b>\u202e", "controls": ["</svg><img src=x>"]}
    asked = rules([metric, {"name": "x" * 120, "better": "higher"}])
    await here.begin(asked=asked, environment=f"<i>{LONG[:200]}")
    control = course("</svg><img src=x>", 9.0)
    beside = [Neighbour(AT - 1_200, HOSTILE + LONG)]
    await here.look(Observed(NAME, course(NAME, 4.0), (control,)), beside=beside)
    page = await (await here.opened()).text()
    assert "&lt;script&gt;x()&lt;/script&gt;{{ 7*7 }}" in page
    assert not re.search(r"<script(?! src)|<img|<b>|<i>", page)
    assert not {"\u202e", "\u2066", "\u200f"} & set(page)
    assert page.count("</svg>") == page.count("<svg")
    assert len(page) < 60_000, "ten thousand letters are cut"


async def test_what_another_version_kept_is_said_to_be_unreadable(here: StudyTrial) -> None:
    await here.begin()
    await here.look()
    await here.studies.draw(here.study.id, '{"traces": 1}')
    answer = await here.opened()
    assert answer.status == 500
    assert "was kept by another version" in await answer.text()


# --- what leads to it --------------------------------------------------------------------------------------------


async def test_the_check_run_and_the_card_lead_to_the_page(here: StudyTrial) -> None:
    await here.begin(4, 7)
    await here.look()
    held = await Studies(here.stores.studies, here.stores.opinions).of("octo/shop", 7)
    pull = Pull("octo/shop", 7, "A title", "mona", "a" * 40, "topic", "c" * 40, "main")
    found = CHECK.evaluate(Snapshot(pull, studies=held), here.rules, {})
    shown = here.pages.shown_on(replace(decision(row(found)), pull=pull))
    run = check_run(shown.rows[0], shown)
    assert run.page == here.address
    assert f"[with pictures]({here.address})" in run.text
    assert (await here.get(run.page)).status == 303


# --- the same as JSON --------------------------------------------------------------------------------------------


async def test_a_program_is_told_the_same_with_every_point(here: StudyTrial) -> None:
    await here.begin(4, 7)
    await here.look()
    await here.say("ann", True)
    told = await (await here.get(f"/api{here.path}?key={here.key}")).json()
    assert (told["study"], told["outcome"], told["pull_requests"]) == (here.study.id, "likely_worse", [4, 7])
    assert told["opinions"] == told["agreement"] == {"agree": 1, "disagree": 0, "rate": 1.0}
    assert [one["name"] for one in told["metrics"]] == [one["name"] for one in told["panels"]] == ["errors", "p95"]
    assert len(told["panels"][0]["actual"]) == len(told["panels"][0]["times"]) == 120
    token = await here.stores.tokens.issue("octo/shop")
    assert (await here.get(f"/api{here.path}", Authorization=f"Bearer {token}")).status == 200


async def test_a_program_without_the_key_is_told_of_nothing(here: StudyTrial) -> None:
    await here.begin()
    other = await here.stores.tokens.issue("octo/other")
    nothing = await (await here.get("/api/studies/999")).read()
    for answer in (
        await here.get(f"/api{here.path}"),
        await here.get(f"/api{here.path}?key={here.key[:-1]}"),
        await here.get(f"/api{here.path}", Authorization=f"Bearer {other}"),
    ):
        assert (answer.status, await answer.read()) == (404, nothing)
