"""Given/When/Then cards that guard a running service, cheap enough to leave on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speclive.cards import Card, CardError, Cards, Mode, load

__version__ = "1.5.0"
__all__ = ["Card", "CardError", "Cards", "Mode", "load"]

# Where each name is found. A service that imports one of them does not pay for the others.
_HOME = {
    "Card": "speclive.cards",
    "CardError": "speclive.cards",
    "Cards": "speclive.cards",
    "Mode": "speclive.cards",
    "load": "speclive.cards",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found
