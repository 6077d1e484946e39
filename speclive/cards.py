"""Spec Cards: their words, and how a text becomes them."""

from speclive.reading import load, parse
from speclive.words import (
    Binding,
    Card,
    CardError,
    Cards,
    Clause,
    Expression,
    Mode,
    Part,
    Refusal,
)

__all__ = [
    "Binding",
    "Card",
    "CardError",
    "Cards",
    "Clause",
    "Expression",
    "Mode",
    "Part",
    "Refusal",
    "load",
    "parse",
]
