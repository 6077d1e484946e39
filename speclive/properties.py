"""A card as a property: hypothesis makes inputs of a function's types, Given chooses of them, each Then must hold.

Only a function that does nothing but compute is called with made-up inputs (speclive/purity.py), and whatever is tagged
`@property`: its author says that a call does no harm.
"""

from __future__ import annotations

import asyncio
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from speclive.cards import Card, Clause, Part
from speclive.inspecting import Unresolved, resolve
from speclive.judging import Judged, Said, judged
from speclive.narrowing import ranges
from speclive.purity import computes

TAG = "@property"
_SHAPELESS = [dict, list, tuple, set, frozenset, object, Any]
Witness = Callable[[Judged, Mapping[str, Any], Mapping[str, tuple[Any, ...]], Any], None]
"""What is told of each call that a card applied to: the card, the arguments, the values of before, the result."""


class Violated(AssertionError):
    """Inputs for which a clause does not hold."""

    def __init__(self, card: Card, clause: Clause, inputs: Mapping[str, Any], result: Any) -> None:
        told = ", ".join(f"{name}={value!r}" for name, value in inputs.items())
        super().__init__(f"{clause.id} does not hold: {clause.text}\n{card.path}:{clause.line}\n({told}) -> {result!r}")


class Vacuous(Exception):
    """No input that was made met the Given of the card, or no call of it came to a result."""


@dataclass(frozen=True, slots=True)
class Property:
    """A card and the function that its inputs are made for; `types` by parameter."""

    card: Card
    function: Callable[..., Any]
    types: Mapping[str, Any]

    def run(self, witness: Witness) -> None:
        """Look for inputs that violate the card. Raises Violated, with the smallest that was found, or Vacuous."""
        from hypothesis import (
            HealthCheck,
            assume,
            given,
            settings,
        )  # not before it is wanted: it takes a tenth of a second
        from hypothesis.errors import Unsatisfiable

        met = [0]

        def property_of_a_card(**inputs: Any) -> None:
            assume(one.applies(inputs))
            met[0] += self._judge(one, inputs, witness)

        one = judged(self.card)
        try:
            searched = given(**self._inputs())(property_of_a_card)
            settings(suppress_health_check=list(HealthCheck), deadline=None)(searched)()
        except Unsatisfiable:
            met[0] = 0
        if not met[0]:
            raise Vacuous(f"{self.card.id}: no input was found that the card speaks of")

    def _inputs(self) -> dict[str, Any]:
        """What makes each input; of whole numbers those that the Given speaks of. Raises Vacuous where none is left."""
        from hypothesis.strategies import from_type, integers

        narrow = ranges(self.card)
        for name, (least, most) in narrow.items():
            if least is not None and most is not None and least > most:
                raise Vacuous(f"{self.card.id}: no input was found that the card speaks of: `{name}` can have no value")
        return {
            name: integers(*narrow[name]) if kind is int and name in narrow else from_type(kind)
            for name, kind in self.types.items()
        }

    def _judge(self, one: Judged, inputs: Mapping[str, Any], witness: Witness) -> bool:
        """Whether the call came to a result, which was held against the card."""
        olds = one.before(inputs)
        try:
            result = self._called(inputs)
        except Exception as error:
            _hold_to_raises(self.card, inputs, error)
            return bool(self.card.of(Part.RAISES))
        for clause in (clause for clause, _ in one.then if one.says(inputs, olds, result)[clause.id] is not Said.HOLDS):
            raise Violated(self.card, clause, inputs, result)
        witness(one, inputs, olds, result)
        return True

    def _called(self, inputs: Mapping[str, Any]) -> Any:
        by_place = [
            inputs[name] for name, one in inspect.signature(self.function).parameters.items() if _by_place_alone(one)
        ]
        by_name = dict(list(inputs.items())[len(by_place) :])
        result = self.function(*by_place, **by_name)
        return asyncio.run(result) if inspect.iscoroutine(result) else result


def property_of(card: Card) -> Property | None:
    """The property that a card is; None where it is none: no typed function, or one that may have effects.

    ValueError where it is tagged `@property` and cannot be one.
    """
    tagged = TAG in card.tags or TAG.lstrip("@") in card.tags
    try:
        function = inspect.unwrap(resolve(card.binding.handler).function) if card.binding.handler else None
        types = _types(function) if inspect.isfunction(function) else None
    except (Unresolved, ValueError, TypeError):
        types, function = None, None
    if types is None or not card.of(Part.THEN):
        if tagged:
            raise ValueError("it is tagged @property, and is not bound to a function whose parameters all have types")
        return None
    return Property(card, function, types) if function and (tagged or computes(function)) else None


def _types(function: Callable[..., Any]) -> dict[str, Any] | None:
    """The types by parameter; None where one has none, or one that says nothing of what is in it, as `dict`. A method
    has none either: nobody makes its self.
    """
    parameters = inspect.signature(function).parameters.values()
    if any(one.kind in {one.VAR_POSITIONAL, one.VAR_KEYWORD} or one.annotation is one.empty for one in parameters):
        return None
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError:  # types that exist for the type checker alone
        return None
    types = {one.name: hints[one.name] for one in parameters}
    return None if any(kind in _SHAPELESS for kind in types.values()) else types


def _by_place_alone(parameter: inspect.Parameter) -> bool:
    return parameter.kind is parameter.POSITIONAL_ONLY


def _hold_to_raises(card: Card, inputs: Mapping[str, Any], error: Exception) -> None:
    """What a card names may be raised; a card that names nothing says nothing of it."""
    names = {one.__name__ for one in type(error).__mro__}
    for clause in card.of(Part.RAISES):
        if names.isdisjoint(clause.raises):
            raise Violated(card, clause, inputs, error) from error
