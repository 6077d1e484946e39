import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from app.github.errors import Denied, GitHubError, NotFound, RateLimited, Unavailable
from app.pages.simulation import SimulationApi
from app.server import Web
from tests.pages.conftest import Pages
from tests.test_server import FullDisk

PATH = "/api/simulate/acme/shop/7"
TOKEN = "ghp_somebodys"


async def test_without_a_token_it_is_401(pages: Pages) -> None:
    assert (await pages.post(PATH, b"")).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b'"version: 1"',
        b"{}",
        b'{"config": 1}',
        b'{"config": null}',
        b'{"config": "", "extra": ""}',
        b'{"config": "\xff"}',
        b'{"config": "\\ud800"}',
        b'{"config":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_a_body_that_is_no_configuration_to_try_is_400(pages: Pages, body: bytes) -> None:
    answer = await pages.post(PATH, body, TOKEN)
    assert answer.status == 400
    assert "maestro.yml" in (await answer.json())["error"]


async def test_more_than_a_mebibyte_is_413(pages: Pages) -> None:
    assert (await pages.post(PATH, b" " * (1024 * 1024 + 1), TOKEN)).status == 413


@pytest.mark.parametrize(
    "where",
    [
        "acme/%2e%2e/7",
        "%2e%2e/shop/7",
        "acme/./7",
        "acme/sh%20op/7",
        "acme/shop/x",
        "acme/shop/1234567890",
        "acme/shop/%D9%A7",
    ],
)
async def test_what_is_no_pull_request_is_not_found(pages: Pages, where: str) -> None:
    assert (await pages.post(f"/api/simulate/{where}", b"", TOKEN)).status in {404, 405}


class Reader:
    """A GitHub that answers everything the same."""

    def __init__(self, answer: Exception | None) -> None:
        self.answer = answer

    async def visible(self, _trigger: object) -> None:
        if self.answer:
            raise self.answer


async def simulated(answer: Exception | None, note: Callable[[str, bytes | None], None]) -> tuple[int, Any]:
    def reader_for(token: str, text: bytes | None) -> Any:
        note(token, text)
        return Reader(answer)

    served = TestServer(Web([b"secret"], FullDisk(), lambda: None, SimulationApi(reader_for).routes()).app())
    async with served as server, ClientSession() as session:
        sent = json.dumps({"config": "version: 1"})
        response = await session.post(server.make_url(PATH), data=sent, headers={"Authorization": f"token {TOKEN}"})
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (NotFound("GET /x", 404, ""), 404, "no such pull request, or this token cannot see it"),
        (Denied("GET /x", 401, "Bad credentials"), 403, "GitHub refuses this token"),
        (RateLimited("GET /x", 429, "", retry_after=30), 429, "GitHub asks to wait 30 s"),
        (Unavailable("GET /x", 502, ""), 502, "GitHub did not answer: 502"),
    ],
)
async def test_what_github_refuses_is_said(answer: GitHubError, status: int, words: str) -> None:
    asked: list[tuple[str, bytes | None]] = []
    said = await simulated(answer, lambda token, text: asked.append((token, text)))
    assert said == (status, {"error": words})
    assert asked == [(TOKEN, b"version: 1")]


async def test_where_there_is_nothing_to_judge_the_verdict_is_null() -> None:
    status, answer = await simulated(None, lambda _token, _text: None)
    assert (status, answer["verdict"]) == (200, None)
