"""`speclive compile FILE...`: read cards, and say of each that is refused where and why."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from speclive.cards import Card, CardError, Cards, Refusal, load_all


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("paths", nargs="+", metavar="FILE", help="a feature file, or a folder of them")
    parser.add_argument("--json", action="store_true", help="print what was read, or refused, as JSON")


def run(options: argparse.Namespace) -> int:
    """Tell what was read; 1 where anything is refused."""
    cards, refused = _read(options.paths)
    for refusal in refused:
        print(refusal, file=sys.stderr)
    print(_as_json(cards, refused) if options.json else _told(cards, refused))
    return int(bool(refused))


def _read(paths: Sequence[str]) -> tuple[Cards, tuple[Refusal, ...]]:
    try:
        return load_all(paths), ()
    except CardError as error:
        return Cards(), error.refusals


def summary(cards: Cards) -> dict[str, int]:
    """How many cards, clauses, critical cards, and things that they are bound to."""
    return {
        "cards": len(cards),
        "clauses": sum(len(card.clauses) for card in cards),
        "critical": sum(card.critical for card in cards),
        "bound": len({card.binding.target for card in cards} - {""}),
    }


def _told(cards: Cards, refused: Sequence[Refusal]) -> str:
    if refused:
        return f"refused: {len(refused)} in {len({refusal.path for refusal in refused})} of the files; nothing is used"
    counted = summary(cards)
    return (
        f"{counted['cards']} cards, {counted['critical']} of them critical, with {counted['clauses']} clauses, "
        f"bound to {counted['bound']} endpoints, functions, tasks or classes"
    )


def _as_json(cards: Cards, refused: Sequence[Refusal]) -> str:
    return json.dumps({
        "summary": summary(cards),
        "cards": [_card(card) for card in cards],
        "refused": [asdict(refusal) for refusal in refused],
    })  # fmt: skip


def _card(card: Card) -> dict[str, Any]:
    clauses = [
        {
            "id": clause.id,
            "part": clause.part,
            "text": clause.text,
            "line": clause.line,
            "digest": clause.digest,
            "expression": clause.expression.source if clause.expression else None,
            "raises": list(clause.raises),
        }
        for clause in card.clauses
    ]
    return asdict(card) | {"clauses": clauses}
