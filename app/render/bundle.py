"""Our own ES modules as one classic script, for where a browser takes no modules: content scripts and userscripts.

Each module keeps a scope of its own, so that no two names clash, and runs once, after those that it imports. Only what
our modules use is understood: named imports of relative paths, and exports of declarations. All else is refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

_IMPORT = re.compile(r'^import\s*\{(?P<names>[^{}]*)\}\s*from\s*"(?P<path>\.{1,2}/[^"\n]+)";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export\s+(?P<form>(?:async\s+)?function\*?|const|class)\s+(?P<name>[A-Za-z_$][\w$]*)", re.MULTILINE
)
_MODULAR = re.compile(r"^(?:import|export)\b.*$|\bimport\s*\(|\bimport\.meta\b", re.MULTILINE)
_NAMES = re.compile(r"(?P<theirs>[A-Za-z_$][\w$]*)(?:\s+as\s+(?P<ours>[A-Za-z_$][\w$]*))?")


class Unbundled(ValueError):
    """The modules cannot become one script."""


def bundle(entry: str, modules: Mapping[str, str]) -> str:
    """The script that does what the module `entry` does. `modules`: texts by path. Raises Unbundled."""
    scopes: dict[str, str] = {}
    exported: dict[str, frozenset[str]] = {}
    _take(entry, modules, scopes, exported, ())
    by_name: dict[str, str] = {}
    for path in scopes:
        if by_name.setdefault(_scope(path), path) != path:
            raise Unbundled(f"{path} and {by_name[_scope(path)]} have the same name")
    return '"use strict";\n' + "".join(scopes.values())


def _take(
    path: str,
    modules: Mapping[str, str],
    scopes: dict[str, str],
    exported: dict[str, frozenset[str]],
    within: tuple[str, ...],
) -> None:
    """Put the scope of `path` behind those that it imports; `within`: the modules that wait for it."""
    if path in scopes:
        return
    if path in within:
        raise Unbundled(f"{' imports '.join((*within, path))}")
    if path not in modules:
        raise Unbundled(f"there is no {path}, which {within[-1] if within else 'nobody'} imports")
    text = modules[path]
    for one in _IMPORT.finditer(text):
        source = _resolved(path, one["path"])
        _take(source, modules, scopes, exported, (*within, path))
        if missing := {theirs for theirs, _ in _names(one["names"], path)} - exported[source]:
            raise Unbundled(f"{source} exports no {', '.join(sorted(missing))}, which {path} imports")
    exported[path] = frozenset(one["name"] for one in _EXPORT.finditer(text))
    scopes[path] = _scoped(path, text)


def _scoped(path: str, text: str) -> str:
    """The module as a function that runs at once and gives what it exports."""
    names = [one["name"] for one in _EXPORT.finditer(text)]
    body = _IMPORT.sub(lambda one: _bound(one, path), text)
    body = _EXPORT.sub(lambda one: f"{one['form']} {one['name']}", body)
    if left := _MODULAR.search(body):
        raise Unbundled(f"{path}: {left[0].strip()!r} is not understood")
    return f"\n// {path}\nconst {_scope(path)} = (() => {{\n{body.rstrip()}\nreturn {{ {', '.join(names)} }};\n}})();\n"


def _bound(one: re.Match[str], path: str) -> str:
    names = ", ".join(theirs if theirs == ours else f"{theirs}: {ours}" for theirs, ours in _names(one["names"], path))
    return f"const {{ {names} }} = {_scope(_resolved(path, one['path']))};"


def _names(listed: str, path: str) -> Iterator[tuple[str, str]]:
    """What is imported, each by its name there and its name here."""
    for part in filter(None, map(str.strip, listed.split(","))):
        found = _NAMES.fullmatch(part)
        if found is None:
            raise Unbundled(f"{path}: {part!r} is not understood")
        yield found["theirs"], found["ours"] or found["theirs"]


def _resolved(path: str, relative: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))


def _scope(path: str) -> str:
    """The name of a module's scope; `$` is in none of our own names."""
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))
