"""The whole App, with everything real: somebody signs in, sees a pull request, and what they ask for is done once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.github.sandbox import Repo
from tests.pages.signed import Guest, guest
from tests.road.stories import change, shop
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

RISKY = "version: 1\nrisk: {limit: 0.0}\n"
WHY = "we looked at it together"


@pytest.fixture
async def blocked(here: Town) -> tuple[Repo, int, str]:
    """A private repository with a pull request that root alone can let through."""
    repo = shop(here.sandbox, RISKY)
    repo.state.private = True
    number, sha = change(repo)
    await here.rest()
    return repo, number, sha


def override(number: int, sha: str, key: str = "a key of ours") -> dict[str, Any]:
    wanted = {"verb": "override", "arguments": f"risk {sha[:7]} {WHY}", "key": key.replace(" ", "-")}
    return {"repository": "octo/shop", "number": number, "head_sha": sha, **wanted}


async def answer_to(browser: Guest, follow: str) -> dict[str, Any]:
    """What came of it, once it has ended."""
    async with asyncio.timeout(20):
        while True:
            told: dict[str, Any] = await (await browser.get(follow)).json()
            if told["ended"]:
                return told
            await asyncio.sleep(0.05)


async def test_an_admin_signs_in_and_acts_and_page_check_run_and_log_say_so(
    here: Town, blocked: tuple[Repo, int, str]
) -> None:
    repo, number, sha = blocked
    async with guest(here.url, here.sandbox) as root:
        await root.sign_in("root", f"/pr/octo/shop/{number}")
        page = await root.get(f"/pr/octo/shop/{number}")
        assert (page.status, "BLOCK" in await page.text()) == (200, True)
        model = await (await root.get(f"/api/pr/octo/shop/{number}")).json()
        assert (model["viewer"], model["csrf"]) == ({"login": "root", "role": "admin"}, await root.csrf())
        taken = await root.post("/api/commands", override(number, sha))
        told = await answer_to(root, (await taken.json())["follow"])
        assert (taken.status, told["state"], told["who"]) == (202, "done", "root")
        await here.rest()
        assert here.conclusions(repo, sha)[DECISION] == "success"
        model = await (await root.get(f"/api/pr/octo/shop/{number}")).json()
        assert model["verdict"] == "ship"
        assert [(one["who"], one["surface"]) for one in model["commands"]] == [("root", "center")]
        listed = await (await root.get("/")).text()
        assert "Correct x" in listed


@pytest.mark.parametrize(("login", "status"), [("alice", 403), ("carol", 403), ("mallory", 404)])
async def test_nobody_does_more_by_signing_in_than_github_lets_them(
    here: Town, blocked: tuple[Repo, int, str], login: str, status: int
) -> None:
    repo, number, sha = blocked
    async with guest(here.url, here.sandbox) as browser:
        await browser.sign_in(login)
        assert (await browser.get(f"/pr/octo/shop/{number}")).status == (404 if login == "mallory" else 200)
        assert ("Correct x" in await (await browser.get("/")).text()) is (login != "mallory")
        assert (await browser.post("/api/commands", override(number, sha))).status == status
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_a_paired_overlay_acts_for_its_person_until_they_end_it(
    here: Town, blocked: tuple[Repo, int, str]
) -> None:
    repo, number, sha = blocked
    async with guest(here.url, here.sandbox) as root, guest(here.url, here.sandbox) as overlay:
        await root.sign_in("root")
        code = (await (await root.post("/api/pair/code")).json())["code"]
        paired = await (await overlay.post("/api/pair", {"code": code, "name": "laptop"}, Origin="")).json()
        said = {"Authorization": f"Bearer {paired['token']}", "Origin": "chrome-extension://abc", "X-CSRF": ""}
        model = await (await overlay.get(f"/api/pr/octo/shop/{number}", Authorization=said["Authorization"])).json()
        assert model["viewer"]["login"] == "root"
        assert (await overlay.post("/api/commands", override(number, sha), **said)).status == 202
        await here.rest()
        assert here.conclusions(repo, sha)[DECISION] == "success"
        assert (await root.post("/logout")).status == 204
        assert (await overlay.post("/api/commands", override(number, sha, "another key"), **said)).status == 202, (
            "it stays"
        )
        here.sandbox.revoke("root")
        await here.rest()
        assert (await overlay.post("/api/commands", override(number, sha, "a third"), **said)).status == 401
