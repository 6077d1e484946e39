"""An agent is asked in five ways: over real HTTP, once for each task, and by data alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.model import ARM, Action, Cause, Outcome, Place, Sent, Task, Unsent
from app.store.dispatches import Dispatches
from app.store.effects import Effects
from checks.model import Pull
from handlers.sending import Sender, command_of, inputs_of, silent
from program.arms import Arm
from program.next_try import AT_WORK
from tests.publish.kinds import assignments, labelled
from tests.publish.scene import CODER, Crash, Dying, Scene, scene

pytestmark = pytest.mark.slow

TRACE = "0123456789abcdef" * 2
HOSTILE = "agent/$(touch${IFS}pwned)`id`${{github.token}}"
BRIEF = "The contract fails:\n\n> $(rm -rf /) `id` ${{ secrets.KEY }} @bot merge\n> /lgtm\n> <!-- maestro:told -->"
PLACE, CAUSE = Place("octo/shop"), Cause("test")
WORKFLOW = Arm("impl@small", "canary.yml", "small-1")
EVENT = Arm("impl@event", "", "small-1", by="repository", to="maestro.agent")
MENTION = Arm("claude", "", by="mention", to="@claude")
LABEL = Arm("openhands", "", by="label", to="fix-me")
ASSIGN = Arm("copilot", "", by="assign", to=CODER, behalf="alice")


@dataclass(frozen=True)
class Hand:
    """A writer on the scene; `effects`: of a worker that may be killed."""

    scene: Scene
    effects: Effects | None = None

    def turn(self, place: Place, head_sha: str) -> Any:
        raise NotImplementedError

    async def perform(self, _place: Place, actions: Sequence[Action], _cause: Cause) -> Sequence[Outcome]:
        return await self.scene.perform(*actions, effects=self.effects)


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    """A pull request whose branch has a name that no shell should read."""
    async with scene(tmp_path) as opened:
        opened.head = opened.repo.commit(HOSTILE, {"a.py": "x = 1\n"}, parent=opened.repo.tip())
        opened.number = opened.repo.open_pull("$(id) `id` ${{ github.token }}", HOSTILE, body=BRIEF)
        yield opened


def sender(here: Scene, effects: Effects | None = None) -> Sender:
    return Sender(Hand(here, effects), Dispatches(here.engine))


def pull(here: Scene, **more: Any) -> Pull:
    one = here.repo.pull(here.number)
    facts = {"head_sha": here.head, "head_ref": one.head_ref, "base_sha": one.base_sha, "base_ref": one.base_ref}
    return Pull("octo/shop", here.number, title=one.title, author="alice", **{**facts, **more})


def task(here: Scene, **more: Any) -> Task:
    return replace(Task(TRACE, "remediation 3, try 1", 1, here.head, BRIEF), **more)


async def sent(here: Scene, arm: Arm, **more: Any) -> Sent | Unsent:
    return await sender(here)(PLACE, pull(here), arm, task(here, **more), CAUSE)


def runs(here: Scene) -> list[Any]:
    return list(here.repo.state.workflow_runs.values())


def calls(here: Scene) -> list[str]:
    """What our comments on the pull request say."""
    return [one.body for one in here.repo.comments(here.number)]


async def test_a_workflow_is_told_all_that_it_is_about_as_inputs(here: Scene) -> None:
    answer = await sent(here, WORKFLOW)
    (run,) = runs(here)
    assert answer == Sent(run.id, f"`impl@small` tries: `canary.yml` on `main`, run {run.id}")
    assert run.inputs.pop("maestro_id") in run.title
    assert run.inputs == inputs_of(pull(here), WORKFLOW, task(here))
    assert (run.inputs["head_ref"], run.inputs["brief"], run.inputs["trace_id"]) == (HOSTILE, BRIEF, TRACE)


async def test_an_event_carries_the_same_in_no_more_parts_than_github_takes(here: Scene) -> None:
    answer = await sent(here, EVENT)
    (run,) = runs(here)
    assert answer == Sent(run.id, f"`impl@event` tries: `event maestro.agent`, run {run.id}")
    (told,) = here.repo.state.dispatches
    payload = told.client_payload
    assert (told.event_type, len(payload)) == ("maestro.agent", 9)
    assert payload | {"maestro_id": ""} == inputs_of(pull(here), EVENT, task(here)) | {"maestro_id": ""}


async def test_a_comment_calls_its_agent_and_nobody_else(here: Scene) -> None:
    assert await sent(here, MENTION) == Sent(None, "`claude` tries: `comment to @claude`")
    (body,) = calls(here)
    assert body.startswith("@claude\n\nThe contract fails:")
    assert f"Maestro-Arm: claude\nMaestro-Trace: {TRACE}\n" in body
    assert ("@bot" in body, "\n> /lgtm" in body, body.count("<!--")) == (False, False, 1)


async def test_a_label_is_put_on_anew_for_each_try_after_the_brief(here: Scene) -> None:
    assert await sent(here, LABEL) == Sent(None, "`openhands` tries: `label fix-me`")
    await sent(here, LABEL, key="remediation 3, try 2")
    assert (len(labelled(here)), len(calls(here))) == (2, 2)
    assert all(body.startswith("What is asked of the agent:") for body in calls(here))


@pytest.mark.parametrize("arm", [WORKFLOW, EVENT, MENTION, LABEL], ids=lambda arm: arm.by)
async def test_one_task_is_sent_once_however_often_it_is_asked_for(here: Scene, arm: Arm) -> None:
    first = await sent(here, arm)
    written = len(here.sandbox.writes)
    assert await sent(here, arm) == first
    assert len(here.sandbox.writes) == written
    (kept,) = await Dispatches(here.engine).of_pull("octo/shop", here.number)
    assert (kept.kind, kept.name, kept.head_sha) == (ARM, arm.name, here.head)


@pytest.mark.parametrize("arm", [WORKFLOW, EVENT, MENTION, LABEL], ids=lambda arm: arm.by)
async def test_killed_between_the_call_and_its_answer_it_is_sent_once(here: Scene, arm: Arm) -> None:
    with pytest.raises(Crash):
        await sender(here, Dying(here.engine, record_left=[1]))(PLACE, pull(here), arm, task(here), CAUSE)
    assert isinstance(await sent(here, arm), Sent)
    assert (len(runs(here)) + len(calls(here)), len(labelled(here))) == (1, 1 if arm is LABEL else 0)
    assert await Effects(here.engine).in_doubt() == []


async def test_killed_between_the_call_and_its_answer_one_issue_is_assigned(here: Scene) -> None:
    here.sandbox.world.account(CODER, "Bot")
    with pytest.raises(Crash):
        await sender(here, Dying(here.engine, record_left=[1]))(PLACE, pull(here), ASSIGN, task(here), CAUSE)
    for _ in range(2):
        assert await sent(here, ASSIGN) == Sent(None, f"`copilot` tries: `issue for {CODER}`")
    (issue,) = assignments(here)
    assert (here.issues(), issue.user.login, f"Maestro-Trace: {TRACE}\n" in issue.body) == ([issue], "alice", True)
    assert await Effects(here.engine).in_doubt() == []


async def test_an_issue_from_which_github_drops_the_agent_is_no_try(here: Scene) -> None:
    for _ in range(2):
        answer = await sent(here, ASSIGN)
        assert isinstance(answer, Unsent)
        assert f"GitHub did not assign `{CODER}`" in answer.why
    assert (len(here.issues()), assignments(here)) == (1, [])
    assert await Dispatches(here.engine).of_pull("octo/shop", here.number) == []


@pytest.mark.parametrize("arm", [WORKFLOW, EVENT], ids=lambda arm: arm.by)
async def test_killed_before_the_call_nobody_knows_and_it_is_never_sent(here: Scene, arm: Arm) -> None:
    with pytest.raises(Crash):
        await sender(here, Dying(here.engine, begin_left=[1]))(PLACE, pull(here), arm, task(here), CAUSE)
    answer = await sent(here, arm)
    assert isinstance(answer, Unsent)
    assert (answer.doubt, runs(here), "look among its runs" in answer.why) == (True, [], True)


async def test_a_head_that_has_moved_on_is_no_head_to_mend(here: Scene) -> None:
    facts, asked = pull(here), task(here)
    here.repo.commit(HOSTILE, {"a.py": "x = 2\n"})
    for arm in (WORKFLOW, EVENT, MENTION, LABEL):
        answer = await sender(here)(PLACE, facts, arm, asked, CAUSE)
        assert isinstance(answer, Unsent)
        assert answer.moved
    assert here.sandbox.writes == []


async def test_what_github_refuses_is_said_in_its_own_words(here: Scene) -> None:
    answer = await sent(here, replace(WORKFLOW, workflow="absent.yml"))
    assert isinstance(answer, Unsent)
    assert (answer.moved, answer.doubt, "Not Found" in answer.why) == (False, False, True)
    assert answer.why.startswith("GitHub will not run `absent.yml` on `main`")


async def test_no_arm_that_pushes_is_sent_to_a_fork(here: Scene) -> None:
    facts = pull(here, from_fork=True)
    for arm in (WORKFLOW, EVENT, LABEL):
        answer = await sender(here)(PLACE, facts, arm, task(here), CAUSE)
        assert isinstance(answer, Unsent)
        assert "fork" in answer.why
    assert here.sandbox.writes == []


async def test_two_senders_see_that_an_arm_may_be_at_work_on_the_head(here: Scene) -> None:
    facts = pull(here)
    await sent(here, WORKFLOW)
    (kept,) = await Dispatches(here.engine).of_pull("octo/shop", here.number)
    assert await sender(here).at_work(facts, here.head, kept.at + AT_WORK - 1) == kept
    assert await sender(here).at_work(facts, here.head, kept.at + AT_WORK) is None
    assert await sender(here).at_work(facts, "2b" * 20, kept.at) is None
    other = replace(facts, number=here.number + 1)  # of the same branch, onto another base
    assert await sender(here).at_work(other, here.head, kept.at) == kept
    assert await sender(here).at_work(facts, here.head, kept.at, [task(here).key]) is None, "that one is over"


@pytest.mark.parametrize("brief", ["\x00\x1b[31mred", "\U0001f600" * 20_000, "x" * 20_000, "\r\n" * 20_000])
async def test_the_longest_brief_is_taken(here: Scene, brief: str) -> None:
    for arm in (WORKFLOW, EVENT, MENTION):
        assert isinstance(await sent(here, arm, brief=brief, key=arm.by), Sent)
    told = runs(here)[0].inputs["brief"]
    assert len(json.dumps(runs(here)[0].inputs)) < 65_535
    assert not any(character in told for character in "\x00\x1b\r")


def test_what_is_quoted_calls_nobody_and_looks_the_same() -> None:
    text = "@alice `@bob` a@b.c\n  /lgtm\n> /merge\na/b <!-- x -->"
    assert silent(text).replace("\u200b", "") == text
    assert "@alice" not in silent(text)
    assert silent("a/b, 3 @ 4") == "a/b, 3 @ 4"


def test_a_long_key_is_kept_by_a_short_name() -> None:
    assert command_of("5e" * 16) == "5e" * 16
    assert (len(command_of("x" * 41)), command_of("x" * 41) == command_of("x" * 42)) == (40, False)
