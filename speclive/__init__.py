"""Given/When/Then cards that guard a running service, cheap enough to leave on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speclive.cards import Card, CardError, Cards, Mode, load
    from speclive.configuring import configure
    from speclive.control import off, on
    from speclive.errors import SpecViolation
    from speclive.guards import guard, guarded, report
    from speclive.tasks import task

__version__ = "1.5.0"
__all__ = [
    "Card",
    "CardError",
    "Cards",
    "Mode",
    "SpecViolation",
    "configure",
    "guard",
    "guarded",
    "load",
    "off",
    "on",
    "report",
    "task",
]

# Where each name is found. A service that imports one of them does not pay for the others.
_HOME = {
    "Card": "speclive.cards",
    "CardError": "speclive.cards",
    "Cards": "speclive.cards",
    "Mode": "speclive.cards",
    "SpecViolation": "speclive.errors",
    "configure": "speclive.configuring",
    "guard": "speclive.guards",
    "guarded": "speclive.guards",
    "load": "speclive.cards",
    "off": "speclive.control",
    "on": "speclive.control",
    "report": "speclive.guards",
    "task": "speclive.tasks",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for."""
    if name == "control":
        return import_module("speclive.control")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found
