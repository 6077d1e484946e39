"""Which packages of some bills a source of advisories can be asked about, and which nobody can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.osv.model import Package
from checks.model import SbomPair
from checks.sbom import Component, UnreadableError, read
from checks.sbom.asking import say, unidentified

MOST_UNASKED = 1_000  # names; of more, only so many are told


@dataclass(frozen=True, slots=True)
class Packages:
    """Sorted, each once. `unasked`: of the heads alone, for what leaves needs nobody's word."""

    asked: tuple[Package, ...]
    unasked: tuple[str, ...]


def differing(pairs: Iterable[SbomPair]) -> tuple[SbomPair, ...]:
    """The bills that a change bears on: both ends are there, and not the same."""
    return tuple(
        pair
        for pair in pairs
        if pair.base and pair.head and not pair.base.missing and not pair.head.missing
        if pair.base.text != pair.head.text
    )


def packages_of(pairs: Iterable[SbomPair]) -> Packages:
    """The packages of both ends of `pairs`. Takes its time: for a thread. What cannot be read, the check tells."""
    bases, heads = set[Component](), set[Component]()
    for pair in pairs:
        bases |= _components(pair.base.text if pair.base else "")
        heads |= _components(pair.head.text if pair.head else "")
    asked = {Package(one.purl, one.version) for one in bases | heads if not unidentified(one)}
    unasked = sorted({say(one) for one in heads if unidentified(one)})
    return Packages(tuple(sorted(asked)), tuple(unasked[:MOST_UNASKED]))


def _components(text: str) -> set[Component]:
    try:
        return set(read(text).components) if text else set()
    except UnreadableError:
        return set()
