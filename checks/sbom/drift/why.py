"""Why a package is in a bill: whether it is direct, what brings it, and on which way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from checks.sbom.bills.bill import Bom, Component
from checks.sbom.drift import graph

Groups = Mapping[str, tuple[Component, ...]]


class Reason(NamedTuple):
    """`direct` None: the bill does not say. `introduced_by`: names of all direct dependencies that bring it. `trail`:
    names from the direct dependency to the package itself, on the shortest way.
    """

    direct: bool | None = None
    introduced_by: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()


UNSAID = Reason()


def reasons(bom: Bom, groups: Groups, keys: Iterable[str]) -> dict[str, Reason]:
    """For each key: why is it there? Linear in the bill, however many keys are asked for."""
    nodes = {key: [component.ref for component in groups[key] if component.ref] for key in keys}
    roots = graph.direct(bom) if nodes else None
    if roots is None:
        return dict.fromkeys(nodes, UNSAID)
    names = {component.ref: component.name for component in bom.components}
    direct = {key for key, places in nodes.items() if not roots.isdisjoint(places)}
    indirect = {key: places for key, places in nodes.items() if key not in direct}
    brought = graph.introducers(bom.edges, {root: names.get(root, root) for root in roots}, indirect)
    trails = graph.trails(bom.edges, roots, names, set(chain.from_iterable(nodes.values())))
    return {
        key: Reason(key in direct, brought.get(key, ()), _shortest(places, trails)) if places else UNSAID
        for key, places in nodes.items()
    }


def _shortest(places: Iterable[str], trails: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest trail to one of several places, of several the first by name."""
    found = [trails[place] for place in places if place in trails]
    return min(found, key=lambda names: (len(names), names), default=())


def direct_keys(bom: Bom) -> frozenset[str] | None:
    """The packages that the product itself names; None when the bill does not name the product and what it needs."""
    if not bom.edges.get(bom.root):
        return None
    roots = graph.direct(bom) or frozenset()
    return frozenset(component.key for component in bom.components if component.ref in roots)
