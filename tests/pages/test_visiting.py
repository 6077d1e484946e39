"""Whoever signed in sees what GitHub shows them, for as long as it lets us ask; all else is nothing to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import ClientResponse

from app.github.sandbox.faults import Fault, PrimaryExhausted, ServerError
from app.model import Canary, Cause
from app.render.capability import Pages, derived, of_experiment
from checks.experiment import Config, GateConfig
from tests.pages.signed import Guest, Site

SHA = "a" * 40
HOUR = 3_600.0


@pytest.fixture
async def page(site: Site) -> str:
    """The path of a page about octo/shop, which is private."""
    gate = GateConfig.model_validate({"baseline": 0.01})
    canary = Canary("octo/shop", SHA, "canary", "main", 7)
    kept, _ = await site.stores.experiments.begin(canary, Config(environments=("canary",), gate=gate), Cause("tests"))
    return f"/experiments/{kept.id}"


@pytest.fixture
async def browsers(site: Site) -> AsyncIterator[dict[str, Guest]]:
    """Of everybody."""
    async with site.browser() as alice, site.browser() as carol, site.browser() as mallory, site.browser() as nobody:
        told = {"alice": alice, "carol": carol, "mallory": mallory}
        for login, browser in told.items():
            await browser.sign_in(login)
        yield told | {"": nobody}


async def seen(answer: ClientResponse) -> tuple[int, str]:
    return answer.status, await answer.text()


def calls(site: Site, path: str) -> int:
    return sum(request.path == path for request in site.sandbox.requests)


async def test_whoever_may_read_the_repository_sees_its_pages(browsers: dict[str, Guest], page: str) -> None:
    for login in ("alice", "carol"):
        status, text = await seen(await browsers[login].get(page))
        assert (status, "Waiting" in text) == (200, True)


async def test_what_one_may_not_see_is_what_there_is_not(browsers: dict[str, Guest], page: str) -> None:
    for browser in (browsers["mallory"], browsers[""]):
        hidden, absent = await seen(await browser.get(page)), await seen(await browser.get("/experiments/999"))
        assert hidden[0] == absent[0] == 404
        assert hidden[1].replace(page[1:], "") == absent[1].replace("experiments/999", "")


async def test_strangers_are_shown_the_way_to_the_sign_in_and_back(browsers: dict[str, Guest], page: str) -> None:
    _, text = await seen(await browsers[""].get(page))
    assert f'href="/login?next={page}"' in text
    _, text = await seen(await browsers["mallory"].get(page))
    assert "/login" not in text, "they are signed in"


async def test_the_key_of_a_page_and_a_token_of_the_repository_still_open_it(
    site: Site, browsers: dict[str, Guest], page: str
) -> None:
    secret = "".join(site.settings.private_key.get_secret_value().split())
    address = Pages(site.url, derived(secret)).address(of_experiment(int(page.rpartition("/")[2]), "octo/shop", SHA))
    assert (await browsers[""].get(address)).status == 303
    assert (await browsers[""].get(page)).status == 200
    token = await site.stores.tokens.issue("octo/shop")
    assert (await browsers["mallory"].get(page, Authorization=f"Bearer {token}")).status == 200


async def test_whoever_signed_in_is_given_no_key_that_would_outlast_it(browsers: dict[str, Guest], page: str) -> None:
    alice = browsers["alice"]
    answer = await alice.get(f"{page}?key=anything")
    assert (answer.status, "Set-Cookie" in answer.headers) == (303, False)
    assert (await alice.get(page)).status == 200
    await alice.post("/logout")
    assert (await alice.get(page)).status == 404


async def test_github_is_asked_once_a_minute_and_not_for_each_page(
    site: Site, browsers: dict[str, Guest], page: str
) -> None:
    for _ in range(5):
        await browsers["carol"].get(page)
    assert calls(site, "/repos/octo/shop") == 1


@pytest.mark.parametrize("fault", [PrimaryExhausted, lambda: ServerError(502)], ids=["rate limit", "502"])
async def test_where_github_does_not_answer_nobody_sees_anything_and_nothing_is_said_to_be_missing(
    site: Site, browsers: dict[str, Guest], page: str, fault: Callable[[], Fault]
) -> None:
    for path in ("/repos/octo/shop", "/user*"):
        site.sandbox.faults.add(fault(), path=path, times=None)
    for path in (page, f"{page}/stream", "/"):
        answer = await browsers["alice"].get(path)
        status, text = await seen(answer)
        assert (status, answer.headers["Retry-After"]) == (503, "10")
        assert "GitHub cannot be asked just now what you may see" in text
        assert "octo" not in text
    assert await browsers["alice"].who() == "alice", "and it signs nobody out"
    assert (await browsers[""].get(page)).status == 404, "of strangers GitHub is not asked"


@pytest.mark.parametrize("path", ["/nothing", "/pr/octo/shop/9999", "/pr/octo/shop/2/history/abc"])
async def test_what_there_is_not_has_a_way_home(browsers: dict[str, Guest], path: str) -> None:
    status, text = await seen(await browsers["alice"].get(path, Accept="text/html"))
    assert (status, 'href="/"' in text, "<bdi>alice</bdi>" in text) == (404, True, True)
    status, text = await seen(await browsers[""].get(path, Accept="text/html"))
    assert (status, 'href="/"' in text, f'href="/login?next={path}"' in text) == (404, True, True)


async def test_programs_are_told_of_nothing_in_a_line(browsers: dict[str, Guest]) -> None:
    assert await seen(await browsers[""].get("/nothing", Accept="*/*")) == (404, "404: Not Found")


async def test_a_slash_at_the_end_leads_to_the_page(browsers: dict[str, Guest]) -> None:
    answer = await browsers[""].get("/pr/octo/shop/2/?key=k%2F", Accept="text/html")
    assert (answer.status, answer.headers["Location"]) == (308, "/pr/octo/shop/2?key=k%2F")


async def test_a_suspended_installation_shows_nothing_private(
    site: Site, browsers: dict[str, Guest], page: str
) -> None:
    site.sandbox.suspend("octo")
    assert (await browsers["alice"].get(page)).status == 404


async def test_a_token_that_ended_is_renewed_once_however_many_ask(
    site: Site, browsers: dict[str, Guest], page: str
) -> None:
    await site.later(7.95 * HOUR)
    before = set(site.sandbox.world.tokens)
    answers = [await seen(one) for one in await _together(browsers["alice"], page)]
    assert [status for status, _ in answers] == [200] * 4
    assert site.sandbox.sign_in.log.count("refresh_token") == 1
    assert len(set(site.sandbox.world.tokens) - before) == 1
    assert (await browsers["alice"].post("/api/decision/tests")).status == 400, "it acts, with the new token"


async def test_whose_refresh_is_refused_is_signed_out_everywhere(site: Site, browsers: dict[str, Guest]) -> None:
    async with site.browser() as other:
        await other.sign_in("alice")
        site.sandbox.world.renewals.clear()
        await site.later(7.95 * HOUR)
        assert (await other.post("/api/decision/tests")).status == 401
        assert (await other.who(), await browsers["alice"].who()) == ("", "")
        assert await browsers["carol"].who() == "carol"


async def test_a_refresh_that_got_no_answer_signs_nobody_out(site: Site, browsers: dict[str, Guest]) -> None:
    await site.later(7.95 * HOUR)
    site.sandbox.faults.add(PrimaryExhausted(), path="/login/oauth/access_token")
    assert (await browsers["alice"].post("/api/decision/tests")).status == 503
    assert (await browsers["alice"].post("/api/decision/tests")).status == 400


async def test_a_client_that_was_set_up_wrong_signs_nobody_out(site: Site, browsers: dict[str, Guest]) -> None:
    await site.later(7.95 * HOUR)
    right, site.sandbox.world.app.client_secret = site.sandbox.world.app.client_secret, "another"
    assert (await browsers["alice"].post("/api/decision/tests")).status == 503
    site.sandbox.world.app.client_secret = right
    assert (await browsers["alice"].post("/api/decision/tests")).status == 400


async def test_whose_token_github_takes_no_longer_is_signed_out(site: Site, browsers: dict[str, Guest]) -> None:
    site.sandbox.sign_in.forget(site.sandbox.world.account("alice"))
    assert (await browsers["alice"].post("/api/decision/tests")).status == 401
    assert await browsers["alice"].who() == ""


async def test_tokens_sealed_with_another_key_are_good_for_nothing(site: Site, browsers: dict[str, Guest]) -> None:
    """As after the App got a new private key; or where somebody put one person's tokens into another's row."""
    people = site.stores.people
    alice = await people.get(site.sandbox.world.account("alice").id)
    carol = await people.get(site.sandbox.world.account("carol").id)
    assert alice is not None
    assert carol is not None
    swapped = type(carol)(carol.id, carol.login, alice.access, carol.access_until, alice.refresh, carol.refresh_until)
    await people.keep(swapped)
    assert (await browsers["carol"].post("/api/decision/tests")).status == 401
    assert await browsers["carol"].who() == ""


async def _together(browser: Guest, path: str) -> list[ClientResponse]:
    return await asyncio.gather(*(browser.get(path) for _ in range(4)))
