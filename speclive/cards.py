"""Spec Cards: their words, and how a text becomes them."""

from speclive.reading import load, load_all, parse
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
    "load_all",
    "parse",
]
