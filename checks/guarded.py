"""What is known of a repository's Spec Cards, as a Snapshot holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """A file of cards at both ends of the change; None where it is not there, equal texts where it is left alone."""

    path: str
    base: str | None
    head: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """A route or a task that cards can be bound to, with its code; `clauses`: those bound to it at the head.

    `calls` and `guarded` (those of which a Then was seen) are of the window. `handler`: `shop.pay:pay`, "" where not
    told.
    """

    name: str
    critical: bool
    clauses: tuple[str, ...] = ()
    path: str = ""
    line: int | None = None
    calls: int = 0
    guarded: int = 0
    handler: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A clause, and what was seen of it in the window. `code`: `shop/pay.py#L12` of its target, "" where not told."""

    id: str
    card: str
    part: str  # of speclive.cards.Part
    target: str
    text: str
    path: str
    line: int
    critical: bool = False
    evaluated: int = 0
    violated: int = 0
    errors: int = 0
    code: str = ""
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutants:
    """Wrong results that were made of right ones, and those that a Then noticed. `survivors`: targets, by how many."""

    made: int
    killed: int
    survivors: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Live:
    """What running processes told of one commit within the window: `environments` in which, the newest last."""

    sha: str
    targets: tuple[Target, ...]
    clauses: tuple[Seen, ...]
    environments: tuple[str, ...] = ()
    hours: float = 24.0


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of cards that nobody read, or ("" as its path) what is not known of them all. `touched`: by the change."""

    path: str
    reason: str
    touched: bool = False


@dataclass(frozen=True, slots=True)
class Guarded:
    """The cards of a change, and what is known of their guards.

    `told`: whether a report without calls was sent of the head; without one nobody knows its `targets`, and it may be
    `coming`. `live`: what was seen of the head itself, None where nothing was; `serving`: of what serves now.
    """

    features: tuple[Feature, ...] = ()
    told: bool = False
    coming: bool = False
    unread: tuple[Unread, ...] = ()
    targets: tuple[Target, ...] = ()
    mutants: Mutants | None = None
    live: Live | None = None
    serving: Live | None = None
