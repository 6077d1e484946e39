"""Cards on the routes of an aiohttp application, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from speclive import traffic
from speclive.aiohttp import setup
from speclive.cards import CardError, Cards, parse
from speclive.guards import report
from tests.speclive.bot import until
from tests.speclive.shop import CALL, HEADERS, cards, counted

HERE = "tests.speclive.test_aiohttp"


async def order(request: web.Request) -> web.StreamResponse:
    """Answer as the body says."""
    asked = await request.json()
    said = asked.get("do", "")
    if said == "stream":
        response = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"total": 3}')
        return response
    if said == "teapot":
        raise Teapot(text="tea")
    if said in RAISED:
        raise RAISED[said]("asked for")
    return web.json_response({"total": sum(asked["items"]) + asked.get("off", 0)}, status=201)


RAISED = {"key": KeyError, "value": ValueError}


class Teapot(web.HTTPClientError):
    status_code = 418


async def parts(request: web.Request) -> web.Response:
    """Read the body as it comes."""
    size = 0
    async for chunk in request.content.iter_chunked(100):
        size += len(chunk)
    return web.json_response({"size": size})


async def talk(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
        await socket.close()
    return socket


def below(amount: int) -> int:
    return amount


async def plain(request: web.Request) -> web.Response:
    return web.json_response({"method": request.method})


class Account(web.View):
    async def put(self) -> web.Response:
        return web.json_response({"path": self.request.path})


def app(known: Cards, critical: tuple[str, ...] = ()) -> web.Application:
    made, sub = web.Application(), web.Application()
    sub.router.add_get("/plain/{id}", plain)
    made.router.add_post("/orders/{id}", order)
    made.router.add_post("/parts", parts)
    made.router.add_get("/talk", talk)
    made.router.add_view("/account", Account)
    made.add_subapp("/sub", sub)
    setup(made, known, critical)
    return made


@pytest.fixture(name="client")
async def _client(request: pytest.FixtureRequest) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(app(request.param, ("GET /sub/*",)))) as client:
        yield client


def calls() -> dict[str, int]:
    return {target["name"]: target["calls"] for target in traffic.drain() if target["calls"]}


@pytest.mark.parametrize("client", [cards("aio")], indirect=True)
async def test_a_request_and_its_answer_are_judged_whatever_becomes_of_them(client: TestClient[Any, Any]) -> None:
    calls()
    orders: list[dict[str, Any]] = [
        {"items": [1, 2]},  # as it should be
        {"items": [1, 2], "off": 1},  # another total
        {"items": [1], "do": "teapot"},  # an exception that is an answer
        {"items": [1], "do": "key"},  # one that is allowed, one that is not
        {"items": [1], "do": "value"},
        {"items": [3], "do": "stream"},  # no body is seen
        {"items": []},  # which the first card leaves alone
    ]
    for asked in orders:
        async with client.post(CALL, json=asked, headers=HEADERS) as answer:
            await answer.read()
    assert counted(report(), "aio") == {
        "total#g1": (7, 0, 0),
        "total#t1": (4, 1, 2),
        "total#t2": (4, 1, 0),
        "known#r1": (7, 1, 0),
        "answered#t1": (5, 1, 0),
    }
    example = report()["aio.total#t1"]["exemplars"][0]
    assert example["traceparent"] == HEADERS["traceparent"]
    assert example["inputs"]["body"] == {"items": [1, 2], "off": 1}
    assert example["code"] == f"tests/speclive/test_aiohttp.py#L{order.__code__.co_firstlineno}"
    async with client.get("/sub/plain/1") as answer:
        assert answer.status == 200
    async with client.get("/nowhere") as answer:
        assert answer.status == 404
    assert calls() == {"POST /orders/{id}": 7, "GET /sub/plain/{id}": 1}


PARTS = '''Feature: Parts
  Background:
    Given the endpoint "POST /parts"
  @spec-id:parts.size
  Scenario: All of it is read
    When it is sent
    Then its parts are counted
      """expr
      body is None or len(body) == 3
      """
'''
TALK = '''
Feature: Talk
  Background:
    Given the endpoint "GET /talk"
  @spec-id:talk.on
  Scenario: They talk
    When they talk
    Then it is another protocol
      """expr
      result['status'] == 101 and result['body'] is None and 'upgrade' in result['headers']
      """
'''


@pytest.mark.parametrize("client", [parse(PARTS, "p.feature") + parse(TALK, "t.feature")], indirect=True)
async def test_a_handler_that_reads_for_itself_reads_the_same_and_what_streams_is_left_alone(
    client: TestClient[Any, Any],
) -> None:
    texts: list[dict[str, Any]] = [
        {"json": "a" * 300}, {"json": "a" * 70_000}, {"data": b"[1,2,3", "headers": HEADERS}, {"data": b""},
    ]  # fmt: skip
    sizes = []
    for asked in texts:
        async with client.post("/parts", **asked) as answer:
            sizes.append((await answer.json())["size"])
    assert sizes == [302, 70_002, 6, 0]

    async def slowly() -> AsyncIterator[bytes]:
        for part in (b"[1,", b"2,", b"3]"):
            yield part
            await asyncio.sleep(0)

    async with client.post("/parts", data=slowly(), headers=HEADERS) as answer:
        assert (await answer.json())["size"] == 7
    assert counted(report(), "parts") == {"size#t1": (5, 1, 0)}
    async with client.ws_connect("/talk") as socket:
        await socket.send_str("hello")
        message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.TEXT, "hello")
        await socket.receive()
    await asyncio.to_thread(until, lambda: counted(report(), "talk")["on#t1"][0] == 1)
    assert counted(report(), "talk") == {"on#t1": (1, 0, 0)}


@pytest.mark.parametrize("client", [cards("aioe", "enforce")], indirect=True)
async def test_an_enforced_card_lets_no_other_answer_out(client: TestClient[Any, Any]) -> None:
    async with client.post(CALL, json={"items": [1], "do": "teapot"}, headers=HEADERS) as answer:
        assert answer.status == 500
    async with client.post(CALL, json={"items": [1]}, headers=HEADERS) as answer:
        assert answer.status == 201
    assert counted(report(), "aioe")["answered#t1"] == (2, 1, 0)


HANDLED = '''
Feature: Handled
  @spec-id:handled.view
  Scenario: A view
    Given the endpoint "PUT /account" handled by "{here}:Account.put"
    When it is put
    Then it is answered
      """expr
      result.status == 200 and self.request.method == 'PUT'
      """
  @spec-id:handled.sub
  Scenario: A route of an application below
    Given the endpoint "GET /sub/plain/{{id}}" handled by "{here}:plain"
    When it is asked
    Then it is answered
      """expr
      result.status == 404
      """
'''


@pytest.mark.parametrize("client", [parse(HANDLED.format(here=HERE), "h.feature")], indirect=True)
async def test_a_card_that_names_a_handler_speaks_of_its_parameters(client: TestClient[Any, Any]) -> None:
    for method, path in (("PUT", "/account"), ("GET", "/sub/plain/3")):
        async with client.request(method, path) as answer:
            assert answer.status == 200
    assert counted(report(), "handled") == {"view#t1": (1, 0, 0), "sub#t1": (1, 1, 0)}


WRONG = [
    ('"POST /order/{id}"', 'there is no route "POST /order/{id}"; the nearest is "POST /orders/{id}"'),
    (f'"POST /parts" handled by "{HERE}:below"', f'"{HERE}:below" is not guarded'),
]


@pytest.mark.parametrize(("binding", "reason"), WRONG)
async def test_a_card_that_would_never_be_looked_at_stops_the_start(binding: str, reason: str) -> None:
    text = PARTS.replace('"POST /parts"', binding).replace("parts.size", f"wrong.{len(binding)}")
    with pytest.raises(CardError) as refused:
        async with TestServer(app(parse(text, "wrong.feature"))):
            pass
    assert str(refused.value).startswith("wrong.feature:5: " + reason)
