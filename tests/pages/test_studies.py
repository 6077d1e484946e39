"""`GET /api/studies`: what deployments did and what people say to it, for whoever has a token."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import Cause, Intervention, KeptStudy, Opinion
from app.store.tokens import Grant
from checks.impact.outcome import Outcome
from checks.impact.told import MetricTold, Told, dump
from tests.pages.conftest import Pages

AT = 1_800_000_000.0
SHIPPED = Intervention("octo/shop", "production", 31, "a" * 40, AT, (3, 7))
TOLD = Told(
    *(Outcome.LIKELY_WORSE, AT),
    metrics=(MetricTold("p95", Outcome.LIKELY_WORSE, unit="ms", p=0.004, q=0.012),),
    alpha=0.05,
    fdr=0.1,
    prior="auto",
    digest="d",
    model="m",
)


async def begun(pages: Pages, one: Intervention = SHIPPED) -> KeptStudy:
    return await pages.stores.studies.begin(one, "{}", AT + 60, AT, Cause())


@pytest.fixture
async def token(pages: Pages) -> str:
    return await pages.stores.tokens.issue("octo/shop")


async def test_each_is_listed_with_its_answer_and_with_what_people_say(pages: Pages, token: str) -> None:
    first, second = await begun(pages), await begun(pages, replace(SHIPPED, deployment=32, pulls=(7,)))
    await begun(pages, replace(SHIPPED, repository="octo/bank"))
    await pages.stores.studies.tell(first.id, dump(TOLD), AT, done=True, cause=Cause())
    for login in ("alice", "bob", "carol"):
        await pages.stores.opinions.hold(first, Opinion(login, agree=login != "bob"), Cause())
    answer = await pages.get("/api/studies", token)
    told = await answer.json()
    assert (answer.status, told["agreement"]) == (200, {"agree": 2, "disagree": 1, "rate": pytest.approx(2 / 3)})
    newest, oldest = told["studies"]
    assert (newest["study"], newest["outcome"], newest["metrics"], newest["done"]) == (second.id, None, [], False)
    assert newest["opinions"] == {"agree": 0, "disagree": 0, "rate": None}
    assert (oldest["outcome"], oldest["done"], oldest["pull_requests"]) == ("likely_worse", True, [3, 7])
    assert (oldest["at"], oldest["until"]) == ("2027-01-15T08:00:00Z", "2027-01-15T08:01:00Z")
    assert (oldest["metrics"][0]["name"], oldest["metrics"][0]["q"]) == ("p95", 0.012)


async def test_those_of_one_pull_request_are_asked_for_by_its_number(pages: Pages, token: str) -> None:
    await begun(pages)
    other = await begun(pages, replace(SHIPPED, deployment=32, pulls=(9,)))
    told = await (await pages.get("/api/studies?pull_request=9", token)).json()
    assert [one["study"] for one in told["studies"]] == [other.id]
    for wrong in ("-1", "x", "1e3", "9999999999", "%D9%A3"):
        assert (await pages.get(f"/api/studies?pull_request={wrong}", token)).status == 400


async def test_a_token_of_one_commit_sees_that_one_alone_and_nobody_sees_anything_without(pages: Pages) -> None:
    await begun(pages)
    other = await begun(pages, replace(SHIPPED, deployment=32, sha="b" * 40))
    bound = await pages.stores.tokens.issue(Grant("octo/shop", "b" * 40))
    told = await (await pages.get("/api/studies", bound)).json()
    assert [one["study"] for one in told["studies"]] == [other.id]
    of_a_bill = await pages.stores.tokens.issue(Grant("octo/shop", "b" * 40, "sbom.json"))
    assert (await pages.get("/api/studies", of_a_bill)).status == 403
    assert (await pages.get("/api/studies")).status == 401


async def test_what_another_version_wrote_is_listed_without_an_answer(pages: Pages, token: str) -> None:
    one = await begun(pages)
    await pages.stores.studies.tell(one.id, '{"later": true}', AT, done=False, cause=Cause())
    told = await (await pages.get("/api/studies", token)).json()
    assert [study["outcome"] for study in told["studies"]] == [None]
