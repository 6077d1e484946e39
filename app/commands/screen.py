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
    """The decision for this terminal; colours only for a person, and not under NO_COLOR (no-color.org)."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return terminal(decision, min(shutil.get_terminal_size((100, 24)).columns, WIDEST), colour)


def as_json(decision: Decision) -> str:
    """The decision as indented JSON."""
    return json.dumps(decision_json(decision), indent=2)
