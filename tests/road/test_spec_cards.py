"""A change to Spec Cards and to what they guard, from the pull request to a check run with remarks, over real HTTP."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest

from tests.checks.speclive.guards import CARD, PATH
from tests.pages.guarded import clause, exemplar, report, sent, static, target
from tests.road.stories import change, shop
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

RULES = "version: 1\nspeclive: {mode: block}\n"
CHECK = "maestro / speclive"
LESS = CARD.replace("| Declined |", "| Declined | Exception |")


async def tell(here: Town, body: dict[str, Any]) -> None:
    """As a service, or its CI, tells Maestro."""
    token = await here.maestro.stores.tokens.issue("octo/shop")
    packed, headers = sent(body, token, time.time())
    headers |= {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{here.url}/api/speclive/reports", data=packed, headers=headers) as answer,
    ):
        assert answer.status == 202, await answer.text()
    await here.rest()


async def test_from_no_report_to_a_guarded_head_and_to_a_violation_at_the_line_of_its_code(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **{PATH: CARD, "shop/pay.py": "def pay(): ...\n"})
    number, sha = change(repo, **{PATH: LESS, "shop/pay.py": "def pay(): return 1\n"})
    repo.report_check(sha, "unit")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "action_required", CHECK: "action_required"}
    assert "No report of what guards" in here.cards(repo, number)[0]

    now = time.time()
    await tell(here, static(sha, start=now - 10, end=now))
    assert here.conclusions(repo, sha) == {DECISION: "success", CHECK: "success"}
    (card,) = here.cards(repo, number)
    row = next(line for line in card.splitlines() if "| speclive |" in line)
    assert "1/1 critical path, no call of it seen, 1 card weakened" in row
    assert "coverage 100 % (limit ≥&nbsp;98, n 1)" in row
    assert "Exception may be raised now" in card

    wrong = [clause(evaluated=50, violated=2)]
    live = report(sha, now, environment="tests", targets=[target(calls=50, guarded=50)], clauses=wrong)
    await tell(here, live | {"exemplars": [exemplar(at=now)]})
    assert here.conclusions(repo, sha) == {DECISION: "failure", CHECK: "failure"}
    (run,) = [run for run in repo.check_runs(sha) if run.name == CHECK]
    assert run.title == "1/1 critical path, 2 violations, 1 card weakened"
    assert {(one["path"], one["start_line"], one["annotation_level"]) for one in run.annotations} == {
        ("shop/pay.py", 12, "failure"),
        (PATH, 11, "failure"),
        (PATH, 20, "warning"),
    }
    assert run.details_url is not None
    assert f"/pr/octo/shop/{number}" in run.details_url


async def test_without_critical_paths_there_is_no_check_and_the_card_says_why(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **{PATH: CARD.replace(" @critical", "")})
    number, sha = change(repo)
    repo.report_check(sha, "unit")
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "success"}
    assert "is absent: no path is known to be critical" in here.cards(repo, number)[0]


async def test_a_card_that_no_longer_compiles_stops_the_change_at_its_line(here: Town) -> None:
    repo = shop(here.sandbox, RULES, **{PATH: CARD})
    _, sha = change(repo, **{PATH: CARD.replace("role == 'customer'", "role.__class__")})
    await here.rest()
    assert here.conclusions(repo, sha)[CHECK] == "failure"
    (run,) = [run for run in repo.check_runs(sha) if run.name == CHECK]
    assert [(one["path"], one["start_line"]) for one in run.annotations] == [(PATH, 9)]
