"""Which route a request is of, where the framework tells that too late or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from speclive.targets import Route, plain

_PARAMETER = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}|<(?:([^<>:]+):)?([^<>]+)>")
_LOOKS = {"int": "[0-9]+", "float": r"[0-9]+(?:\.[0-9]+)?", "path": ".*", "uuid": "[0-9a-fA-F-]{36}"}


class Found(NamedTuple):
    """A target, and what its path says."""

    name: str
    params: dict[str, str]


class Paths:
    """Routes by method and path: first what is written as it is asked for, then in their order."""

    def __init__(self, routes: Iterable[tuple[str, str]]) -> None:
        self._exact: dict[tuple[str, str], str] = {}
        self._shaped: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for method, path in routes:
            name = f"{method} {plain(path)}"
            if _PARAMETER.search(path):
                self._shaped.setdefault(method, []).append((_pattern(path), name))
            else:
                self._exact.setdefault((method, path), name)

    @staticmethod
    def of(routes: Iterable[Route] | None, names: Iterable[str]) -> Paths:
        """Of an application's routes or, where nobody knows those, of endpoints as cards name them."""
        if routes is not None:
            return Paths((route.method, route.path) for route in routes)
        parts = (name.partition(" ") for name in names)
        return Paths((method, path) for method, _, path in parts)

    def find(self, method: str, path: str) -> Found | None:
        """The target that a request is for; None where it is for none that is known."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return Found(exact, {})
        for pattern, name in self._shaped.get(method, ()):
            if found := pattern.fullmatch(path):
                return Found(name, found.groupdict())
        return None


def _pattern(path: str) -> re.Pattern[str]:
    parts, at = list[str](), 0
    for found in _PARAMETER.finditer(path):
        look, name = found[2] or found[3] or "", (found[1] or found[4]).strip()
        kind = _LOOKS.get(look.partition("(")[0], "[^/]+")
        parts += [re.escape(path[at : found.start()]), f"(?P<{name}>{kind})" if name.isidentifier() else f"(?:{kind})"]
        at = found.end()
    return re.compile("".join([*parts, re.escape(path[at:])]), re.DOTALL)
