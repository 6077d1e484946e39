"""Writes the golden cards anew: `python -m tests.render.golden`, then read the difference before you keep it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from app.render.card import Card, card
from checks.model import Decision

from .decisions import STORY

CARDS = Path(__file__).parents[1] / "data" / "cards"
NOW = datetime(2026, 11, 22, 7, 42, tzinfo=UTC)


def drawn(decision: Decision) -> Card:
    return card(decision, now=NOW)


if __name__ == "__main__":
    for name, decision in STORY.items():
        (CARDS / f"{name}.md").write_text(drawn(decision).body, encoding="utf-8")
