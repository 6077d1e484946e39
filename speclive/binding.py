"""Which step names what a card speaks of: `the endpoint "POST /pay" handled by "shop.pay:pay"`, and its kin."""

from __future__ import annotations

import re

from speclive.words import Binding

_STEP = re.compile(r'the (?P<kind>endpoint|function|task|class) "(?P<name>[^"]*)"(?: handled by "(?P<handler>[^"]*)")?')
_ENDPOINT = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S*")
_HANDLER = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
LIKE = 'the endpoint "POST /pay", handled by "shop.pay:pay" or not, or the function, task or class "shop.pay:Pay"'
READABLE = frozenset({"method", "path", "params", "query", "headers", "body", "result"})
"""What the expressions of an endpoint without a handler may read."""


def binding_of(text: str) -> Binding | str | None:
    """What a step binds; the reason why it cannot; None where it is no such step."""
    match = _STEP.fullmatch(text.strip())
    if match is None:
        return None
    kind, name, handler = match["kind"], match["name"], match["handler"]
    if kind == "endpoint":
        return _endpoint(name, handler)
    if handler is not None:
        return f'a {kind} is its own handler: leave out `handled by "{handler}"`'
    return Binding(handler=name) if _HANDLER.fullmatch(name) else _unlike(name)


def _endpoint(name: str, handler: str | None) -> Binding | str:
    if not _ENDPOINT.fullmatch(name):
        return f'"{name}" is no endpoint: write its method and its path, as "POST /pay"; each method has its own card'
    if handler is not None and not _HANDLER.fullmatch(handler):
        return _unlike(handler)
    return Binding(name, handler or "")


def _unlike(name: str) -> str:
    return f'"{name}" does not name code: write "package.module:function" or "package.module:Class.method"'
