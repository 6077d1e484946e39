"""Results of guarded calls, recorded while tests run: each is tried with its mutants as soon as it is there.

Nothing is kept of a result: it may be changed later, and it may be a secret.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from speclive import sites
from speclive.cards import Card
from speclive.judging import Judged, judged
from speclive.mutants import Trials
from speclive.sites import Site


@dataclass(slots=True)
class Recorder:
    """Tries the mutants of what guarded functions return, on the cards that apply to the call."""

    trials: Trials = field(default_factory=Trials)
    _judged: dict[Card, Judged] = field(default_factory=dict)

    def start(self) -> None:
        """Hear every function that is guarded from now on."""
        sites.heard = self.over

    def stop(self) -> None:
        """Hear no more of them; those that were guarded meanwhile keep who hears them."""
        sites.heard = sites.unheard

    def over(self, site: Site) -> Callable[..., Any]:
        """What a wrapper calls, with its results recorded. A generator has no result: it is left as it is."""
        if site.shape.kind.generates:
            return site.original
        try:
            signature = inspect.signature(site.original)
        except (ValueError, TypeError):  # what has no signature cannot be read
            return site.original
        begin = functools.partial(self._begun, site, signature)
        return _waiting(site.original, begin) if inspect.iscoroutinefunction(site.original) else _plain(site, begin)

    def _begun(self, site: Site, signature: inspect.Signature, given: Any, named: Mapping[str, Any]) -> _Call | None:
        """What is to be known before the call; None where no card applies, or enough was tried."""
        wanted = [self._of(card) for card in site.cards if self.trials.wants(card)]
        if not wanted:
            return None
        try:
            bound = signature.bind(*given, **named)
        except TypeError:
            return None
        bound.apply_defaults()
        applying = [one for one in wanted if one.applies(bound.arguments)]
        olds = {clause: values for one in applying for clause, values in one.before(bound.arguments).items()}
        return _Call(self.trials, applying, bound.arguments, olds)

    def _of(self, card: Card) -> Judged:
        if card not in self._judged:
            self._judged[card] = judged(card)
        return self._judged[card]


@dataclass(frozen=True, slots=True)
class _Call:
    trials: Trials
    cards: list[Judged]
    arguments: Mapping[str, Any]
    olds: Mapping[str, tuple[Any, ...]]

    def ended(self, result: Any) -> None:
        """It came to a result. The cards of each target by themselves."""
        by_target: dict[str, list[Judged]] = {}
        for one in self.cards:
            by_target.setdefault(one.card.binding.target, []).append(one)
        for cards in by_target.values():
            self.trials.try_all(cards, self.arguments, self.olds, _read(cards[0].card, result))


def _read(card: Card, result: Any) -> Any:
    """What was read of an answer: a middleware leaves out what no card asks for, and nobody can miss that."""
    if card.binding.handler or not isinstance(result, dict):
        return result
    return {name: value for name, value in result.items() if value is not None}


Begin = Callable[[Any, Mapping[str, Any]], _Call | None]


def _plain(site: Site, begin: Begin) -> Callable[..., Any]:
    function = site.original

    @functools.wraps(function)
    def recorded(*given: Any, **named: Any) -> Any:
        call = begin(given, named)
        result = function(*given, **named)
        if call is not None and not inspect.isawaitable(result):
            call.ended(result)
        return result

    return recorded


def _waiting(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    async def recorded(*given: Any, **named: Any) -> Any:
        call = begin(given, named)
        result = await function(*given, **named)
        if call is not None:
            call.ended(result)
        return result

    return recorded
