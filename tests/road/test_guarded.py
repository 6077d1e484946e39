"""We guard ourselves: every route that writes and every effect on GitHub has a card that looks on, and is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.main import guarded
from app.model import (
    BeginCheckRun,
    CheckRunText,
    DeleteBranch,
    EndCheckRuns,
    FindPullRequest,
    FollowHead,
    ForgetCheckRuns,
    RetireCheckRuns,
)
from speclive.cards import load
from speclive.coverage import coverage
from speclive.guards import guards
from tests.pages.signed import guest
from tests.publish.kinds import KINDS
from tests.publish.scene import Scene, scene
from tests.road.stories import PERF, change
from tests.road.test_rollbacks import DONE, REFUSED, laid, said, serves
from tests.road.test_signed_in import override
from tests.road.town import Town
from tools.critical import targets

SCENES = (
    ("card", "check run", "reaction", "reply", "word", "moved ref", "mention", "label", "draft", "failed check"),
    ("ref", "workflow dispatch", "event", "failed run", "deployment status", "updated branch"),
    ("edited pull request", "closed pull request"),
    ("edited issue", "closed issue"),
    ("issue", "assigned issue"),
    ("pull request",),
)
BEGUN = CheckRunText("At it", "Soon.")


def test_whatever_writes_has_a_card_that_promises_something_of_it() -> None:
    cards, here = load(guarded.SPECS), targets()
    found = coverage(here, cards)
    assert len(found.critical) > 50
    assert found.uncovered == ()
    known = {target["name"] for target in here} | {"app.publish.publisher:Publisher.perform"}
    assert {card.binding.target for card in cards} <= known
    assert not any(card.allow or card.mode != "observe" for card in cards)


def _counts() -> dict[str, tuple[int, int, int]]:
    """By target: the calls that a card looked at, those that it does not hold of, and those that it cannot decide."""
    seen: dict[str, tuple[int, int, int]] = {}
    for guard in guards():
        calls, violated, errors = seen.get(guard.card.binding.target, (0, 0, 0))
        counts = guard.counts().values()
        seen[guard.card.binding.target] = (
            calls + guard.applied,
            violated + sum(one.violated for one in counts),
            errors + sum(one.errors for one in counts),
        )
    return seen


def _kept(before: dict[str, tuple[int, int, int]], of: Sequence[str]) -> None:
    """Each target was looked at since, and every card held."""
    now = _counts()
    assert [name for name in of if now.get(name, (0,))[0] <= before.get(name, (0,))[0]] == []
    broken = [name for name, counts in now.items() if counts[1:] != before.get(name, (0, 0, 0))[1:]]
    assert broken == []


@pytest.mark.slow
async def test_each_effect_on_github_is_looked_on_and_keeps_its_cards(tmp_path: Path) -> None:
    guarded.cards()
    before = _counts()
    for number, kinds in enumerate(SCENES):
        async with scene(tmp_path / str(number)) as here:
            for kind in kinds:
                await here.perform(KINDS[kind].action(here))
            if "ref" in kinds:
                await _the_rest(here)
    _kept(before, [f"app.main.guarded:Effects.{kind.__name__}" for kind in guarded.kinds()])


async def _the_rest(here: Scene) -> None:
    """What no scene of a crash needs."""
    await here.perform(DeleteBranch("maestro/rollback-1"), FindPullRequest("maestro/fix/main/none", "main"))
    await here.perform(FollowHead(here.number, here.head, BEGUN), BeginCheckRun("maestro / decision", here.head, BEGUN))
    await here.perform(RetireCheckRuns(here.head, frozenset({"maestro / decision"}), BEGUN), ForgetCheckRuns(here.head))
    await here.perform(EndCheckRuns(here.head, BEGUN))


@pytest.mark.slow
async def test_each_route_that_writes_is_looked_on_and_keeps_its_cards(here: Town) -> None:
    before, repo = _counts(), laid(here, PERF)
    number, sha = change(repo)
    serves(repo, sha, "production")
    await here.rest()
    await _nobody(here)
    await _machines(here, sha, number)
    await _people(here, sha, number)
    assert (await said(here, repo, number, sha, "carol"))[0] == REFUSED
    assert (await said(here, repo, number, sha))[0] == DONE
    await here.rest()
    written = [name for name in _routes() if not name.startswith("GET ")]
    _kept(before, [*written, *(f"app.main.guarded:{name}" for name in ("taken_in", "role_checked", "rolled_back"))])


def _routes() -> list[str]:
    return [card.binding.endpoint for card in guarded.cards() if card.binding.endpoint]


async def _nobody(here: Town) -> None:
    """Somebody who does not say who they are."""
    async with aiohttp.ClientSession() as session:
        for name in _routes():
            method, path = name.split(" ")
            path = path.format(experiment="1", module="m", owner="octo", repo="shop", number="1")
            async with session.request(method, here.url + path, json={}) as answer:
                assert 400 <= answer.status < 500, name


async def _machines(here: Town, sha: str, number: int) -> None:
    """Those that bring what they measured, each believed once."""
    token = await here.maestro.stores.tokens.issue("octo/shop")
    bill: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": []}
    bill["components"].append({"type": "library", "name": "qs", "version": "6.5.3", "purl": "pkg:npm/qs@6.5.3"})
    sent: list[tuple[str, Any, int]] = [
        ("/api/measurements", {"sha": sha, "measurements": {"perf_p95_ms": 212}}, 202),
        ("/api/usage", {"sha": sha, "report": "agent", "usd": 0.4}, 202),
        ("/api/series", {"environment": "production", "series": {"p95": [[time.time(), 212]]}}, 202),
        (f"/api/sbom?sha={sha}&path=sbom.json", bill, 202),
        ("/api/measurements", {"sha": sha, "measurements": 1}, 400),
        ("/api/validate", "version: 1\n", 200),
    ]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:
        for path, body, status in sent:
            data = body if isinstance(body, str) else json.dumps(body)
            async with session.post(here.url + path, data=data, headers=headers) as answer:
                assert answer.status == status, (path, await answer.text())
        theirs = {"Authorization": f"Bearer {here.sandbox.token('carol')}"}
        async with session.post(f"{here.url}/api/simulate/octo/shop/{number}", headers=theirs) as answer:
            assert answer.status == 200


async def _people(here: Town, sha: str, number: int) -> None:
    """Somebody who signs in, lets an overlay in, asks for something, and signs out."""
    async with guest(here.url, here.sandbox) as root, guest(here.url, here.sandbox) as overlay:
        await root.sign_in("root", f"/pr/octo/shop/{number}")
        code = (await (await root.post("/api/pair/code")).json())["code"]
        assert (await overlay.post("/api/pair", {"code": code, "name": "laptop"}, Origin="")).status == 201
        assert (await root.post("/api/commands", override(number, sha))).status == 202
        assert (await root.post("/api/sessions/revoke", {"session": "none"})).status == 404
        assert (await root.post("/logout")).status == 204
