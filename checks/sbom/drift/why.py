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
    wanted = set(chain.from_iterable(nodes.values()))
    names = {component.ref: component.name for component in bom.components}
    reached = graph.introducers(bom.edges, roots, wanted)
    trails = graph.trails(bom.edges, roots, names, wanted)
    return {key: _reason(refs, roots, reached, names, trails) for key, refs in nodes.items()}


def _reason(
    refs: list[str],
    roots: frozenset[str],
    reached: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
    trails: Mapping[str, tuple[str, ...]],
) -> Reason:
    if not refs:
        return UNSAID
    found = [trails[ref] for ref in refs if ref in trails]
    trail = min(found, key=lambda names: (len(names), names), default=())
    if not roots.isdisjoint(refs):
        return Reason(True, (), trail)
    sources = set(chain.from_iterable(reached[ref] for ref in refs))
    return Reason(False, tuple(sorted({names.get(ref, ref) for ref in sources})), trail)


def direct_keys(bom: Bom) -> frozenset[str] | None:
    """The packages that the product itself names; None when the bill does not name the product and what it needs."""
    if not bom.edges.get(bom.root):
        return None
    roots = graph.direct(bom) or frozenset()
    return frozenset(component.key for component in bom.components if component.ref in roots)
