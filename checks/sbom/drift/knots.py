"""A graph of dependencies from the top down, whatever cycles there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import chain

Edges = Mapping[str, Collection[str]]


def downwards(edges: Edges) -> Iterator[list[str]]:
    """Every node that has an edge, once, in groups: each group comes after all that lead to it. A group is a knot of
    nodes that reach each other, most often a node by itself. Linear.

    >>> list(downwards({"app": ["a", "b"], "a": ["b"], "b": ["a", "c"]}))
    [['app'], ['b', 'a'], ['c']]
    """
    ahead = dict(Counter(chain.from_iterable(edges.values())))  # edges not yet walked, by where they lead
    ready = [node for node in edges if node not in ahead]
    for node in ready:
        yield [node]
        for target in edges.get(node, ()):
            ahead[target] -= 1
            if not ahead[target]:
                ready.append(target)
    yield from _knots(edges, {node: left for node, left in ahead.items() if left})


def _knots(edges: Edges, among: Collection[str]) -> Iterator[list[str]]:
    """The strongly connected components of a part of the graph that no edge leaves, top down.

    Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972), without recursion.
    """
    found: list[list[str]] = []
    low: dict[str, int] = {}  # the lowest number seen from a node; its own number at first
    path: list[str] = []  # nodes whose knot is still open
    for start in among:
        if start in low:
            continue
        low[start] = number = len(low)
        path.append(start)
        walk = [(start, number, iter(edges.get(start, ())))]
        while walk:
            node, number, ahead = walk[-1]
            step = next(ahead, None)
            if step is None:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == number:
                    found.append(_close(path, node, low, len(among)))
            elif step not in low:
                low[step] = entered = len(low)
                path.append(step)
                walk.append((step, entered, iter(edges.get(step, ()))))
            else:
                low[node] = min(low[node], low[step])
    return reversed(found)


def _close(path: list[str], node: str, low: dict[str, int], closed: int) -> list[str]:
    """Take a finished knot off the path; `closed` is above every number, so it draws nobody in any more."""
    knot: list[str] = []
    while not knot or knot[-1] != node:
        knot.append(path.pop())
        low[knot[-1]] = closed
    return knot
