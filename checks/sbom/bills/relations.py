"""The relationships of an SPDX document, whichever way they are written, as one graph of what depends on what.

An edge can say what a package is needed for; a package is needed for the best of all the ways that lead to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from checks.sbom.bills.bill import Scope


class Link(StrEnum):
    """What one element is to another, seen from the one that needs, holds or describes it."""

    NEEDS = "needs"
    RUNTIME = "runtime"
    OPTIONAL = "optional"
    DEVELOPMENT = "development"
    HOLDS = "holds"
    DESCRIBES = "describes"

    __hash__ = str.__hash__  # that of Enum is slow, and every relation is hashed


class Relation(msgspec.Struct, frozen=True, gc=False):
    """`source` needs, holds or describes `target`."""

    source: str
    target: str
    link: Link


class Web(NamedTuple):
    """`described`: what the document is about; where that is one package, it is the product and no component."""

    root: str
    described: tuple[str, ...]
    edges: Mapping[str, tuple[str, ...]]
    scopes: Mapping[str, Scope]  # unknown where a node is missing


_WAYS = (  # in falling order of need: a way is as good as its worst edge
    (Scope.UNKNOWN, {Link.NEEDS, Link.RUNTIME}),
    (Scope.OPTIONAL, {Link.NEEDS, Link.RUNTIME, Link.OPTIONAL}),
    (Scope.DEVELOPMENT, {Link.NEEDS, Link.RUNTIME, Link.OPTIONAL, Link.DEVELOPMENT}),
)
_LESSER = (Scope.OPTIONAL, Scope.DEVELOPMENT)
_NEEDING = _WAYS[-1][1]


def weave(document: str, packages: Collection[str], relations: Iterable[Relation], named: Iterable[str] = ()) -> Web:
    """One graph of all relations. `document` is the document's own id; `named` what it says it describes besides."""
    known = dict.fromkeys(relations)
    described = [node for node in _described(known, named) if node in packages]
    needs = [relation for relation in known if relation.link in _NEEDING]
    edges = _edges(needs)
    if edges:
        _hold(edges, [relation for relation in known if relation.link is Link.HOLDS])
    root = described[0] if len(described) == 1 else ""
    if not root and edges:
        root = _gathered(document, described, edges)
    return Web(root, tuple(described), {node: tuple(ends) for node, ends in edges.items()}, _scopes(needs, root))


def _described(relations: Iterable[Relation], named: Iterable[str]) -> list[str]:
    stated = [relation.target for relation in relations if relation.link is Link.DESCRIBES]
    return list(dict.fromkeys([*stated, *named]))


def _edges(needs: Iterable[Relation]) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for relation in needs:
        edges.setdefault(relation.source, []).append(relation.target)
    return edges


def _hold(edges: dict[str, list[str]], held: Iterable[Relation]) -> None:
    """A thing needs what it holds, but for what is there because another part needs it."""
    needed = {target for targets in edges.values() for target in targets}
    for relation in held:
        if relation.target not in needed:
            edges.setdefault(relation.source, []).append(relation.target)


def _gathered(document: str, described: list[str], edges: dict[str, list[str]]) -> str:
    """The document itself as the root: of what it needs, else of several products."""
    if document not in edges and described:
        edges[document] = list(described)
    return document if document in edges else ""


# --- what it is needed for ---------------------------------------------------------------------------------


def _scopes(needs: list[Relation], root: str) -> dict[str, Scope]:
    links = {relation.link for relation in needs}
    if links <= {Link.NEEDS}:
        return {}
    scopes: dict[str, Scope] = {}
    reached = _starts(needs, root)
    for scope, allowed in _WAYS:
        before = reached
        reached = _reach(before, _edges(relation for relation in needs if relation.link in allowed))
        scopes.update(dict.fromkeys(reached - before, scope))
    for one in needs:
        if (
            one.link is Link.RUNTIME
            and scopes.get(one.target) is Scope.UNKNOWN
            and scopes.get(one.source) not in _LESSER
        ):
            scopes[one.target] = Scope.RUNTIME
    return scopes


def _starts(needs: list[Relation], root: str) -> set[str]:
    """The root, and whatever nothing needs."""
    targets = {relation.target for relation in needs}
    return {relation.source for relation in needs if relation.source not in targets} | ({root} if root else set())


def _reach(starts: Collection[str], edges: Mapping[str, list[str]]) -> set[str]:
    reached = set(starts)
    waiting = list(starts)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
