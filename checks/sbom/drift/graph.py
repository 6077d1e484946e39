"""Why is a component here? Which direct dependencies bring it: all of them, whatever cycles there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from itertools import compress, islice
from operator import or_

from checks.sbom.bills.bill import Bom
from checks.sbom.drift.knots import Edges, downwards

LONGEST_TRAIL = 64  # names; real ones have a dozen
MOST_NAMED = 1_000  # direct dependencies that bring one package
GAP = "..."

_TRUTH = bytes.maketrans(b"01", b"\0\1")


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


def introducers(
    edges: Edges, roots: Mapping[str, str], wanted: Mapping[str, Collection[str]]
) -> dict[str, tuple[str, ...]]:
    """For each key of `wanted`: the names of all `roots` (node to name) that lead to one of its nodes, or are one.

    Sorted; of more than a thousand the first, and a gap. Linear in the edges, times the number of names / 64: one bit
    a name.
    """
    if not wanted:
        return {}
    names = sorted({*roots.values()})
    bits = {name: 1 << place for place, name in enumerate(names)}
    masks = {root: bits[name] for root, name in roots.items()}
    nodes = {node for places in wanted.values() for node in places}
    found = {node: masks.get(node, 0) for node in nodes}
    for knot in downwards(edges):
        mask = reduce(or_, [masks.pop(node, 0) for node in knot])  # held no longer than it has a way to go
        for node in knot:
            if node in found:
                found[node] = mask
            for target in edges.get(node, ()):
                masks[target] = masks.get(target, 0) | mask
    return {key: _named(reduce(or_, [found[node] for node in places], 0), names) for key, places in wanted.items()}


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
    if len(reached) == 1:
        return [(node, 0) for node in reached]
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


def _named(mask: int, names: list[str]) -> tuple[str, ...]:
    """The names whose bits are set, in their order."""
    digits = f"{mask:b}"[::-1].encode().translate(_TRUTH)
    found = tuple(islice(compress(names, digits), MOST_NAMED + 1))
    return found if len(found) <= MOST_NAMED else (*found[:-1], GAP)
