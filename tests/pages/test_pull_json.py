"""A pull request as JSON: what our own scripts are told, and who is told what they may do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.model import Cause
from app.pages.pull_json import known_roles
from app.render import pull_json as rendered
from app.render.offers import Offer
from checks.model import Measurement
from tests.pages.pulled import HEAD, Clock, PullTrial, pull_trial

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def told(here: PullTrial, **headers: str) -> dict[str, Any]:
    answer = await here.get(here.api, **({"Cookie": f"maestro-page={here.key}"} | headers))
    assert answer.status == 200
    model: dict[str, Any] = await answer.json()
    return model


async def test_it_says_all_that_the_page_says_in_plain_words(here: PullTrial) -> None:
    key = await here.decide(p95=261.0)
    await here.stores.measurements.keep("acme/shop", HEAD, (Measurement("eval_score", 0.91),))
    trial = await here.canary()
    command = await here.ask(arguments="arm-b")
    await here.answer(command, "dispatched `next.yml`", before="arm `arm-a`", after="arm-b")
    model = await told(here)
    assert model["pull"] == {
        "repository": "acme/shop",
        "number": 7,
        "title": "Faster checkout",
        "author": "octocat",
        "url": "https://github.com/acme/shop/pull/7",
        "head_sha": HEAD,
        "head_ref": "checkout",
        "base_ref": "main",
        "base_sha": "9f8e7d6c" * 5,
        "state": "open",
        "draft": False,
        "from_fork": False,
    }
    assert (model["verdict"], model["word"], model["tone"], model["decision"]) == ("block", "BLOCK", "bad", key)
    assert model["headline"].startswith("BLOCK · 2 of 3 checks in the way")
    assert "`" not in json.dumps([model["why"], model["next"], model["checks"], model["commands"]])
    assert model["short"]["eval"] == "0.91"
    assert model["short"]["arm"] is None
    sbom, contract, risk = model["checks"]
    assert [one["name"] for one in model["checks"]] == ["sbom", "contract", "risk"]
    figure = {"name": "perf_p95_ms", "value": "261 ms", "limit": "< 250", "interval": "257…267", "n": 400}
    assert contract["measures"][0] == figure
    assert contract["overridden"] is None
    assert sbom["findings"][0]["trail"] == ["report-kit", "@acme/report"]
    assert (risk["state"], risk["mark"], risk["word"]) == ("pass", "✅", "pass")
    (experiment,) = model["experiments"]
    assert (experiment["id"], experiment["word"], experiment["environment"]) == (trial, "Not decided yet", "canary")
    assert (await here.get(experiment["page"])).status == 404, "no page of experiments is served here"
    (asked,) = model["commands"]
    assert (asked["verb"], asked["arguments"], asked["who"]) == ("retry", "arm-b", "alice")
    assert (asked["state"], asked["said"], asked["after"]) == ("done", "dispatched next.yml", "arm-b")
    assert [(line["what"], line["who"], line["surface"]) for line in model["log"]][:1] == [
        ("retry arm-b", "alice", "center")
    ]
    assert (model["log"][0]["before"], model["log"][0]["after"]) == ("arm arm-a", "arm-b")
    assert model["page"] == f"{here.path}"
    assert (model["viewer"], model["csrf"]) == (None, None)


async def test_it_is_told_to_whoever_may_see_the_page_and_is_nothing_to_others(here: PullTrial) -> None:
    await here.decide()
    assert (await here.get(f"{here.api}?key={here.key}")).status == 200
    token = await here.stores.tokens.issue("acme/shop")
    assert (await here.get(here.api, Authorization=f"Bearer {token}")).status == 200
    nothing = await here.get("/api/pr/acme/shop/999")
    unknown = await here.get("/api/pr/acme/shop/8", Authorization=f"Bearer {token}")
    for stranger in (await here.get(here.api), await here.get(f"{here.api}?key=msp_x"), unknown):
        assert (stranger.status, await stranger.read()) == (404, await nothing.read())


async def test_it_is_sent_again_only_where_it_says_something_else(here: PullTrial) -> None:
    await here.decide()
    seen = {"Cookie": f"maestro-page={here.key}"}
    tag = (await here.get(here.api, **seen)).headers["ETag"]
    assert (await here.get(here.api, **seen, **{"If-None-Match": tag})).status == 304
    await here.ask()
    newer = await here.get(here.api, **seen, **{"If-None-Match": tag})
    assert (newer.status, len((await newer.json())["commands"])) == (200, 1)


async def test_each_is_told_what_their_own_role_allows(here: PullTrial, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = (
        Offer("retry", "Retry", "Run the failed checks again"),
        Offer("rollback", "Roll back", "Take it back", "a1b2c3d", "`canary` at `a1b2c3d`", destructive=True),
    )
    monkeypatch.setattr(rendered, "offers", lambda *_of: offered)
    await here.decide()
    key = f"maestro-page={here.key}"
    nobody = await told(here)
    alice = await told(here, Cookie=f"{key}; as=alice")
    carol = await told(here, Cookie=f"{key}; as=carol")
    mallory = await told(here, Cookie=f"{key}; as=mallory")
    assert [one["allowed"] for one in nobody["actions"]] == [None, None]
    assert [(one["verb"], one["role"], one["allowed"]) for one in alice["actions"]] == [
        ("retry", "write", True),
        ("rollback", "maintain", False),
    ]
    assert alice["actions"][1]["target"] == "canary at a1b2c3d"
    assert (alice["viewer"], alice["csrf"]) == ({"login": "alice", "role": "write"}, "csrf of alice")
    assert [one["allowed"] for one in carol["actions"]] == [False, False]
    assert mallory["viewer"] is None, "the key shows the page; it makes nobody a person who may act"
    await here.stores.decisions.void("acme/shop", 7, Cause("pull_request.closed"))
    closed = await told(here)
    assert (closed["pull"]["state"], closed["actions"]) == ("closed", [])


async def test_whoever_takes_over_a_login_is_not_shown_the_role_of_whoever_had_it(here: PullTrial) -> None:
    await here.decide()
    here.people.roles["alice"] = "admin"
    assert (await told(here, Cookie="as=alice"))["viewer"]["role"] == "admin"
    here.people.ids["alice"], here.people.roles["alice"] = 999, "read"
    assert (await told(here, Cookie="as=alice"))["viewer"]["role"] == "read"


def test_a_role_is_shown_for_a_minute_and_that_github_said_none_for_ten_seconds() -> None:
    clock = Clock(0.0)
    roles = known_roles(lambda: clock.at)
    alice, bob = (1, "alice", "acme/shop"), (2, "bob", "acme/shop")
    roles[alice], roles[bob] = "admin", ""
    clock.at = 9.0
    assert (alice in roles, bob in roles) == (True, True)
    clock.at = 11.0
    assert (alice in roles, bob in roles) == (True, False)
    clock.at = 61.0
    assert alice not in roles
