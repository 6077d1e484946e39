"""An agent's pull request that carries a tree of promises, one of them told from a baseline, over the whole road."""

from __future__ import annotations

import json

import pytest

from app.github.sandbox import Repo
from tests.road.stories import shop
from tests.road.test_numbers import post
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

RULES = "version: 1\nagents: {labels: [agent]}\ncontract: {mode: block}\n"
PLAN = {
    "id": "plan",
    "nodes": [
        {"id": "speed", "promise": "Checkout stays <b>fast</b> @octo", "post": {"perf_p95_ms": {"lt_base_pct": 5}}},
        {"id": "size", "promise": "The bundle stays small", "post": {"bundle_kb": {"lte": 180}}},
    ],
}


def brought(repo: Repo, plan: object, branch: str = "fix", **files: str) -> tuple[int, str]:
    """An agent's pull request with `plan` in its description: its number and head."""
    sha = repo.commit(branch, files or {"a.py": "x = 2\n"}, message="Make it faster")
    body = f"Faster.\n\n```maestro-contract\n{json.dumps(plan, indent=1)}\n```\n"
    return repo.open_pull("Make it faster", branch, body=body, labels=["agent"]), sha


async def sent(here: Town, sha: str, **values: object) -> None:
    """CI's numbers of one commit, over HTTP."""
    token = await here.maestro.stores.tokens.issue("octo/shop")
    status, _ = await post(f"{here.url}/api/measurements", token, {"sha": sha, "measurements": values})
    assert status == 202
    await here.rest()


def ms(value: float, n: int = 400) -> dict[str, object]:
    return {"value": value, "unit": "ms", "n": n}


async def test_the_verdict_turns_as_baseline_and_head_are_measured(here: Town) -> None:
    repo = shop(here.sandbox, RULES)
    base = repo.tip()
    number, sha = brought(repo, PLAN)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    await sent(here, sha, perf_p95_ms=ms(208), bundle_kb=150)
    assert here.conclusions(repo, sha)[DECISION] == "action_required", "nobody knows yet what the base measured"
    card = here.cards(repo, number)[0]
    assert f"perf_p95_ms has no baseline: nothing trusted was measured of it at {base[:7]}" in card.replace(
        "&#95;", "_"
    )
    await sent(here, base, perf_p95_ms=ms(200))
    assert here.conclusions(repo, sha)[DECISION] == "success"
    card = here.cards(repo, number)[0]
    for said in (
        "**plan/speed**",
        "**plan/size**",
        "The bundle stays small",
        f"baseline 200 ms at {base[:7]}",
        "margin 2 ms (0.952 %)",
    ):
        assert said in card
    assert f"baseline 200 ms at {base[:7]}, where the change left its base (n 400)" in card
    assert "<b>fast" not in card
    assert "@octo " not in card
    await sent(here, sha, perf_p95_ms=ms(211))
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    assert "margin &#45;1 ms (-0.476 %)" in here.cards(repo, number)[0]


async def test_the_baseline_of_an_older_commit_counts_and_the_card_says_how_old_it_is(here: Town) -> None:
    repo = shop(here.sandbox, RULES)
    older = repo.tip()
    repo.commit("main", {"b.py": "y = 1\n"})
    await sent(here, older, perf_p95_ms=ms(200))
    number, sha = brought(repo, PLAN)
    await sent(here, sha, perf_p95_ms=ms(208), bundle_kb=150)
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert f"baseline 200 ms at {older[:7]}, 1 commit before the change left its base" in here.cards(repo, number)[0]


async def test_an_artifact_of_the_bases_own_workflow_is_a_baseline(here: Town) -> None:
    repo = shop(here.sandbox, RULES)
    metrics = {"maestro-metrics": {"maestro-metrics.json": b'{"perf_p95_ms": {"value": 200, "unit": "ms"}}'}}
    repo.workflow_run(repo.tip(), "bench", artifacts=metrics)
    _, sha = brought(repo, PLAN)
    await sent(here, sha, perf_p95_ms=ms(208), bundle_kb=150)
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_an_agents_promises_of_nothing_and_of_what_never_can_be_are_named_at_once(here: Town) -> None:
    repo = shop(here.sandbox, RULES)
    empty, first = brought(repo, {"id": "mine", "post": {"risk": {"lte": 1}}}, "one")
    never, second = brought(repo, {"id": "mine", "post": {"lag_ms": {"lt": 1, "gt": 2}}}, "two", **{"b.py": "y = 2\n"})
    await here.rest()
    assert here.conclusions(repo, first)[DECISION] == here.conclusions(repo, second)[DECISION] == "failure"
    assert "which counts as no contract" in here.cards(repo, empty)[0]
    assert "can never pass:" in here.cards(repo, never)[0]
