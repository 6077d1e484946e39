"""The cards of a change at both its ends, and what of them cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from checks.guarded import Feature, Guarded
from speclive.cards import Card, CardError, Refusal, parse


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a file of the head is of no use. `already`: it was of none at the base."""

    refusal: Refusal
    already: bool


@dataclass(frozen=True, slots=True)
class Ends:
    """Cards by id. `hidden`: files of the head whose cards nobody knows."""

    base: Mapping[str, Card] = field(default_factory=dict)
    head: Mapping[str, Card] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    hidden: frozenset[str] = frozenset()
    at_head: frozenset[str] = frozenset()  # the files that are there

    @property
    def cards(self) -> Iterator[Card]:
        """Of both ends; one that is at both is told twice."""
        yield from self.base.values()
        yield from self.head.values()


def ends(guarded: Guarded) -> Ends:
    """What the texts of both ends say."""
    base: dict[str, Card] = {}
    head: dict[str, Card] = {}
    broken: list[Broken] = []
    hidden = {one.path for one in guarded.unread if one.path}
    for feature in guarded.features:
        was, now = _cards(feature.base, feature.path), _cards(feature.head, feature.path)
        base |= {card.id: card for card in was.cards}
        if now.refusals:
            hidden.add(feature.path)
            broken += [Broken(one, bool(was.refusals)) for one in now.refusals]
        head |= {card.id: card for card in now.cards}
    there = frozenset(feature.path for feature in guarded.features if feature.head is not None)
    return Ends(base, head, (*broken, *_twins(guarded.features)), frozenset(hidden), there)


@dataclass(frozen=True, slots=True)
class _File:
    cards: tuple[Card, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def _cards(text: str | None, path: str) -> _File:
    return _File() if text is None else _parsed(text, path)


@lru_cache(maxsize=512)  # a file that is left alone is read once for both ends, and for each look at the change
def _parsed(text: str, path: str) -> _File:
    try:
        return _File(parse(text, path).cards)
    except CardError as error:
        return _File(refusals=error.refusals)


def _twins(features: Iterable[Feature]) -> Iterator[Broken]:
    """Cards of one id in two files: a service would load neither. The file that the change touches is to blame."""
    known: dict[str, Card] = {}
    for feature in sorted(features, key=lambda one: one.base != one.head):  # what is left alone comes first
        for card in _cards(feature.head, feature.path).cards:
            other = known.setdefault(card.id, card)
            if other.path != card.path:
                reason = f"the id `{card.id}` is taken by {other.path}:{other.line}: give one of them another @spec-id"
                yield Broken(Refusal(card.path, card.line, reason), feature.base == feature.head)
