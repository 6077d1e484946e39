"""`speclive mutate`: of wrong results, how many would the cards notice, and what does nobody promise yet?

The results are those that tests recorded (`pytest --speclive --speclive-report FILE`), and with `--cards` those of
functions that are called with made-up inputs, as properties are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable

from speclive import reports
from speclive.cards import CardError, Cards, load_all
from speclive.checking import here
from speclive.coverage import percent
from speclive.limits import percentage
from speclive.mutants import Trials, joined, strength
from speclive.properties import Vacuous, Violated, property_of
from speclive.wire import Mutants

SHOWN = 6
"""Mutants of one target that a person is told at once; --json tells all."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("reports", nargs="*", metavar="FILE", help="reports of tests")
    parser.add_argument("--cards", action="append", default=[], metavar="PATH", help="make results of their functions")
    parser.add_argument("--critical", action="append", metavar="GLOB", help="of what is made, these targets alone")
    parser.add_argument("--fail-under", type=percentage, default=60.0, metavar="PERCENT", help="of strength (60)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> int:
    """Tell the strength; 1 below the limit, 2 where nothing can be read, 3 where no result was to be had."""
    here()
    try:
        told = [report["mutants"] for report in reports.read(options.reports) if "mutants" in report]
        made = generated(load_all(options.cards)).report(options.critical) if options.cards else None
    except (CardError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    found = joined([*told, *([made] if made else [])])
    share = strength(found)
    print(json.dumps({"strength": share, **found}) if options.json else table(found))
    if share is None:
        print("there is no result to be wrong: give reports of tests, or --cards", file=sys.stderr)
        return 3
    return int(share * 100 < options.fail_under)


def generated(cards: Cards) -> Trials:
    """What is tried of the results of functions that can be called with made-up inputs."""
    trials = Trials()
    for card in cards:
        try:
            if (one := property_of(card)) is not None:
                one.run(lambda judged, *call: trials.try_all([judged], *call))
        except (Vacuous, Violated, ValueError) as reason:  # `pytest --speclive` tells them; here they are no result
            print(f"{card.path}:{card.line}: {reason}", file=sys.stderr)
    return trials


def table(found: Mutants) -> str:
    """The figures for a person, and of each target what no Then notices."""
    head = f"strength {percent(strength(found))}: {found['killed']} of {found['made']} wrong results noticed"
    return "\n".join([head, *_survivors(found["survivors"])])


def _survivors(survivors: Iterable[dict[str, object]]) -> list[str]:
    by_target: dict[object, list[str]] = {}
    for survivor in survivors:
        by_target.setdefault(survivor["target"], []).append(str(survivor["mutant"]))
    return [
        f"{target}: no Then notices that {_some(mutants)}"
        for target, mutants in sorted(by_target.items(), key=lambda one: -len(one[1]))
    ]


def _some(mutants: list[str]) -> str:
    more = len(mutants) - SHOWN
    return ", or that ".join(mutants[:SHOWN]) + (f", and {more} more" if more > 0 else "")
