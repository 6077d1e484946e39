"""The campaign's own instruments: each must be able to find what it looks for."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from yarl import URL

from app.github.exchange import Answer, Request
from app.github.sandbox import Sandbox
from app.model import REPLY_MARKER
from campaign.__main__ import DAY, NIGHT, sizes
from campaign.burst import busiest
from campaign.crash import IN_WEB, IN_WORKER
from campaign.installation import directory, installation
from campaign.invariants import doubled, misanswered
from campaign.knocking import Knock, Knocking
from campaign.lanes import BEGIN, DEAD, END, Journal, Run, overlaps
from campaign.processes import ROOT
from campaign.report import Report
from campaign.silence import Silences
from campaign.state import state_of
from campaign.stories import Story, begin, tell
from tests.road.town import github

pytestmark = pytest.mark.slow


def run(lane: str, begin: float, end: float, process: int = 1) -> Run:
    return Run(lane, f"job-{begin}", process, begin, end)


def test_two_runs_of_one_lane_at_a_time_are_found() -> None:
    assert overlaps([run("a", 0, 2), run("a", 1, 3, 2), run("b", 0, 9)]) == [
        "lane a: job-0 in 1 and job-1 in 2 at a time"
    ]
    assert overlaps([run("a", 0, 1), run("a", 1, 3)]) == []


def test_a_short_run_inside_a_long_one_does_not_hide_the_next(tmp_path: Path) -> None:
    assert len(overlaps([run("a", 0, 9), run("a", 1, 2), run("a", 3, 4)])) == 2


def test_the_journal_knows_what_ended_what_died_and_what_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    for process, job in ((1, "ends"), (2, "dies"), (3, "goes on")):
        journal.note(BEGIN, process, "lane", job)
    journal.note(END, 1, "lane", "ends")
    journal.note(DEAD, 2)
    assert {one.job: one.end < float("inf") for one in journal.runs()} == {"ends": True, "dies": True, "goes on": False}


def test_what_still_began_between_the_note_of_a_death_and_the_blow_has_ended_with_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.note(DEAD, 1)
    journal.note(BEGIN, 1, "lane", "late")
    journal.note(BEGIN, 2, "lane", "late")
    assert overlaps(journal.runs()) == []


def test_a_call_before_its_time_is_found_and_one_after_it_is_not() -> None:
    seen = Silences()
    seen.told.append(("org", 10.0, 1.0))
    seen.sent += [
        ("org", 9.9, "under way"),
        ("org", 10.5, "too soon"),
        ("org", 11.0, "in time"),
        ("else", 10.5, "free"),
    ]
    assert [what.split()[0] for what in seen.broken()] == ["too"]


def test_only_a_refusal_with_retry_after_is_a_silence() -> None:
    seen = Silences()
    request = Request("GET", URL("http://x/repos/org/shop/pulls/1"), "GET /x", "", {}, 1)
    for status, headers in ((200, {}), (403, {}), (429, {"Retry-After": "7"})):
        seen.note(request, 0.0, Answer(status, headers, b""))
    assert [(account, wait) for account, _, wait in seen.told] == [("org", 7.0)]


def test_a_knock_counts_for_a_time_in_which_it_was_both_sent_and_answered() -> None:
    door = Knocking(
        "", 1.0, [Knock("a", 1, 2, 202), Knock("b", 0, 2, 202), Knock("c", 2, 9, 202), Knock("d", 2, 3, 503)]
    )
    assert [knock.guid for knock in door.between(1, 4)] == ["a", "d"]
    assert door.first_ack(2) == 9


def test_each_named_point_is_there_and_can_kill(tmp_path: Path) -> None:
    """In processes of their own, each of which arms one point and passes it once."""
    command = [sys.executable, "-m", "tests.campaign.passing", str(tmp_path / "journal")]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={"PATH": os.environ["PATH"]})
    assert json.loads(told.stdout) == dict.fromkeys([*IN_WEB, *IN_WORKER], -signal.SIGKILL), told.stderr.decode()


async def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    async with github() as sandbox:
        one, two, other = (tell(sandbox, f"org-{place}", seed) for place, seed in enumerate((5, 5, 6)))
    assert facts(one) == facts(two)
    assert facts(one) != facts(other)


def facts(story: Story) -> tuple[Any, ...]:
    runs = [(run.name, run.status, run.conclusion) for run in story.repo.state.runs.values()]
    return len(story.heads), len(story.asked), runs


async def test_a_second_card_a_second_run_and_a_missing_answer_are_found() -> None:
    async with github() as sandbox:
        story = tell(sandbox, "org", 5)
        assert list(doubled(sandbox, story)) == ["org/shop: 0 cards"]
        for _ in range(2):
            story.repo.comment(story.number, "maestro[bot]", "<!-- maestro:card v1 repo=org/shop pr=1 -->")
            story.repo.report_check(story.head, "maestro / decision", app=sandbox.app.slug)
        found = list(doubled(sandbox, story))
    assert found[0] == "org/shop: 2 cards"
    assert "2 runs" in found[1]


async def test_a_run_left_open_on_a_head_that_was_overtaken_is_found() -> None:
    async with github() as sandbox:
        story = begin(sandbox, "org", 5)
        story.repo.report_check(story.head, "maestro / decision", "in_progress", None, app=sandbox.app.slug)
        assert list(doubled(sandbox, story)) == ["org/shop: 0 cards"]
        story.heads.append(story.repo.commit("fix", {"a.py": "x = 99\n"}))
        assert list(doubled(sandbox, story))[1:] == ["org/shop: maestro / decision left open"]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ((0, 1), []),
        ((0,), ["not answered"]),
        ((1, 0), ["answered out of turn"]),
        ((0, 0, 1), ["answered twice"]),
    ],
)
async def test_answers_are_counted_and_held_in_their_order(answers: tuple[int, ...], found: list[str]) -> None:
    async with github() as sandbox:
        story = tell(sandbox, "org", 5)
        story.asked[:] = [story.repo.comment(story.number, "alice", "/maestro help") for _ in range(2)]
        for place in answers:
            story.repo.comment(story.number, "maestro[bot]", f"{REPLY_MARKER}{story.asked[place]} -->\nWell.")
        assert [what.partition(":")[0] for what in misanswered(story)] == found
        if not found:
            assert list(misanswered(story, in_order=False)) == []


async def test_two_tellings_differ_in_nothing_but_what_is_told_differently() -> None:
    async with github() as sandbox:
        one, two = (told_with(sandbox, owner, said) for owner, said in (("a", "ship"), ("b", "ship")))
        other = told_with(sandbox, "c", "block")
        same, different = state_of(sandbox, one), state_of(sandbox, other)
        assert same.differs_from(state_of(sandbox, two)) == ""
        assert "ship" in different.differs_from(same)


def told_with(sandbox: Sandbox, owner: str, said: str) -> Story:
    """A story whose card says something, with all that differs between two tellings."""
    story = tell(sandbox, owner, 5)
    when = f"2026-01-01 10:0{ord(owner) % 10} UTC"
    card = f"<!-- maestro:card v1 repo={owner}/shop pr=1 -->\n{said} `{story.head[:7]}`\nupdated {when}"
    story.repo.comment(story.number, "maestro[bot]", card)
    return story


def test_the_busiest_minute_is_found_wherever_it_begins() -> None:
    assert busiest([0, 50, 59, 61, 100, 109]) == 5
    assert busiest([]) == 0


def test_a_report_says_what_it_holds_only_when_nothing_is_broken() -> None:
    report = Report("part", ("nothing is lost",))
    report.measured("time (s)", 1.0)
    report.counts["things"] += 2
    assert "   yes: nothing is lost" in list(report.lines())
    report.broken(["lost: x"])
    assert {"== part: BROKEN", "   ?: nothing is lost", "   VIOLATION: lost: x"} <= set(report.lines())


def test_the_launcher_makes_the_clock_wrong_and_the_release_another_but_not_for_github(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("3600")
    told = {
        "CAMPAIGN_CLOCK": str(tmp_path / "clock"),
        "CAMPAIGN_VERSION": "99",
        "CAMPAIGN_JOURNAL": str(tmp_path / "j"),
    }
    program = (
        "import os, time; true = time.time();"
        "from campaign.launcher import prepare; prepare('web', os.environ);"
        "import app; from app.github.clock import Clock;"
        "print(round(time.time() - true, -2), round(Clock().wall() - true, -2), app.__version__)"
    )
    environment = {"PATH": os.environ["PATH"], **told}
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert said.stdout.split() == [b"3600.0", b"0.0", b"99"]


def test_a_nursery_tells_of_births_and_deaths_and_takes_all_with_it() -> None:
    with directory() as where:
        nursery = subprocess.Popen(
            [sys.executable, "-m", "campaign.nursery"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        assert "ready" in json.loads(nursery.stdout.readline())
        wish = {"words": ["worker"], "environment": {"CAMPAIGN_JOURNAL": str(where / "j")}, "log": str(where / "log")}
        nursery.stdin.write(json.dumps(wish).encode() + b"\n")
        nursery.stdin.flush()
        born = json.loads(nursery.stdout.readline())["born"]
        assert json.loads(nursery.stdout.readline()) == {"dead": born, "status": 2}  # it was told no settings
        nursery.stdin.close()
        assert nursery.wait(30) == 0
        nursery.stdout.close()


async def test_an_installation_that_does_not_come_up_says_what_was_heard_of_it() -> None:
    async with installation() as here:
        member = await here.start("web", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
        assert await asyncio.wait_for(member.ended, 30) == 4
        with pytest.raises(TimeoutError) as late:
            await here.up(0.5)
    said = str(late.value)
    assert "not up after" in said
    assert "/readyz: ClientConnectorError" in said
    assert "web ended with 4: " in said
    assert "the database cannot be used" in said


def test_sizes_are_those_of_the_day_of_the_night_or_as_told() -> None:
    assert dict(sizes((), (), night=False)) == DAY
    assert dict(sizes((), (), night=True)) == NIGHT
    assert dict(sizes(("disk", "clocks"), ("disk=9", "clocks=0"), night=False)) == {"disk": 9}
    for wrong in ("dusk=9", "disk", "disk=many"):
        with pytest.raises(click.UsageError):
            dict(sizes((), (wrong,), night=False))
