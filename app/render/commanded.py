"""What people asked for on a pull request and what came of it, folded in its card: the newest few."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.model import KeptCommand, Progress, Surface
from app.render.escape import Markdown
from app.render.templates import render

SHOWN = 5
SUMMARY = "Commands and provenance"

_WHERE: Mapping[Surface, str] = {
    Surface.COMMENT: "comment",
    Surface.BUTTON: "check run",
    Surface.CENTER: "Decision Center",
}


def commanded(commands: Sequence[KeptCommand]) -> Markdown:
    """A table of the newest of `commands`, which have ended, the newest first; "" where there is none."""
    if not commands:
        return Markdown("")
    return render("commanded.md.j2", commands=[_row(one) for one in commands[:SHOWN]], shown=SHOWN, n=len(commands))


def summary(commands: Sequence[KeptCommand]) -> str:
    """What it folds under, "" where there is none."""
    return f"{SUMMARY} ({len(commands)})" if commands else ""


def gist(commands: Sequence[KeptCommand]) -> str:
    """Changes when one more has ended, and with nothing else; "" where none has."""
    if not commands:
        return ""
    return hashlib.sha256(" ".join(one.id for one in commands).encode()).hexdigest()


def _row(one: KeptCommand) -> Mapping[str, Any]:
    changed = f"{one.before or 'nothing'} → {one.after}" if one.after else ""
    return {
        "when": datetime.fromtimestamp(one.ended or one.asked, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "who": one.who,
        "role": one.role,
        "where": _WHERE.get(one.surface, one.surface.value),
        "asked": f"{one.verb} {one.arguments}".strip(),
        "head": one.head_sha,
        "state": "carried out" if one.state is Progress.DONE else one.state.value,
        "said": one.said,
        "changed": changed,
    }
