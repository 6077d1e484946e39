"""What a person may ask for, by how a pull request stands: buttons of its check run, page and overlay."""

from __future__ import annotations

from dataclasses import dataclass

from checks.model import Decision


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to ask for: the verb, what follows it, what stands on its button and what that means.

    `target`: what it acts on, for whoever must confirm it. `undoes`: it takes back what was done before.
    """

    verb: str
    label: str  # at most 20 characters, as GitHub wants it
    description: str  # at most 40
    arguments: str = ""
    target: str = ""
    destructive: bool = False
    reason: bool = False  # a reason is to be given, and follows the arguments
    undoes: bool = False


def offers(decision: Decision) -> tuple[Offer, ...]:
    """All that makes sense of `decision`, what helps most first: a check run has room for three."""
    del decision
    return ()
