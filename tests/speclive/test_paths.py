"""Which route a request is of, and what of it the cards read."""

from __future__ import annotations

import pytest

from speclive.cards import Binding, Card, parse
from speclive.paths import Paths
from speclive.reads import Reads

ROUTES = Paths(
    [
        ("GET", "/users/{id:int}"),
        ("GET", "/users/me"),
        ("GET", "/files/{rest:path}"),
        ("GET", "/shop/<int:shop>/items/<item>"),
        ("POST", "/users/{id}"),
        ("GET", "/a.b/{x}"),
    ]
)
ASKED: list[tuple[str, str, str | None, dict[str, str]]] = [
    ("GET", "/users/7", "GET /users/{id}", {"id": "7"}),
    ("GET", "/users/x", None, {}),
    ("POST", "/users/x", "POST /users/{id}", {"id": "x"}),
    ("GET", "/users/me", "GET /users/me", {}),
    ("GET", "/files/a/b\n", "GET /files/{rest}", {"rest": "a/b\n"}),
    ("GET", "/shop/3/items/z%", "GET /shop/{shop}/items/{item}", {"shop": "3", "item": "z%"}),
    ("GET", "/shop/3/items/z/y", None, {}),
    ("GET", "/aXb/1", None, {}),
    ("HEAD", "/users/7", None, {}),
    ("DELETE", "/users/me", None, {}),
]


@pytest.mark.parametrize(("method", "path", "name", "params"), ASKED)
def test_a_request_is_of_the_route_that_its_path_has_the_form_of(
    method: str, path: str, name: str | None, params: dict[str, str]
) -> None:
    found = ROUTES.find(method, path)
    assert (found and found.name, found.params if found else {}) == (name, params)


def test_endpoints_of_cards_are_routes_where_nobody_knows_others() -> None:
    assert Paths.of(None, ["GET /a/{b}"]).find("GET", "/a/1") == ("GET /a/{b}", {"b": "1"})
    assert Paths.of([], ["GET /a/{b}"]).find("GET", "/a/1") is None


READ: list[tuple[str, set[str], set[str]]] = [
    ("result['status'] == 201", set(), {"status"}),
    ("result['body']['total'] == old(body['total'])", {"body"}, {"body"}),
    ("len(result) == 3", set(), {"status", "headers", "body"}),
    ("headers['accept'] == query['as'] or params['id'] != method", {"headers", "query", "params", "method"}, set()),
    ("path == '/' and\n  result['headers']['etag'] != ''", {"path"}, {"headers"}),
]


@pytest.mark.parametrize(("condition", "request_", "result"), READ)
def test_only_what_a_card_reads_is_made(condition: str, request_: set[str], result: set[str]) -> None:
    lines = "\n".join("      " + line for line in condition.splitlines())
    text = f'''Feature: F
  Background:
    Given the endpoint "GET /"
  Scenario: S
    When it is asked
    Then it holds
      """expr
{lines}
      """
'''
    assert Reads.of(parse(text, "f.feature")) == Reads(frozenset(request_), frozenset(result))


def test_what_is_watched_or_shown_is_read_as_well() -> None:
    card = Card("c", "C", "c.feature", 1, Binding("GET /"), (), watch=("result.body.total",), allow=("query.page", "x"))
    assert Reads.of([card]) == Reads(frozenset({"query"}), frozenset({"body"}))
