"""Which packages of two bills an advisory speaks of: those in the book, and those that the bills carry themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from checks.sbom.advisories.advisory import Advisory, Book, rank
from checks.sbom.bills.bill import Bom, Component
from checks.sbom.findings.bills import Bills, Groups


@dataclass
class Exposure:
    """One advisory on one package: the versions it affects at either end, sorted."""

    key: str
    advisory: Advisory
    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)


Carried = dict[str, list[tuple[str, str, str]]]  # key -> (id, severity, version)


def exposures(bills: Bills) -> Iterator[Exposure]:
    """Every advisory on every package once, whatever names it goes by; sorted by key, the worst first."""
    at_base, at_head = _carried(bills.base), _carried(bills.head)
    keys = at_base.keys() | at_head.keys() | _listed(bills.book, bills.before) | _listed(bills.book, bills.after)
    for key in sorted(keys):
        found: dict[str, Exposure] = {}
        _from_book(found, bills, key)
        _from_bill(found, key, at_base.get(key, ()), "before")
        _from_bill(found, key, at_head.get(key, ()), "after")
        yield from sorted(found.values(), key=_order)


def _order(exposure: Exposure) -> tuple[int, float, str]:
    return rank(exposure.advisory)


def _listed(book: Book, groups: Groups) -> set[str]:
    """The packages that the book has any advisory on."""
    if not book.advisories:
        return set()
    return {key for key, package in groups.items() if book.on(package[0].ecosystem, package[0].name)}


def _from_book(found: dict[str, Exposure], bills: Bills, key: str) -> None:
    for component in bills.before.get(key, ()):
        for advisory in _known(bills.book, component):
            found.setdefault(advisory.id, Exposure(key, advisory)).before.add(component.version)
    for component in bills.after.get(key, ()):
        for advisory in _known(bills.book, component):
            found.setdefault(advisory.id, Exposure(key, advisory)).after.add(component.version)


def _known(book: Book, component: Component) -> tuple[Advisory, ...]:
    if not component.ecosystem or not component.version:
        return ()
    return book.of(component.ecosystem, component.name, component.version)


def _from_bill(found: dict[str, Exposure], key: str, carried: Iterable[tuple[str, str, str]], end: str) -> None:
    """What a bill carries joins the book's advisory of that name. Where only the bill has rated it, its word counts."""
    names = {name.lower(): each for each in found.values() for name in (each.advisory.id, *each.advisory.aliases)}
    for identifier, severity, version in carried:
        exposure = names.get(identifier.lower())
        if exposure is None:
            exposure = found[identifier] = names[identifier.lower()] = Exposure(key, _bare(identifier, severity))
        elif exposure.advisory.severity == "unknown" != severity:
            exposure.advisory = replace(exposure.advisory, severity=severity)
        (exposure.before if end == "before" else exposure.after).add(version)


def _bare(identifier: str, severity: str) -> Advisory:
    return Advisory(identifier, (), severity, None, "", "", "", "", ())


def _carried(bom: Bom) -> Carried:
    if not bom.vulnerabilities:
        return {}
    places: Mapping[str, Component] = {component.ref: component for component in bom.components}
    found: Carried = {}
    for advisory in bom.vulnerabilities:
        for ref in advisory.refs:
            if component := places.get(ref):
                entry = (advisory.id, advisory.severity, component.version)
                found.setdefault(component.key, []).append(entry)
    return found
