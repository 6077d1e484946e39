"""The targets of a service, as its own code lists them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from speclive.cards import Binding, Card, Cards
from speclive.targets import called, place, plain, routes

HERE = "tests.speclive.test_targets"


async def pay(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path})


async def buy(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


class Account(web.View):
    async def get(self) -> web.Response:
        return web.Response()

    async def post(self) -> web.Response:
        return web.Response()


class Basket(HTTPEndpoint):
    async def delete(self, request: Request) -> Response:
        return PlainTextResponse(request.url.path)


def aiohttp_app() -> web.Application:
    app, below = web.Application(), web.Application()
    below.router.add_get(r"/users/{id:\d+}", pay)
    app.router.add_post("/pay", pay)
    app.router.add_view("/account", Account)
    app.add_subapp("/admin/", below)
    return app


def starlette_app() -> Starlette:
    inner = [Route("/{id:int}", buy, methods=["PUT"]), Route("/basket", Basket)]
    site = Router([Route("/home", buy)])
    found = [Route("/pay", buy, methods=["POST"]), Mount("/shop", routes=inner), Host("x.example", site)]
    return Starlette(routes=[*found, WebSocketRoute("/live", buy), Mount("/static", app=FileResponse("x"))])


def fastapi_like() -> Any:
    inner = SimpleNamespace(routes=[Route("/users/{id}", buy)])
    nested = SimpleNamespace(original_router=inner, include_context=SimpleNamespace(prefix="/v1"))
    outer = SimpleNamespace(routes=[nested])
    return SimpleNamespace(
        routes=[SimpleNamespace(original_router=outer, include_context=SimpleNamespace(prefix="/api"))]
    )


def flask_like() -> Any:
    rules = [SimpleNamespace(rule="/users/<int:id>", endpoint="user", methods={"GET", "HEAD", "OPTIONS"})]
    return SimpleNamespace(url_map=SimpleNamespace(iter_rules=lambda: rules), view_functions={"user": buy})


def names(app: Any) -> dict[str, str]:
    return {target["name"]: target["handler"].removeprefix(f"{HERE}:") for target in routes(app)}


LISTED: list[tuple[Callable[[], Any], dict[str, str]]] = [
    (
        aiohttp_app,
        {"POST /pay": "pay", "GET /account": "Account.get", "POST /account": "Account.post"}
        | {"GET /admin/users/{id}": "pay"},
    ),
    (
        starlette_app,
        {"POST /pay": "buy", "PUT /shop/{id}": "buy", "DELETE /shop/basket": "Basket.delete", "GET /home": "buy"},
    ),
    (fastapi_like, {"GET /api/v1/users/{id}": "buy"}),
    (flask_like, {"GET /users/{id}": "buy"}),
    (lambda: [pay, functools.partial(buy), pay], {f"{HERE}:pay": "pay", f"{HERE}:buy": "buy"}),
]


@pytest.mark.parametrize(("app", "expected"), LISTED)
def test_each_framework_lists_its_own_routes(app: Callable[[], Any], expected: dict[str, str]) -> None:
    assert names(app()) == expected


def test_a_target_tells_where_its_code_is_relative_to_the_repository() -> None:
    (target,) = routes([pay])
    assert (target["path"], target["line"]) == ("tests/speclive/test_targets.py", pay.__code__.co_firstlineno)
    assert place(len) is None


def test_outside_of_a_repository_a_path_is_told_from_where_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_of_a_stranger").mkdir()
    (tmp_path / "shop_of_a_stranger" / "till.py").write_text("def pay(): ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    till = __import__("shop_of_a_stranger.till").till
    assert place(till.pay) == ("shop_of_a_stranger/till.py", 1)


def test_critical_is_what_a_glob_or_a_critical_card_says() -> None:
    bound = Card("c", "C", "c.feature", 1, Binding("GET /account"), (), critical=True)
    idle = Card("d", "D", "c.feature", 9, Binding("GET /admin/users/{id}"), ())
    found = routes(aiohttp_app(), ["POST *"], Cards((bound, idle)))
    assert {target["name"]: target["critical"] for target in found} == {
        "POST /pay": True,
        "GET /account": True,
        "POST /account": True,
        "GET /admin/users/{id}": False,
    }


def test_what_has_no_routes_is_refused_by_its_kind() -> None:
    with pytest.raises(ValueError, match="no routes are known of int"):
        routes(3)


@pytest.mark.parametrize("written", ["/a/{id}", "/a/{id:int}", "/a/<id>", "/a/<int:id>", r"/a/{id:\d+}"])
def test_a_path_is_told_without_what_its_parameters_look_like(written: str) -> None:
    assert plain(written) == "/a/{id}"
    assert called(functools.partial(pay)) == f"{HERE}:pay"
