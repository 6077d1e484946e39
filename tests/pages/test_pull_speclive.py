"""SpecLive on the page of a pull request, in its JSON and in the news, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.model import Cause, SpecSwitch
from tests.pages.guarded import TRACE, clause, exemplar, report, static, target, violated
from tests.pages.looking import words
from tests.pages.pulled import HEAD, START, PullTrial, pull_trial

BLOB = f"https://github.com/acme/shop/blob/{HEAD}"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        await opened.decide()
        yield opened


async def edition(here: PullTrial) -> str:
    found = await here.stores.pull_news.of([("acme/shop", 7)])
    return found["acme/shop", 7].word


async def told(here: PullTrial) -> Any:
    answer = await here.get(here.api, Cookie=f"maestro-page={here.key}")
    return (await answer.json())["speclive"]


async def test_one_click_leads_from_a_violation_to_the_code_the_card_and_the_tests(here: PullTrial) -> None:
    assert await told(here) is None
    await here.guard(static(HEAD), violated(2, sha=HEAD))
    page = await (await here.opened()).text()
    for path in ("shop/pay.py#L12", "specs/pay.feature#L11", "tests/test_pay.py"):
        assert f'<a href="{BLOB}/{path}">' in page
    text = words(page)
    assert f"violated of the head, {HEAD[:7]} , in production: 9 times looked at, 2 times violated in 24 hours" in text
    assert "the balance drops by the amount pay.balance#t1 · 2023-11-14 22:13:20 UTC · production · shop at" in text
    assert f"amount 5 · ctx &#34;dict&#34; · result {{&#34;balance&#34;: 7}} · trace {TRACE}" in text
    assert "Critical paths with a Then 1 of 1 Calls to them that a Then saw 9 of 10" in text
    assert "Wrong results that a Then notices 7 of 10" in text
    model = await told(here)
    assert (model["word"], model["violations"][0]["code"]["url"]) == ("violated", f"{BLOB}/shop/pay.py#L12")
    assert model["cards"][0]["clauses"][0]["violated"] == 2
    assert model["survivors"] == [["POST /pay", 3]]


async def test_what_a_service_says_is_text_and_leads_nowhere_else(here: PullTrial) -> None:
    bad = "</code><script>alert(1)</script>"
    places = (
        "https://evil.example/x#L1",
        "../../../evil/repo/blob/main/x.py#L1",
        "/etc/passwd#L1",
        "javascript:alert(1)",
    )
    examples = [exemplar(code=code, inputs={bad: bad}, result="\u202e" + bad, raised="") for code in places]
    names = {"pay.balance": [*places, bad]}
    await here.guard(
        static(HEAD, tests=names), report(HEAD, clauses=[clause(violated=4, text=bad)], exemplars=examples)
    )
    page = await (await here.opened()).text()
    part = page[page.index('id="guarded"') : page.index('id="contracts"')]
    assert part.count("&lt;script&gt;") > 4
    assert not {"<script", "\u202e"} & {one for one in ("<script", "\u202e") if one in part}
    links = {piece.partition('"')[0] for piece in part.split('href="')[1:]}
    assert links >= {f"{BLOB}/specs/pay.feature#L11", f"{BLOB}/shop/pay.py#L12"}
    assert all(link.startswith(f"{BLOB}/") and ".." not in link for link in links)


async def test_the_page_has_news_at_a_violation_at_once_and_of_more_counts_now_and_then(here: PullTrial) -> None:
    words_of = [await edition(here)]
    await here.guard(report(HEAD))
    words_of.append(await edition(here))
    await here.guard(report(HEAD))
    assert await edition(here) == words_of[-1], "a second later nobody needs to look again"
    await here.guard(violated(sha=HEAD))
    words_of.append(await edition(here))
    here.clock.at += 10
    await here.guard(report(HEAD))
    words_of.append(await edition(here))
    await here.stores.speclive.turn("acme/shop", SpecSwitch(True, "too slow"), Cause())
    words_of.append(await edition(here))
    assert len(set(words_of)) == 5
    assert "Guards are switched off for the whole repository: too slow." in words(await (await here.opened()).text())


async def test_what_was_counted_a_day_ago_is_not_shown_and_what_was_never_called_is_not_seen(here: PullTrial) -> None:
    here.clock.at = START + 100_000
    await here.guard(report(HEAD, now=START))
    assert (await told(here)) is None, "a day later nothing of that is shown"
    here.clock.at += 10
    await here.guard(
        report(HEAD, now=here.clock.at, targets=[target(calls=0, guarded=0)], clauses=[clause(evaluated=0)])
    )
    model = await told(here)
    assert (model["word"], model["figures"]) == ("not seen yet", [])
