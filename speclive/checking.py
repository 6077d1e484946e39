"""`speclive check CARDS`: can each card be bound to the code, and read what it wants to read there?"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict

from speclive.cards import CardError, Cards, Refusal, load_all
from speclive.inspecting import checked


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("paths", nargs="+", metavar="CARDS", help="a feature file, or a folder of them")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(options: argparse.Namespace) -> int:
    """Tell what cannot be bound; 1 where anything is found, 2 where the cards cannot be read."""
    here()
    try:
        cards = load_all(options.paths)
    except CardError as error:
        return _told(options, error.refusals, "refused", 2)
    refusals = checked(cards)
    return _told(options, refusals, "not bound", 1) if refusals else _told(options, (), _well(cards), 0)


def here() -> None:
    """Let modules be imported from the folder in which the command is run, as `python -m` does, and from its `src`."""
    for folder in (os.path.join(os.getcwd(), "src"), os.getcwd()):
        if folder not in sys.path and os.path.isdir(folder):
            sys.path.insert(0, folder)


def _told(options: argparse.Namespace, refusals: tuple[Refusal, ...], words: str, code: int) -> int:
    if options.json:
        print(json.dumps({"refused": [asdict(refusal) for refusal in refusals]}))
    elif not refusals:
        print(words)
    for refusal in refusals:
        print(f"{refusal.path}:{refusal.line}: {words}: {refusal.reason}", file=sys.stderr)
    return code


def _well(cards: Cards) -> str:
    unbound = len([card for card in cards if not card.binding.handler])
    note = f", {unbound} of them to endpoints that a middleware finds" if unbound else ""
    return f"{len(cards)} cards are bound{note}"
