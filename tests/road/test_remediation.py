"""The loop over the whole road: each class of failure from the webhook to its end, as people see it on GitHub."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from app.archive import Archive
from app.github.sandbox import Repo
from app.github.sandbox.state import WorkflowRun
from program.remediation import Course, Remediation
from tests.road.stories import shop
from tests.road.test_canary_commands import asked
from tests.road.test_retry import AGENT
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

RULES = """\
version: 1
agents: {branches: ["agent/*"]}
contract: {post: {tests: pass}}
remediation: {}
arms:
  workflow: agent.yml
  ladder: [{name: impl@small, model: small-1, cost_usd: 0.08}]
"""
FILES = {".github/workflows/agent.yml": AGENT}


@dataclass(frozen=True)
class Story:
    """An agent's pull request, whose workflow failed."""

    here: Town
    repo: Repo
    number: int
    run: WorkflowRun

    async def every(self) -> list[Remediation]:
        return list(await self.here.maestro.stores.remediations.of_pull("octo/shop", self.number))

    async def newest(self) -> Remediation:
        return (await self.every())[-1]

    async def made(self) -> list[tuple[str, str]]:
        return [(one.step.value, one.result.value) for one in (await self.newest()).attempts]

    @property
    def sent(self) -> list[WorkflowRun]:
        return [run for run in self.repo.state.workflow_runs.values() if run.event == "workflow_dispatch"]

    @property
    def head(self) -> str:
        return self.repo.pull(self.number).head_sha

    @property
    def conclusion(self) -> str | None:
        return self.here.conclusions(self.repo, self.head)[DECISION]

    async def ends(self, conclusion: str, run: WorkflowRun | None = None) -> None:
        """The workflow of the head ends so."""
        self.repo.finish_workflow((run or self.run).id, conclusion)
        await self.here.rest()

    async def pushes(self, conclusion: str, message: str = "") -> None:
        """The agent pushes, with the trace it was given, and its checks end so."""
        trace = self.sent[-1].inputs["trace_id"]
        said = message or f"Mend it\n\nMaestro-Trace: {trace}"
        sha = self.repo.commit("agent/x", {"a.py": f"x = {len(self.sent) + 7}\n"}, message=said, author="robo")
        self.repo.workflow_run(sha, "ci", conclusion)
        await self.here.rest()


async def failing(here: Town, rules: str = RULES, conclusion: str = "failure", **more: str) -> Story:
    repo = shop(here.sandbox, rules, **FILES, **more)
    sha = repo.commit("agent/x", {"a.py": "x = 2\n"}, author="robo")
    run = repo.workflow_run(sha, "ci", "failure" if conclusion == "failure" else conclusion)
    number = repo.open_pull("Correct x", "agent/x", author="robo")
    await here.rest()
    return Story(here, repo, number, run)


async def entries(here: Town, kind: str = "remediation") -> list[dict[str, Any]]:
    every = [json.loads(entry) async for batch in here.maestro.stores.provenance.rows() for _, entry, _ in batch]
    return [one for one in every if one["kind"] == kind]


# --- each class ------------------------------------------------------------------------------------------------


async def test_what_passes_when_it_runs_again_is_mended(here: Town) -> None:
    story = await failing(here)
    assert (story.run.attempt, story.run.status) == (2, "queued")
    assert story.here.conclusions(story.repo, story.head)[DECISION] is None, "it is waited for"
    await story.ends("success")
    assert (await story.made(), story.conclusion) == ([("rerun", "mended")], "success")
    assert (await story.newest()).course is Course.MENDED
    assert story.sent == []


async def test_what_broke_off_runs_again(here: Town) -> None:
    story = await failing(here, conclusion="timed_out")
    assert (story.run.attempt, (await story.newest()).failure) == (2, "infra")
    await story.ends("success")
    assert await story.made() == [("rerun", "mended")]


async def test_what_fails_again_is_an_agents_and_its_push_mends_it(here: Town) -> None:
    story = await failing(here)
    here.sandbox.advance(2)
    await story.ends("failure")
    assert await story.made() == [("rerun", "failed"), ("agent", "open")]
    (run,) = story.sent
    assert run.inputs["arm"] == "impl@small"
    assert "1 check failed" in run.inputs["brief"]
    await story.pushes("success")
    assert (await story.made(), story.conclusion) == ([("rerun", "failed"), ("agent", "mended")], "success")
    told = [one["what"] for one in await entries(here)]
    assert told == [
        "remediation began: contract",
        "attempt 1: rerun",
        "attempt 1 ended: failed",
        "attempt 2: agent impl@small",
        "attempt 2 ended: mended",
        "remediation ended: mended",
    ]


async def test_after_three_attempts_it_is_a_draft_with_a_label_and_one_comment(here: Town) -> None:
    story = await failing(here)
    here.sandbox.advance(2)
    await story.ends("failure")
    await story.pushes("failure")
    await story.pushes("failure")
    made = await story.made()
    assert made == [("rerun", "failed"), ("agent", "failed"), ("agent", "failed")]
    pull = story.repo.pull(story.number)
    assert pull.draft
    assert [label.name for label in pull.labels] == ["needs-human"]
    (said,) = [one.body for one in story.repo.comments(story.number) if "This is for people now" in one.body]
    assert "3 attempts within a day" in said
    assert len(story.sent) == 2
    for _ in range(2):
        story.repo.workflow_run(story.head, "other", "failure")
        await here.rest()
    assert (len(await story.every()), len(story.sent)) == (1, 2)


async def test_a_rule_for_people_is_theirs_at_once(here: Town) -> None:
    rules = RULES.replace("remediation: {}", "remediation: {}\nrisk: {mode: block, limit: 0.01}")
    story = await failing(here, rules)
    assert (await story.made(), (await story.newest()).course) == ([], Course.HANDED_OVER)
    assert "nothing that we try could help" in (await story.newest()).why


async def test_a_conflict_is_an_agents_where_the_base_cannot_be_merged(here: Town) -> None:
    story = await failing(here)
    await story.ends("success")
    story.repo.commit("main", {"a.py": "x = 99\n"}, author="root")
    story.repo.report_check(story.head, "lint", conclusion="success")
    await here.rest()
    newest = await story.newest()
    assert newest.failure == "conflict"
    assert [one.step.value for one in newest.attempts][-1] == "agent"


# --- bounds ----------------------------------------------------------------------------------------------------


async def test_a_person_who_pushes_has_it(here: Town) -> None:
    story = await failing(here)
    here.sandbox.advance(2)
    await story.ends("failure")
    sha = story.repo.commit("agent/x", {"a.py": "x = 3\n"}, author="alice")
    story.repo.workflow_run(sha, "ci", "failure")
    await here.rest()
    newest = await story.newest()
    assert (newest.course, newest.why) == (Course.LEFT, f"`alice` pushed `{sha[:7]}` first")


async def test_without_the_block_nothing_is_tried(here: Town) -> None:
    story = await failing(here, RULES.replace("remediation: {}\n", ""))
    assert (await story.every(), story.run.attempt) == ([], 1)


async def test_a_persons_change_is_left_alone(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **FILES)
    sha = repo.commit("fix", {"a.py": "x = 2\n"})
    run = repo.workflow_run(sha, "ci", "failure")
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    assert await here.maestro.stores.remediations.of_pull("octo/shop", number) == []
    assert run.attempt == 1


async def test_one_that_is_closed_ends(here: Town) -> None:
    story = await failing(here)
    story.repo.close(story.number)
    await here.rest()
    newest = await story.newest()
    assert (newest.course, newest.why) == (Course.LAPSED, "it was closed")
    (card,) = here.cards(story.repo, story.number)
    assert "ended: it was closed" in card
    assert "attempt 1 of at most" not in card
    kept = Archive(here.maestro.stores.decisions)
    assert await kept.newest("octo/shop", story.number) is None, "nothing is asked of it"


# --- people ----------------------------------------------------------------------------------------------------


async def test_stopped_nothing_more_is_tried_until_somebody_asks_again(here: Town) -> None:
    story = await failing(here)
    reactions, _ = await asked(here, story.repo, story.number, "/maestro remediate stop")
    assert "rocket" in reactions
    await here.rest()
    newest = await story.newest()
    assert (newest.course, newest.why) == (Course.STOPPED, "`alice` stopped it")
    here.sandbox.advance(2)
    await story.ends("failure")
    assert len(await story.every()) == 1
    reactions, _ = await asked(here, story.repo, story.number, "/maestro remediate")
    assert "rocket" in reactions
    await here.rest()
    assert (len(await story.every()), (await story.newest()).who) == (2, "alice")
    assert [one.step.value for one in (await story.newest()).attempts] == ["rerun"]


async def test_stopping_names_the_agent_that_is_at_work(here: Town) -> None:
    story = await failing(here)
    here.sandbox.advance(2)
    await story.ends("failure")
    (run,) = story.sent
    _, (reply,) = await asked(here, story.repo, story.number, "/maestro remediate stop")
    assert f"was sent, run {run.id}, and may be at work still" in reply


async def test_where_nothing_goes_on_there_is_nothing_to_stop(here: Town) -> None:
    story = await failing(here, RULES.replace("remediation: {}\n", ""))
    reactions, (reply,) = await asked(here, story.repo, story.number, "/maestro remediate stop")
    assert reactions == {"eyes", "confused"}
    assert "nothing is tried by itself" in reply


async def test_where_the_rules_ask_it_begins_by_a_word(here: Town) -> None:
    story = await failing(here, RULES.replace("remediation: {}", "remediation: {mode: ask}"))
    assert ((await story.newest()).course, story.run.attempt) == (Course.ASKING, 1)
    await asked(here, story.repo, story.number, "/maestro remediate")
    await here.rest()
    assert ((await story.newest()).word, story.run.attempt) == ("alice", 2)


async def test_a_fork_takes_the_word_of_a_maintainer(here: Town) -> None:
    repo = shop(here.sandbox, RULES.replace('branches: ["agent/*"]', 'labels: [agent], branches: ["agent/*"]'), **FILES)
    sha = repo.fork("mallory").commit("agent/x", {"a.py": "x = 2\n"}, author="mallory")
    number = repo.open_pull("Correct x", "mallory:agent/x", author="mallory")
    run = repo.workflow_run(sha, "ci", "failure")
    await here.rest()
    story = Story(here, repo, number, run)
    assert ((await story.newest()).course, run.attempt) == (Course.ASKING, 1)
    reactions, (reply,) = await asked(here, repo, number, "/maestro remediate")
    assert reactions == {"eyes", "confused"}
    assert "takes the role" in reply
    await asked(here, repo, number, "/maestro remediate", "root")
    await here.rest()
    assert ((await story.newest()).word, run.attempt) == ("root", 2)
    here.sandbox.advance(2)
    await story.ends("failure")
    assert ((await story.newest()).course, story.sent) == (Course.HANDED_OVER, [])
