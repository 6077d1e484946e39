"""How a command shows a decision: JSON when asked, else drawn for the terminal at hand."""

from __future__ import annotations

import json
import os
import shutil
import sys

from app.render.decision_json import decision_json
from app.render.terminal import terminal
from checks.model import Decision

WIDEST = 120


def drawn(decision: Decision) -> str:
    """The decision for this terminal."""
    return terminal(decision, columns(), coloured())


def columns() -> int:
    """How wide a line may be here."""
    return min(shutil.get_terminal_size((100, 24)).columns, WIDEST)


def coloured() -> bool:
    """Colours only for a person, and not under NO_COLOR (no-color.org)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def as_json(decision: Decision) -> str:
    """The decision as indented JSON."""
    return json.dumps(decision_json(decision), indent=2)
