"""Cards on the routes of a WSGI application, over real HTTP by the standard library's own server."""

from __future__ import annotations

import io
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest

from speclive import tracing, traffic
from speclive.cards import CardError, parse
from speclive.guards import report
from speclive.wsgi import Guard
from tests.speclive.shop import CALL, HEADERS, cards, counted

CLOSED: list[str] = []
RAISED = {"key": KeyError, "value": ValueError}


class Chunks:
    """An answer in parts, which the server closes."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = iter(parts)

    def __iter__(self) -> Iterator[bytes]:
        return self.parts

    def close(self) -> None:
        CLOSED.append("closed")


def order(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the body says."""
    asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    said = asked.get("do", "")
    if said in RAISED:
        raise RAISED[said]("asked for")
    if said == "teapot":
        start("418 Teapot", [("Content-Type", "text/plain"), ("Content-Length", "3")])
        return Chunks(b"tea")
    body = json.dumps({"total": sum(asked["items"]) + asked.get("off", 0)}).encode()
    length = [] if said in {"stream", "write"} else [("Content-Length", str(len(body)))]
    write = start("201 Created", [("Content-Type", "application/json"), *length])
    if said == "write":
        write(body)
        return Chunks()
    return Chunks(body[:3], body[3:])


def flask_like(app: Callable[..., Any]) -> Any:
    """What Flask shows of itself: its rules, and the function of each."""
    rules = [SimpleNamespace(rule="/orders/<int:id>", endpoint="order", methods={"POST", "OPTIONS"})]

    class Application:
        url_map = SimpleNamespace(iter_rules=lambda: rules)
        view_functions = {"order": order}  # noqa: RUF012

        def wsgi_app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            return app(environ, start)  # type: ignore[no-any-return]

    return Application()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the standard library's)
        """Nobody reads it."""

    def get_stderr(self) -> Any:
        return io.StringIO()


@contextmanager
def served(app: Any) -> Iterator[Callable[[dict[str, Any]], tuple[int, bytes]]]:
    """A server, and what sends it an order."""
    with make_server("127.0.0.1", 0, validator(app), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()

        def send(asked: dict[str, Any]) -> tuple[int, bytes]:
            url = f"http://127.0.0.1:{server.server_port}{CALL}"
            try:
                with urllib.request.urlopen(urllib.request.Request(url, json.dumps(asked).encode(), HEADERS)) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read()

        try:
            yield send
        finally:
            server.shutdown()
            thread.join()


def test_a_request_and_its_answer_are_judged_whatever_becomes_of_them() -> None:
    traffic.drain()
    CLOSED.clear()
    orders: list[dict[str, Any]] = [
        {"items": [1, 2]},  # as it should be
        {"items": [1, 2], "off": 1},  # another total
        {"items": [1], "do": "teapot"},
        {"items": [1], "do": "key"},  # an exception that is allowed, one that is not
        {"items": [1], "do": "value"},
        {"items": [3], "do": "stream"},  # no body is seen
        {"items": [3], "do": "write"},
        {"items": []},  # which the first card leaves alone
    ]
    guarded = Guard(flask_like(order).wsgi_app, cards("wsgi"))
    with served(guarded) as send:
        answers = [send(asked) for asked in orders]
    assert [status for status, _ in answers] == [201, 201, 418, 500, 500, 201, 201, 201]
    assert [body for _, body in answers[5:]] == [b'{"total": 3}', b'{"total": 3}', b'{"total": 0}']
    assert len(CLOSED) == 6
    assert counted(report(), "wsgi") == {
        "total#g1": (8, 0, 0),
        "total#t1": (5, 1, 3),
        "total#t2": (5, 1, 0),
        "known#r1": (8, 1, 0),
        "answered#t1": (6, 1, 0),
    }
    example = report()["wsgi.total#t1"]["exemplars"][0]
    assert example["traceparent"] == HEADERS["traceparent"]
    assert example["code"] == f"tests/speclive/test_wsgi.py#L{order.__code__.co_firstlineno}"
    assert [target["calls"] for target in traffic.drain() if target["name"] == "POST /orders/{id}"] == [8]


def test_the_next_request_of_a_thread_is_told_from_the_one_before() -> None:
    def asked(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("404 Not Found", [])
        return [tracing.traceparent().encode()]

    guarded = Guard(asked, cards("wsgin"))
    first = {"REQUEST_METHOD": "POST", "PATH_INFO": "/orders/7", "HTTP_TRACEPARENT": HEADERS["traceparent"]}
    assert b"".join(guarded(first, lambda *_: None)) == HEADERS["traceparent"].encode()
    assert b"".join(guarded({"REQUEST_METHOD": "GET", "PATH_INFO": "/else"}, lambda *_: None)) == b""


def test_what_breaks_in_an_answer_or_in_a_header_breaks_nothing_else() -> None:
    class Torn(Chunks):
        def __iter__(self) -> Iterator[bytes]:
            raise OSError

    def torn(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return Torn()

    CLOSED.clear()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/orders/7", "CONTENT_TYPE": "application/json"}
    environ |= {"CONTENT_LENGTH": "9" * 5000}
    with pytest.raises(OSError):
        list(Guard(torn, cards("wsgit"))(environ, lambda *_: None))
    assert CLOSED == ["closed"]


def test_an_enforced_card_lets_no_other_answer_out_of_an_application_that_tells_no_routes() -> None:
    with served(Guard(order, cards("wsgie", "enforce"))) as send:
        assert send({"items": [1], "do": "teapot"})[0] == 500
        assert send({"items": [1]}) == (201, b'{"total": 1}')
    assert counted(report(), "wsgie")["answered#t1"] == (2, 1, 0)


def test_a_card_that_would_never_be_looked_at_stops_the_start() -> None:
    wrong = parse(
        'Feature: F\n  Scenario: S\n    Given the endpoint "POST /order/{id}"\n    When it is asked\n'
        '    Then it holds\n      """expr\n      True\n      """\n', "w.feature",
    )  # fmt: skip
    with pytest.raises(CardError, match="the nearest is"):
        Guard(flask_like(order).wsgi_app, wrong)
