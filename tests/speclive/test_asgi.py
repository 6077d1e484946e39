"""Cards on the routes of an ASGI application: Starlette under uvicorn, over real HTTP, and messages one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from speclive import control, traffic
from speclive.asgi import Guard
from speclive.cards import CardError, Cards, parse
from speclive.configuring import window
from speclive.errors import SpecViolation
from speclive.guards import guarded, report
from tests.speclive.shop import CALL, HEADERS, cards, counted

STARTED: list[str] = []


async def order(request: Request) -> Response:
    """Answer as the body says."""
    asked = json.loads(b"".join([chunk async for chunk in request.stream()]))
    said = asked.get("do", "")
    if said == "stream":
        return StreamingResponse(parts(asked.get("wait", 0)), 201, {"Content-Type": "application/json"})
    if said == "teapot":
        raise HTTPException(418)
    if said in RAISED:
        raise RAISED[said]("asked for")
    done = BackgroundTask(asyncio.sleep, asked.get("wait", 0))
    return JSONResponse({"total": sum(asked["items"]) + asked.get("off", 0)}, 201, background=done)


async def parts(wait: float) -> AsyncIterator[bytes]:
    yield b'{"total": '
    await asyncio.sleep(wait)
    yield b"3}"


RAISED = {"key": KeyError, "value": ValueError}


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    STARTED.append("started")
    yield
    STARTED.append("ended")


def app(known: Cards) -> Guard:
    routes = [Route("/orders/{id:int}", order, methods=["POST"])]
    return Guard(Starlette(routes=routes, lifespan=lifespan), known)


@asynccontextmanager
async def served(app: Guard) -> AsyncIterator[aiohttp.ClientSession]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", loop="asyncio", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.002)
    port = server.servers[0].sockets[0].getsockname()[1]
    # uvicorn closes a connection after an exception, as it does without a guard
    once = aiohttp.TCPConnector(force_close=True)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=once) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def test_a_request_and_its_answer_are_judged_whatever_becomes_of_them() -> None:
    traffic.drain()
    orders: list[dict[str, Any]] = [
        {"items": [1, 2]},  # as it should be
        {"items": [1, 2], "off": 1},  # another total
        {"items": [1], "do": "teapot"},  # an exception that is an answer
        {"items": [1], "do": "key"},  # one that is allowed, one that is not
        {"items": [1], "do": "value"},
        {"items": [3], "do": "stream"},  # no body is seen
        {"items": []},  # which the first card leaves alone
    ]
    async with served(app(cards("asgi"))) as client:
        statuses = []
        for asked in orders:
            async with client.post(CALL, json=asked, headers=HEADERS) as answer:
                statuses.append((answer.status, await answer.text()))
    assert [status for status, _ in statuses] == [201, 201, 418, 500, 500, 201, 201]
    assert statuses[5][1] == '{"total": 3}'
    assert counted(report(), "asgi") == {
        "total#g1": (7, 0, 0),
        "total#t1": (4, 1, 2),
        "total#t2": (4, 1, 0),
        "known#r1": (7, 1, 0),
        "answered#t1": (5, 1, 0),
    }
    example = report()["asgi.total#t1"]["exemplars"][0]
    assert example["traceparent"] == HEADERS["traceparent"]
    assert example["code"] == f"tests/speclive/test_asgi.py#L{order.__code__.co_firstlineno}"
    assert [target["calls"] for target in traffic.drain() if target["name"] == "POST /orders/{id}"] == [7]
    assert STARTED[-2:] == ["started", "ended"]


async def test_an_answer_is_judged_before_it_goes_out_and_does_not_wait_for_what_comes_after() -> None:
    async with served(app(cards("asgie", "enforce"))) as client:
        async with client.post(CALL, json={"items": [1], "do": "teapot"}, headers=HEADERS) as answer:
            assert (answer.status, await answer.text()) == (500, "Internal Server Error")
        began = asyncio.get_running_loop().time()
        async with client.post(CALL, json={"items": [1], "wait": 0.5}, headers=HEADERS) as answer:
            assert await answer.json() == {"total": 1}
        assert asyncio.get_running_loop().time() - began < 0.4, "a background task is none of the client's business"
    assert counted(report(), "asgie")["answered#t1"] == (2, 1, 0)


async def test_a_client_that_goes_away_is_no_violation_and_what_streams_is_not_held_back() -> None:
    async with served(app(cards("asgig"))) as client:
        asked = {"items": [1], "do": "stream", "wait": 0.3}
        async with client.post(CALL, json=asked, headers=HEADERS) as answer:
            assert await answer.content.readany() == b'{"total": '
            answer.close()
        await asyncio.sleep(0.4)
    told = counted(report(), "asgig")
    assert [violated for _, violated, _ in told.values()] == [0] * 5


# --- messages one by one ------------------------------------------------------------------------------------------

Message = dict[str, Any]
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}


def last(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body}


def more(body: bytes) -> Message:
    return last(body) | {"more_body": True}


class Played:
    """An application that says what it is given to say, and hears everything."""

    def __init__(self, *says: Message | Exception, hears: int = 0) -> None:
        self.says, self.hears, self.heard = says, hears, list[Message]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for _ in range(self.hears):
            self.heard.append(await receive())
        for message in self.says:
            if isinstance(message, Exception):
                raise message
            await send(message)


SCOPE: Message = {"type": "http", "method": "POST", "headers": [], "query_string": b""}
NUMBER = iter(range(1000))
STATUS = '''Feature: Status
  @spec-id:{name} @mode:{mode}
  Scenario: It is well
    Given the endpoint "POST /"
    When it is asked
    Then it is well
      """expr
      result['status'] < 400 and (body is None or body == [1])
      """
    And it raises nothing else
      | raises | KeyError |
'''


async def played(app: Played, *sent: Message, mode: str = "observe", length: bytes = b"") -> tuple[list[Message], str]:
    """What goes out, and the name of the card."""
    name, out, waiting = f"played{next(NUMBER)}", list[Message](), list(sent)

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        out.append(dict(message))

    headers = [(b"content-type", b"application/json")] + ([(b"content-length", length)] if length else [])
    scope = SCOPE | {"path": "/v1/", "root_path": "/v1", "headers": headers}
    try:
        await Guard(app, parse(STATUS.format(name=name, mode=mode), "s.feature"))(scope, receive, send)
    except (SpecViolation, KeyError, ValueError) as error:
        out.append({"type": type(error).__name__})
    return out, name


def request(body: bytes, **how: Any) -> Message:
    return {"type": "http.request", "body": body, **how}


BODIES: list[tuple[list[Message], bytes, int]] = [
    ([request(b"[1]")], b"3", 0),
    ([request(b"[", more_body=True), request(b"1", more_body=True), request(b"]")], b"", 0),
    ([request(b"[2]")], b"3", 1),
    ([request(b"[1", more_body=True)], b"", 0),  # and away: no body is seen
    ([request(b"a" * 40_000, more_body=True), request(b"b" * 40_000, more_body=True), request(b"c")], b"", 0),
    ([request(b"[2]")], b"70000", 0),  # says of itself that it is too large
]


@pytest.mark.parametrize(("sent", "length", "violated"), BODIES)
async def test_an_application_hears_a_body_message_by_message_as_it_was_sent(
    sent: list[Message], length: bytes, violated: int
) -> None:
    app = Played(START, last(b"fine"), hears=len(sent) + 1)
    out, name = await played(app, *sent, length=length)
    assert app.heard == [*sent, {"type": "http.disconnect"}]
    assert out == [START, last(b"fine")]
    assert report()[f"{name}#t1"]["violated"] == violated


STREAM = START | {"headers": []}
BAD, WORSE = START | {"status": 418}, START | {"status": 500}
PLAYS: list[tuple[list[Message | Exception], str, list[str | bytes], tuple[int, int]]] = [
    ([START, more(b"fi"), last(b"ne")], "observe", ["start", b"fi", b"ne"], (1, 0)),
    ([STREAM, more(b"fi"), last(b"ne")], "enforce", ["start", b"fi", b"ne"], (1, 0)),
    ([BAD, last(b"fine")], "observe", ["start", b"fine"], (1, 1)),
    ([BAD, last(b"fine"), last(b"after")], "enforce", ["500", b"Internal Server Error", "SpecViolation"], (1, 1)),
    ([BAD | {"headers": []}, last(b"fine")], "enforce", ["start", b"fine", "SpecViolation"], (1, 1)),
    ([START, {"type": "http.response.pathsend"}], "observe", ["start", "http.response.pathsend"], (1, 0)),
    ([START, more(b"f" * 70_000), last(b"")], "observe", ["start", b"f" * 70_000, b""], (1, 0)),
    ([START, more(b"fi")], "observe", ["start", b"fi"], (1, 0)),
    ([WORSE, last(b"fine"), KeyError()], "observe", ["start", b"fine", "KeyError"], (0, 0)),
    ([WORSE, last(b"fine")], "observe", ["start", b"fine"], (1, 1)),
    ([START, ValueError()], "enforce", ["SpecViolation"], (0, 0)),
    ([], "observe", [], (0, 0)),
]


@pytest.mark.parametrize(("says", "mode", "goes_out", "told"), PLAYS, ids=range(len(PLAYS)))
async def test_what_goes_out_is_what_the_application_says_unless_a_card_holds_it_back(
    says: list[Message | Exception], mode: str, goes_out: list[str | bytes], told: tuple[int, int]
) -> None:
    out, name = await played(Played(*says), mode=mode)
    assert [_short(message) for message in out] == goes_out
    row = report()[f"{name}#t1"]
    assert (row["evaluated"], row["violated"]) == told


def _short(message: Message) -> str | bytes:
    if message["type"] == "http.response.start":
        return "500" if message["status"] == 500 and len(message["headers"]) == 2 else "start"
    body: Any = message.get("body", message["type"])
    return bytes(body) if isinstance(body, bytes) else str(body)


async def test_where_guards_are_off_nothing_is_read_and_nothing_held_back() -> None:
    heard: list[Any] = []

    async def answer(*given: Any) -> None:
        heard.extend(given)

    given = (SCOPE | {"path": "/"}, object(), object())
    switched = Guard(answer, parse(STATUS.format(name="switched", mode="enforce"), "s.feature"))
    control.off()
    try:
        await switched(*given)  # type: ignore[arg-type]
    finally:
        control.on()
    assert all(one is other for one, other in zip(heard, given, strict=True))


HANDLED = f'''Feature: Handled
  @spec-id:asgi.handled @critical
  Scenario: It is doubled
    Given the endpoint "POST /doubled" handled by "{__name__}:doubled"
    When it is asked
    Then it is twice that
      """expr
      result == 2 * number
      """
'''


async def test_a_card_that_names_a_handler_as_well_is_told_under_the_endpoint() -> None:
    cards = parse(HANDLED, "h.feature")
    with pytest.raises(CardError, match=r"is not guarded: put @speclive.guarded\(cards\) over it"):
        Guard(Played(), cards)
    double = guarded(cards)(doubled)

    class Doubling(Played):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send(START)
            await send(last(str(double(2)).encode()))

    window()
    app, out = Guard(Doubling(), cards), list[Message]()

    async def send(message: MutableMapping[str, Any]) -> None:
        out.append(dict(message))

    await app(SCOPE | {"path": "/doubled"}, hang, send)
    await app(SCOPE | {"path": "/elsewhere"}, hang, send)
    assert [message.get("body") for message in out] == [None, b"4"] * 2
    (target,) = (target for target in window().targets if target["name"] == "POST /doubled")
    assert (target["critical"], target["calls"], target["guarded"], target["clauses"]) == (
        True, 2, 2, ["asgi.handled#t1"]
    )  # fmt: skip


def doubled(number: int) -> int:
    return 2 * number


async def hang() -> Message:
    raise AssertionError("nobody asks")


async def test_a_socket_is_passed_on_as_it_is() -> None:
    heard: list[Any] = []

    async def talk(*given: Any) -> None:
        heard.extend(given)

    given = ({"type": "websocket", "path": "/"}, object(), object())
    await Guard(talk, parse(STATUS.format(name="socket", mode="observe"), "s.feature"))(*given)  # type: ignore[arg-type]
    assert all(one is other for one, other in zip(heard, given, strict=True))


def test_a_card_that_would_never_be_looked_at_stops_the_start() -> None:
    text = STATUS.format(name="asgi.wrong", mode="observe").replace("POST /", "POST /order/{id}")
    with pytest.raises(CardError) as refused:
        app(parse(text, "wrong.feature"))
    assert 'there is no route "POST /order/{id}"; the nearest is "POST /orders/{id}"' in str(refused.value)
