"""Mirrored answers from where they are sent to what becomes of the canary, over real HTTP on both sides."""

import io
import json
from typing import Any

import aiohttp
import pytest

from app import record
from app.model import KeptExperiment
from checks.shadow import Status, load
from tests.road.stories import change
from tests.road.test_experiments import EXPERIMENT, FOLLOWED, SHADOW, WORKFLOW, Ci, deployed, runs, shows
from tests.road.town import DECISION, Town
from tests.waiting import until

pytestmark = pytest.mark.slow

FLAG = "body.price of GET /orders differs in 25 % beyond noise"


def answers(start: int, count: int, worse_each: int = 0) -> list[dict[str, Any]]:
    """Mirrored answers whose `at` is never the same twice, and whose price is another in each `worse_each`-th."""
    return [_triple(n, bool(worse_each) and n % worse_each == 0) for n in range(start, start + count)]


def _triple(number: int, worse: bool) -> dict[str, Any]:
    def said(at: int, price: int) -> dict[str, Any]:
        return {"status": 200, "body": {"price": price, "at": at}}

    three = {"candidate": said(3 * number, 2 if worse else 1), "primary": said(3 * number + 1, 1)}
    return {"id": f"t{number}", "endpoint": "/orders", **three, "secondary": said(3 * number + 2, 1)}


class Mirror(Ci):
    """Whoever mirrors requests, too."""

    async def mirror(self, triples: list[dict[str, Any]]) -> dict[str, Any]:
        sent = io.BytesIO("\n".join(map(json.dumps, triples)).encode())
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.here.url}/api/experiments/{self.experiment}/shadow"
        async with aiohttp.ClientSession() as session, session.post(url, data=sent, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
            told: dict[str, Any] = await answer.json()
            return told

    async def until_it_says(self, status: Status) -> KeptExperiment:
        async def says() -> bool:
            mirrored = (await self.kept()).mirrored
            return mirrored is not None and load(mirrored.told).status is status

        await until(says, 20)
        return await self.kept()

    async def until_acted(self) -> KeptExperiment:
        async def acted() -> bool:
            return bool((await self.kept()).acted)

        await until(acted, 20)
        await self.here.rest()
        return await self.kept()


async def shop(here: Town, shadow: str) -> tuple[Any, Mirror]:
    """octo/shop, where answers have consequences and mirrored ones are compared as `shadow` says."""
    workflows = {f".github/workflows/{name}.yml": WORKFLOW for name in ("promote", "back")}
    rules = {".github/maestro.yml": f"{FOLLOWED}shadow: {shadow}\n"}
    repo = here.sandbox.repository("octo/shop", {"a.py": "x = 1\n", **rules, **workflows})
    return repo, Mirror(here, await here.maestro.stores.tokens.issue("octo/shop"))


async def test_a_flagged_field_is_shown_and_withholds_the_promotion(here: Town) -> None:
    repo, sender = await shop(here, "{detect: 0.5}")
    number, sha, _ = await deployed(here, repo, sender)
    assert await sender.mirror(answers(0, 120, worse_each=4)) == {
        "experiment": sender.experiment,
        "ended": False,
        "compared": True,
        "accepted": 120,
        "duplicate": 0,
        "differing": 0,
    }
    await sender.until_it_says(Status.REGRESSION)
    assert (await sender.feed(bad=100)).status == "promote"
    kept = await sender.until_acted()
    assert (kept.course, kept.acted) == ("hold", f"Not promoted: {FLAG}")
    assert runs(repo) == []
    assert here.conclusions(repo, sha) == {EXPERIMENT: "success", SHADOW: "failure", DECISION: "failure"}
    (card,) = here.cards(repo, number)
    assert "body.price of GET /orders differs in 25 % beyond noise" in card
    told = await sender.call("GET", f"/api/experiments/{sender.experiment}")
    assert [(row["field"], row["flagged"]) for row in told["shadow"]["rows"]] == [
        ("body.price", True),
        ("body.at", False),
    ]
    assert (told["course"], told["status"]) == ("hold", "promote")
    decided = await here.maestro.stores.decisions.latest("octo/shop", number)
    assert decided is not None
    assert record.again(decided).verdict == "block", "made again from what was kept, to the same bytes"


async def test_a_critical_field_takes_the_canary_back(here: Town) -> None:
    repo, sender = await shop(here, "{critical: [body.price]}")
    number, sha, deployment = await deployed(here, repo, sender)
    await sender.mirror(answers(0, 120, worse_each=4))
    kept = await sender.until_acted()
    assert (kept.status, kept.reason, kept.course) == ("inconclusive", "shadow", "rollback")
    assert runs(repo) == ["back.yml"]
    assert (deployment.statuses[-1].state, deployment.statuses[-1].description) == ("failure", f"Roll back: {FLAG}")
    assert here.conclusions(repo, sha)[SHADOW] == here.conclusions(repo, sha)[DECISION] == "failure"
    (card,) = here.cards(repo, number)
    assert "ROLL BACK" in card
    assert "taken back: workflow back.yml: done; deployment status failure: done" in card
    assert await here.maestro.stores.experiments.replayed(kept.id) == kept.state


async def test_a_canary_that_was_left_is_still_taken_back_by_a_critical_field(here: Town) -> None:
    repo, sender = await shop(here, "{critical: [body.price], wait_minutes: 0}")
    await deployed(here, repo, sender)
    assert (await sender.feed(bad=100)).status == "promote"
    assert (await sender.until_acted()).course == "hold"
    await sender.mirror(answers(0, 120, worse_each=4))

    async def taken_back() -> bool:
        return (await sender.kept()).course == "rollback"

    await until(taken_back, 20)
    await here.rest()
    assert runs(repo) == ["back.yml"]


async def test_a_promotion_waits_for_clean_answers_and_what_differs_later_is_told_and_not_undone(here: Town) -> None:
    repo, sender = await shop(here, "{detect: 0.5, critical: [body.price]}")
    number, sha, _ = await deployed(here, repo, sender)
    assert (await sender.feed(bad=100)).status == "promote"
    await shows(here, repo, sha, experiment="success", shadow="action_required", decision="action_required")
    assert runs(repo) == [], "nothing mirrored is no pass"
    await sender.mirror(answers(0, 60))  # every `at` differs, and by itself, too
    assert (await sender.until_acted()).course == "promote"
    assert runs(repo) == ["promote.yml"]
    assert here.conclusions(repo, sha) == {EXPERIMENT: "success", SHADOW: "success", DECISION: "success"}
    await sender.mirror(answers(100, 120, worse_each=2))
    await sender.until_it_says(Status.REGRESSION)
    await here.rest()
    assert runs(repo) == ["promote.yml"]
    assert (await sender.kept()).course == "promote"
    assert here.conclusions(repo, sha) == {EXPERIMENT: "success", SHADOW: "failure", DECISION: "failure"}
    assert "promoted before this was flagged" in here.cards(repo, number)[0]


async def test_rules_of_the_head_do_not_count_and_those_of_the_base_are_followed(here: Town) -> None:
    repo, sender = await shop(here, "{critical: [body.price]}")
    lax = f"{FOLLOWED}shadow: {{mode: warn, ignore: [body.price]}}\n"
    _, sha = change(repo, **{".github/maestro.yml": lax})
    await sender.begin(sha)
    await sender.mirror(answers(0, 120, worse_each=4))
    assert (await sender.ended()).reason == "shadow"
    _, other = change(repo, "other", **{"a.py": "x = 9\n"})
    await sender.begin(other)
    repo.commit("main", {".github/maestro.yml": lax})

    async def followed() -> bool:
        mirrored = (await sender.kept()).mirrored
        return mirrored is not None and '"body.price"' in mirrored.rules and '"warn"' in mirrored.rules

    await until(followed, 20)
    await sender.mirror(answers(0, 120, worse_each=4))
    await sender.until_it_says(Status.WAITING)
    assert not (await sender.kept()).ended
