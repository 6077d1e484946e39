"""Why is a component here? Which direct dependencies bring it: all of them, whatever cycles there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from checks.sbom.bills.bill import Bom

Edges = Mapping[str, Collection[str]]
LONGEST_TRAIL = 64  # names; real ones have a dozen
GAP = "..."


def direct(bom: Bom) -> frozenset[str] | None:
    """The nodes that the product itself depends on; None when the bill does not say.

    Without a root (an environment has none) the nodes that nothing else depends on stand in for them.
    """
    if bom.edges.get(bom.root):
        return frozenset(bom.edges[bom.root])
    if bom.root or not any(bom.edges.values()):
        return None
    inner = {target for source, targets in bom.edges.items() for target in targets if target != source}
    return frozenset(component.ref for component in bom.components if component.ref not in inner)


def introducers(edges: Edges, roots: Collection[str], wanted: Collection[str]) -> dict[str, frozenset[str]]:
    """For each wanted node, every node of `roots` from which it can be reached (itself, if it is one).

    Linear in the edges above the wanted nodes, times the number of roots there / 64: one bit a root.
    """
    above = _above(edges, wanted)
    names = sorted(root for root in roots if root in above)
    bits = {name: 1 << place for place, name in enumerate(names)}
    reached: dict[str, int] = {}
    for knot in _knots(above):
        mask = 0
        for node in knot:
            mask |= bits.get(node, 0)
            for parent in above[node]:
                mask |= reached.get(parent, 0)
        reached.update(dict.fromkeys(knot, mask))
    return {node: frozenset(_named(reached[node], names)) for node in wanted}


def trails(
    edges: Edges, roots: Collection[str], names: Mapping[str, str], wanted: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """For each wanted node that can be reached, the names on the shortest way to it, from a root to itself.

    Of several shortest ways the first by its names: the order of the file, and what it calls its nodes, make no
    difference. Linear but for sorting.
    """
    parents: dict[str, str] = {}
    origins = {root: root for root in roots}
    missing = set(wanted)
    level = _ordered({root: (0, names.get(root, root)) for root in roots})
    seen = set(roots)
    missing.difference_update(seen)
    while level and missing:
        reached: dict[str, tuple[int, str]] = {}
        for node, rank in level:
            for target in edges.get(node, ()):
                if target not in seen:  # those before it in this level come by names that sort before
                    seen.add(target)
                    parents[target] = node
                    origins[target] = origins[node]
                    reached[target] = (rank, names.get(target, target))
        missing.difference_update(reached)
        level = _ordered(reached)
    return {node: _trail(node, parents, origins, names) for node in wanted if node in seen}


def _ordered(reached: Mapping[str, tuple[int, str]]) -> list[tuple[str, int]]:
    """One level by rank of the parent, then by name; nodes that share both share their rank."""
    ranks = {place: rank for rank, place in enumerate(sorted(set(reached.values())))}
    return sorted(((node, ranks[place]) for node, place in reached.items()), key=lambda pair: (pair[1], pair[0]))


def _trail(
    node: str, parents: Mapping[str, str], origins: Mapping[str, str], names: Mapping[str, str]
) -> tuple[str, ...]:
    """From the root to `node`; of a way longer than anyone walks, the root and the end, with a gap between them."""
    way = [node]
    while way[-1] in parents and len(way) < LONGEST_TRAIL:
        way.append(parents[way[-1]])
    named = [names.get(step, step) for step in reversed(way)]
    if way[-1] in parents:
        root = origins[node]
        named[:2] = [names.get(root, root), GAP]
    return tuple(named)


def _named(mask: int, names: list[str]) -> Iterator[str]:
    while mask:
        place = mask.bit_length() - 1
        yield names[place]
        mask ^= 1 << place


def _above(edges: Edges, wanted: Collection[str]) -> dict[str, list[str]]:
    """The wanted nodes and all that leads to them, each with its parents."""
    parents: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            parents.setdefault(target, []).append(source)
    above: dict[str, list[str]] = {}
    waiting = sorted(wanted)
    while waiting:
        node = waiting.pop()
        if node not in above:
            above[node] = parents.get(node, [])
            waiting.extend(above[node])
    return above


def _knots(parents: Mapping[str, list[str]]) -> list[list[str]]:
    """Strongly connected components of the graph, top down: each knot comes after all that lead to it.

    Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972), walking from child to
    parent and without recursion.
    """
    knots: list[list[str]] = []
    low: dict[str, int] = {}  # the lowest number seen from a node; its own number at first
    path: list[str] = []  # nodes whose knot is still open
    for start in parents:
        if start in low:
            continue
        low[start] = number = len(low)
        path.append(start)
        walk = [(start, number, iter(parents[start]))]
        while walk:
            node, number, ahead = walk[-1]
            step = next(ahead, None)
            if step is None:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == number:
                    knots.append(_close(path, node, low, len(parents)))
            elif step not in low:
                low[step] = entered = len(low)
                path.append(step)
                walk.append((step, entered, iter(parents[step])))
            else:
                low[node] = min(low[node], low[step])
    return knots


def _close(path: list[str], node: str, low: dict[str, int], closed: int) -> list[str]:
    """Take a finished knot off the path; `closed` is above every number, so it draws nobody in any more."""
    knot: list[str] = []
    while not knot or knot[-1] != node:
        knot.append(path.pop())
        low[knot[-1]] = closed
    return knot
