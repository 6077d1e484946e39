"""The words of a Spec Card, all frozen: what was read of a feature file, and what was wrong with it.

A card is one Scenario. `Given` says when it applies, `Then` what must hold of the call it is bound to; each such step
is a clause with an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What a guard does with what it finds."""

    OBSERVE = "observe"  # count it, and keep an example
    ENFORCE = "enforce"  # raise SpecViolation besides
    SHADOW = "shadow"  # look only on an arm that serves nobody, or few: the canary, the mirror
    OFF = "off"


class Part(StrEnum):
    """Which part of a card a clause is."""

    GIVEN = "given"  # the card applies where all of them hold
    THEN = "then"  # holds of every call that the card applies to
    RAISES = "raises"  # the call raises nothing but what is named


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a card cannot be used: the file as it was named, the line from 1, the reason in one line."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class CardError(ValueError):
    """Cards that cannot be used, with every refusal."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__("\n".join(map(str, refusals)))
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was found harmless.

    `source`: as it was written. `digest`: 12 hex digits of the SHA-256 of its tree, the same however it is laid out.
    `names`: what it reads of the call, `result` among them. `old`: what it wants of the moment before the call.
    """

    source: str
    digest: str
    names: frozenset[str]
    old: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One step that can be decided. `id`: of its card, its part and its number in it, `pay.balance#t1`."""

    id: str
    part: Part
    text: str
    line: int
    expression: Expression | None = None  # None: `raises` tells
    raises: tuple[str, ...] = ()
    digest: str = ""  # what it demands, however it is laid out: another one is another demand


@dataclass(frozen=True, slots=True)
class Binding:
    """What a card speaks of: an endpoint `POST /pay`, what handles it `shop.pay:pay`, or both; "" where not told.

    A class binds its public methods.
    """

    endpoint: str = ""
    handler: str = ""

    @property
    def target(self) -> str:
        """How it is called in reports."""
        return self.endpoint or self.handler


@dataclass(frozen=True, slots=True)
class Card:
    """One Scenario, or one row of an outline's examples.

    `sample`: the share of calls that are looked at. `require`: a `Given` that does not hold is a violation, not a call
    that the card leaves alone. `redact`: never shown of an example; `allow`: shown as it is; of all else the type.
    `watch`: inputs and outputs whose distribution is told. `manual`: steps that a person checks.
    """

    id: str
    name: str
    path: str
    line: int
    binding: Binding
    clauses: tuple[Clause, ...]
    mode: Mode = Mode.OBSERVE
    sample: float = 1.0
    critical: bool = False
    require: bool = False
    owner: str = ""
    tags: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()

    def of(self, part: Part) -> tuple[Clause, ...]:
        """Its clauses of one part, in the order of the file."""
        return tuple(clause for clause in self.clauses if clause.part is part)


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards in the order in which they were read."""

    cards: tuple[Card, ...] = ()

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def __add__(self, other: Cards) -> Cards:
        return Cards(self.cards + other.cards)
