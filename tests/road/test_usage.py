"""What a pull request costs, from the report over HTTP and the jobs of its heads to its card and its budget."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from app.github.sandbox import Repo
from tests.road.stories import CONTRACT, PERF, change, shop
from tests.road.test_canary_commands import asked
from tests.road.test_retry import FILES, RULES, dispatched
from tests.road.town import Town

pytestmark = pytest.mark.slow

PRICED = RULES.replace("model: large-1, ", "model: large-1, cost_usd: 0.4, ")


async def report(here: Town, sha: str, **said: Any) -> int:
    token = await here.maestro.stores.tokens.issue("octo/shop")
    body = {"sha": sha, "report": "agent", **said}
    headers = {"Authorization": f"Bearer {token}"}
    url, sent = f"{here.url}/api/usage", json.dumps(body)
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, data=sent) as answer:
        await here.rest()
        return answer.status


def card(here: Town, repo: Repo, number: int) -> str:
    """The one card, as a person reads it: GitHub must not take an amount for mathematics."""
    (body,) = here.cards(repo, number)
    return body.replace("<span>$</span>", "$")


async def test_a_report_reaches_the_card_with_the_minutes_that_github_showed(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo)
    for name in ("test", "lint"):
        repo.report_check(sha, name)
    await here.rest()
    assert await report(here, sha, usd=0.42, tokens=100, cached_tokens=61) == 202
    assert "$0.42 · 2 CI min · cache 61 %" in card(here, repo, number)


async def test_all_heads_of_a_pull_request_sum_up_and_no_call_is_made_for_the_older(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, first = change(repo)
    repo.report_check(first, "test", conclusion="failure")
    await here.rest()
    await report(here, first, usd=0.4)
    second = repo.commit("fix", {"a.py": "x = 3\n"})
    repo.report_check(second, "test")
    await here.rest()
    before = len(here.calls())
    await report(here, second, usd=0.1)
    assert "$0.50 · 2 CI min" in card(here, repo, number)
    assert not [call for call in here.calls(before) if first in call]


async def test_a_claim_on_a_forks_change_is_shown_as_one(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    head = repo.fork("mallory").commit("fix", {"a.py": "x = 2\n"}, author="mallory")
    assert await report(here, head, usd=900.0) == 202  # nothing was judged yet
    number = repo.open_pull("Mine", "mallory:fix", author="mallory")
    await here.rest()
    for usd in (900.0, 0.42):
        (used,) = await here.maestro.stores.usage.of("octo/shop", number, [head])
        assert (used.usd, used.trusted) == (usd, False)
        assert await report(here, head, usd=0.42) == 202


async def test_scores_that_no_contract_asks_for_are_shown(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo)
    await here.rest()
    token = await here.maestro.stores.tokens.issue("octo/shop")
    scores = {"eval_score": 0.91, "robustness_delta": -0.02, "cache_hit_share": 0.5, "cost_usd": 0.3}
    headers, body = {"Authorization": f"Bearer {token}"}, {"sha": sha, "measurements": scores}
    url = f"{here.url}/api/measurements"
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, json=body) as answer:
        assert answer.status == 202
    await here.rest()
    assert "eval 0.91 · robustness -0.02 · $0.30" in card(here, repo, number)


async def test_what_an_artifact_says_beside_what_a_contract_asked_for_is_shown_too(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    number, sha = change(repo)
    table = json.dumps({"perf_p95_ms": 212, "eval_score": 0.91, "cost_usd": 0.3}).encode()
    repo.workflow_run(sha, "bench", artifacts={"maestro-metrics": {"maestro-metrics.json": table}})
    await here.rest()
    assert "eval 0.91 · $0.30" in card(here, repo, number)
    await report(here, sha, usd=0.25)  # what is reported stands against what was measured
    assert "eval 0.91 · $0.25" in card(here, repo, number)


async def test_a_budget_that_is_used_up_sends_no_arm_whoever_names_it(here: Town) -> None:
    repo = shop(here.sandbox, PRICED.replace("  ladder:\n", "  budget_usd: 0.5\n  ladder:\n"), **FILES)
    sha = repo.commit("agent/x", {"a.py": "x = 2\n"}, message="Correct x")
    number = repo.open_pull("Correct x", "agent/x")
    await here.rest()
    await report(here, sha, usd=0.45)
    assert "$0.45 of $0.50" in card(here, repo, number)
    left = "no arm fits into the 0.05 US dollars that are left of `arms.budget_usd`"
    spent = "0.50 that `arms.budget_usd` allows were spent here"
    for said, why in (("/maestro retry", left), ("/maestro retry impl@medium", spent)):
        _, (reply,) = await asked(here, repo, number, said)
        assert why in reply
    assert dispatched(repo) == []
    await report(here, sha, usd=0.05)  # the same report, put right
    await asked(here, repo, number, "/maestro retry impl@small")
    assert len(dispatched(repo)) == 1
