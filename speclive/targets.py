"""What of a service cards can be bound to, listed by its code and not by hand: the routes of its framework, its tasks.

Nothing of a framework is imported: an application is known by what it has. `router` (aiohttp), `routes` (Starlette,
FastAPI), `url_map` (Flask), or it is a row of plain functions.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from speclive.cards import Cards
from speclive.wire import Target

VERBS = ("DELETE", "GET", "PATCH", "POST", "PUT", "QUERY")
_PARAMETER = re.compile(r"\{([^{}:]+)(?::[^{}]*)?\}|<(?:[^<>:]+:)?([^<>]+)>")
_IMPLIED = frozenset({"HEAD", "OPTIONS"})
"""What frameworks add by themselves."""


class Route(NamedTuple):
    """A method, a path as the framework writes it, and the function that answers."""

    method: str
    path: str
    handler: Callable[..., Any]

    @property
    def name(self) -> str:
        """How cards call it."""
        return f"{self.method} {plain(self.path)}"


def routes(app: Any, critical: Iterable[str] = (), cards: Cards | None = None) -> list[Target]:
    """The targets of an application, each once, in its own order.

    `app`: an application of aiohttp (with those below it), Starlette, FastAPI or Flask, or functions in a row.
    `critical`: globs of names ("POST *", "shop.tasks:*"); what a `@critical` card is bound to is critical as well.
    ValueError where nothing of it can be listed.
    """
    return targets(_named(app), critical, cards)


def targets(named: Iterable[tuple[str, Any]], critical: Iterable[str] = (), cards: Cards | None = None) -> list[Target]:
    """The same of names and the functions that answer to them."""
    globs = tuple(critical)
    bound = {name for card in cards or () if card.critical for name in (card.binding.endpoint, card.binding.handler)}
    found: dict[str, Target] = {}
    for name, handler in named:
        target = _target(name, handler)
        target["critical"] = bool({name, target["handler"]} & bound) or any(fnmatchcase(name, glob) for glob in globs)
        found.setdefault(name, target)
    return list(found.values())


def plain(path: str) -> str:
    """A path without what its parameters look like: `/users/{id:int}` and `/users/<int:id>` are `/users/{id}`."""
    return _PARAMETER.sub(lambda found: "{" + (found[1] or found[2]).strip() + "}", path) or "/"


def called(function: Any) -> str:
    """How a card names a function: `shop.pay:pay`."""
    kind = _written(function)
    return f"{kind.__module__}:{kind.__qualname__}"


def place(function: Any) -> tuple[str, int] | None:
    """Where a function or class is written: its file, relative to the repository, and its line; None where unknown."""
    kind = _written(function)
    try:
        file = inspect.getsourcefile(kind)
        code = getattr(kind, "__code__", None)
        line = code.co_firstlineno if code else inspect.getsourcelines(kind)[1]
    except (OSError, TypeError):
        return None
    return (_relative(file, kind.__module__), line) if file else None


def has_routes(app: Any) -> bool:
    """Whether it is an application whose routes can be listed."""
    return _kind(app) is not None


def listed(app: Any) -> list[Route]:
    """The routes of an application in its own order, the methods that a framework adds by itself left out."""
    return [route for route in _routes(app) if route.method not in _IMPLIED]


def _written(function: Any) -> Any:
    """What the text of a program has of it: without decorators and set arguments, and of an object its class."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    return function if hasattr(function, "__qualname__") else type(function)


def _named(app: Any) -> Iterator[tuple[str, Any]]:
    if has_routes(app):
        yield from ((route.name, route.handler) for route in listed(app))
        return
    if not isinstance(app, Iterable):
        raise ValueError(f"no routes are known of {type(app).__name__}: give an application, or functions in a row")
    for function in app:
        yield called(function), function


def _target(name: str, handler: Any) -> Target:
    target: Target = {"name": name, "handler": called(handler), "critical": False}
    if where := place(handler):
        target["path"], target["line"] = where
    return target


def _kind(app: Any) -> str | None:
    if hasattr(app, "url_map") and hasattr(app, "view_functions"):
        return "flask"
    if hasattr(getattr(app, "router", None), "resources"):
        return "aiohttp"
    return "starlette" if isinstance(getattr(app, "routes", None), list) else None


def _routes(app: Any) -> Iterator[Route]:
    kind = _kind(app)
    if kind == "aiohttp":
        yield from _of_aiohttp(app)
    elif kind == "starlette":
        yield from _of_starlette(app.routes, "")
    elif kind == "flask":
        yield from _of_flask(app)


def _of_aiohttp(app: Any) -> Iterator[Route]:
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        yield from _spread(route.method, path, route.handler)


def _of_starlette(found: Iterable[Any], prefix: str) -> Iterator[Route]:
    for route in found:
        path = prefix + getattr(route, "path", "")
        if hasattr(route, "methods"):
            for method in sorted(route.methods or ["*"]):
                yield from _spread(method, path, route.endpoint)
        elif isinstance(getattr(route, "routes", None), list):
            yield from _of_starlette(route.routes, path)
        elif hasattr(route, "original_router"):  # how FastAPI keeps a router that was included
            yield from _of_starlette(route.original_router.routes, prefix + route.include_context.prefix)


def _of_flask(app: Any) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or VERBS):
            yield from _spread(method, rule.rule, app.view_functions[rule.endpoint])


def _spread(method: str, path: str, handler: Any) -> Iterator[Route]:
    """A route; that of a class with a method for each verb, or of every verb, as many."""
    if not inspect.isclass(handler):
        yield from (Route(verb, path, handler) for verb in (VERBS if method == "*" else (method,)))
        return
    for verb in VERBS if method == "*" else (method,):
        if answering := getattr(handler, verb.lower(), None):
            yield Route(verb, path, answering)


@lru_cache(maxsize=4096)
def _relative(file: str, module: str) -> str:
    path = Path(file).resolve()
    root = next((above for above in path.parents if (above / ".git").exists()), None)
    if root is None:
        root = next((above for above in path.parents if _imports_from(above)), path.parents[module.count(".")])
    return path.relative_to(root).as_posix()


def _imports_from(folder: Path) -> bool:
    return str(folder) in sys.path
