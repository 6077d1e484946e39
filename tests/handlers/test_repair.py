"""What is proposed, and what is not; and that a run which is killed is taken up where it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.model import FIX_BRANCH, REST, Proposal
from checks.decide import Policy
from checks.judge import Case, judge
from checks.sbom.repair import MOST, why_none
from checks.sbom.rules.policy import Config
from handlers.evaluate import Judgement
from handlers.repair import COMMANDED
from tests.checks.sbom.supply import HEAD, advisory, package_json
from tests.handlers.hub import OURS, Hub, Killed
from tests.handlers.mendable import (
    BAD,
    GOOD,
    LEFT,
    NEXT,
    PUBLISHED,
    PULL,
    Clock,
    case,
    facts,
    only,
    run,
    shown,
)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- propose ----------------------------------------------------------------------------------------------------


async def test_what_a_change_brings_is_mended_on_its_own_branch_once(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    for _ in range(3):
        await run(hub, clock)
    assert hub.deeds == ["WriteBranch", "OpenPullRequest"]
    fix, pull = only(hub), hub.pulls[OURS]
    assert (pull.base, pull.title) == ("feature", "Raise npm/qs to 6.5.3")
    assert (fix.number, fix.source, fix.target, fix.published) == (OURS, PULL, "feature", PUBLISHED)
    assert pull.branch.startswith(f"{FIX_BRANCH}feature/npm-qs-6-5-3-")
    branch = hub.branches[pull.branch]
    assert (branch.parent, branch.head_sha) == (HEAD, HEAD)
    (edit,) = branch.edits
    assert getattr(edit, "content", b"") == package_json(GOOD).encode()


async def test_where_the_rules_propose_none_somebody_may_ask_for_them(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD), fix={"pull_requests": False}))
    await run(hub, clock)
    assert hub.deeds == []
    for _ in range(2):
        await run(hub, clock, reason=COMMANDED)
    assert hub.deeds == ["WriteBranch", "OpenPullRequest"]
    await run(hub, clock)
    assert len(hub.open_fixes()) == 1, "and it stays, though the rules ask for none"


@pytest.mark.parametrize("step", range(1, 10))
async def test_killed_at_any_step_it_is_proposed_once(hub: Hub, clock: Clock, step: int) -> None:
    shown(hub, case(facts(BAD), fix={"workflow": "relock.yml"}))
    hub.kill_at = step
    for _ in range(3):
        try:
            await run(hub, clock)
        except Killed:
            clock.now += 60
    assert sorted(hub.deeds) == ["DispatchWorkflow", "OpenPullRequest", "WriteBranch"]
    assert only(hub).number == OURS


async def test_killed_before_it_was_opened_on_a_head_that_moved_it_is_built_anew(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    hub.kill_at = 3  # the branch is there, and no pull request
    with pytest.raises(Killed):
        await run(hub, clock)
    shown(hub, case(facts(BAD, head=NEXT)))
    await run(hub, clock)
    assert len(hub.open_fixes()) == 1
    assert hub.branches[hub.pulls[OURS].branch].parent == NEXT
    assert len(hub.rows) == 1


async def test_of_a_head_that_moved_on_nothing_is_done_until_it_is_evaluated(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    hub.heads[PULL] = Proposal(True, False, NEXT)
    await run(hub, clock)
    assert hub.deeds == []


async def test_a_new_head_with_the_same_trouble_keeps_its_fix(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    shown(hub, case(facts(BAD, head=NEXT)))
    await run(hub, clock)
    assert hub.deeds == ["WriteBranch", "OpenPullRequest"]


async def test_each_package_has_a_fix_of_its_own_and_a_few_at_a_time(hub: Hub, clock: Clock) -> None:
    many = {f"p{n}": "1.0.0" for n in range(MOST + 2)}
    records = [advisory(name, "1.0.1", identity=f"GHSA-{name}") for name in many]
    shown(hub, case(facts({**LEFT, **many}, records)))
    await run(hub, clock)
    await run(hub, clock)
    assert len(hub.open_fixes()) == MOST


async def test_the_workflow_that_makes_lock_files_is_asked_for_once(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD), fix={"workflow": "relock.yml"}))
    await run(hub, clock)
    await run(hub, clock)
    (asked,) = hub.runs
    assert (asked.workflow, asked.ref) == ("relock.yml", "main"), "as the base has it, not as the change does"
    assert dict(asked.inputs) == {"branch": only(hub).branch}


async def test_what_github_refuses_is_tried_again_after_a_rest(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    hub.refusal = "403: Resource not accessible by integration"
    await run(hub, clock)
    hub.refusal = ""
    await run(hub, clock)
    assert hub.deeds == []
    clock.now += REST
    await run(hub, clock)
    assert len(hub.open_fixes()) == 1


async def test_what_cannot_be_mended_is_left(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD, [advisory("qs", None)])))
    await run(hub, clock)
    assert hub.deeds == []


# --- where none is proposed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pull", "config", "reason"),
    [
        ({}, {}, ""),
        ({"draft": True}, {}, ""),
        ({"from_fork": True}, {}, "fork"),
        ({"head_ref": f"{FIX_BRANCH}main/npm-qs-6-5-3"}, {}, ""),
        ({}, {"fix": {"pull_requests": False}}, "off"),
    ],
)
async def test_who_gets_no_fix(
    hub: Hub, clock: Clock, pull: dict[str, Any], config: dict[str, Any], reason: str
) -> None:
    found = facts(BAD)
    told = case(replace(found, pull=replace(found.pull, **pull)), **config)
    shown(hub, told)
    await run(hub, clock)
    assert bool(hub.open_fixes()) is not bool(reason)
    assert reason in why_none(told.snapshot, Config.model_validate(config))


@pytest.mark.parametrize(
    ("told", "owed"),
    [
        (case(facts(BAD)), True),
        (case(facts(GOOD)), False),
        (case(facts(BAD), mode="off"), False),
        (case(facts(BAD), fix={"pull_requests": False}), False),
        (Case(facts(BAD), Policy({}), None, "test"), False),
    ],
)
async def test_an_evaluation_is_followed_where_there_is_something_to_mend(
    hub: Hub, clock: Clock, told: Case, owed: bool
) -> None:
    decision = judge(told)
    assert decision is not None
    assert await clock.repairs(hub).owed(Judgement(told, decision)) is owed


async def test_an_evaluation_is_followed_where_something_is_awaited(hub: Hub, clock: Clock) -> None:
    shown(hub, case(facts(BAD)))
    await run(hub, clock)
    good = case(facts(GOOD))
    decision = judge(good)
    assert decision is not None
    assert await clock.repairs(hub).owed(Judgement(good, decision))
