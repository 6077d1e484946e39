"""`speclive coverage APP`: how much of what matters is guarded, by the code and by the calls that were told."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from speclive import reports
from speclive.cards import CardError, Cards, load_all
from speclive.checking import here
from speclive.coverage import Coverage, bound, coverage, table
from speclive.limits import percentage
from speclive.mutants import joined, matches, strength
from speclive.targets import routes
from speclive.wire import Report, Target

_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
NOTHING_CRITICAL = 3
"""The exit code where nothing is critical: nobody knows the coverage."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "app", metavar="MODULE:ATTR", help="an application, functions in a row, targets, or what gives one of them"
    )
    parser.add_argument("--cards", action="append", metavar="PATH", help="feature files, or folders of them (specs)")
    parser.add_argument("--critical", action="append", default=[], metavar="GLOB", help='targets, as "POST *"')
    parser.add_argument("--live", nargs="+", action="extend", default=[], metavar="FILE", help="reports of calls")
    parser.add_argument("--fail-under", type=percentage, default=98.0, metavar="PERCENT", help="of coverage (98)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--report", metavar="FILE", help="write what is told of the commit without a call")


def run(options: argparse.Namespace) -> int:
    """Tell the coverage; 1 below the limit, 2 where it cannot be found out, 3 where nothing is critical."""
    here()
    try:
        cards = load_all(options.cards or ["specs"])
        there = listed(options.app, tuple(options.critical), cards)
        targets = bound([*there, *elsewhere(there, cards)], cards)
        told = reports.read(options.live)
    except (CardError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.report:
        reports.write(options.report, [static(cards, targets)])
    found = coverage(targets, cards, told)
    print(json.dumps(_as_json(found, _strength(told))) if options.json else table(found, _strength(told)))
    if found.share is None:
        print("nothing is critical: tag cards @critical, or name targets with --critical", file=sys.stderr)
        return NOTHING_CRITICAL
    return int(found.share * 100 < options.fail_under)


def static(cards: Cards, targets: list[Target]) -> Report:
    """What can be told of the commit without a call."""
    report = reports.begun("static", Path.cwd())
    report["targets"], report["clauses"] = targets, reports.uncounted(cards)
    return report


def listed(name: str, critical: tuple[str, ...], cards: Cards) -> list[Target]:
    """The targets of what `name` (`module:attribute`) is: an application, functions in a row, targets, or a function
    that gives one of them. ValueError where there is none.
    """
    module, _, attribute = name.partition(":")
    try:
        found = importlib.import_module(module)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
    except Exception as error:  # a module may raise whatever it likes while it is imported
        raise ValueError(f"{name} cannot be had: {type(error).__name__}: {error}") from error
    made: Any = _given(found)
    if isinstance(made, list) and made and all(isinstance(one, dict) and "name" in one for one in made):
        return _marked(cast("list[Target]", made), critical, cards)
    return routes(made, critical, cards)


def elsewhere(found: Iterable[Target], cards: Cards) -> list[Target]:
    """What critical cards are bound to and the application does not list: functions, tasks and classes."""
    known = {name for target in found for name in (target["name"], target["handler"])}
    missing = (card.binding for card in cards if card.critical and card.binding.target not in known)
    return [
        {"name": name, "handler": handler, "critical": True}
        for name, handler in dict.fromkeys((binding.target, binding.handler) for binding in missing)
    ]


def _given(found: Any) -> Any:
    """What a factory, a function that can be called without arguments, makes; any other function is what is meant."""
    if not inspect.isfunction(found):
        return found
    asked = inspect.signature(found).parameters.values()
    if any(one.default is one.empty and one.kind not in _STARRED for one in asked):
        return [found]
    if inspect.iscoroutinefunction(found):
        raise ValueError(f"{found.__qualname__} is awaited: name an application, or a plain function that gives one")
    return cast("Callable[[], Any]", found)()


def _marked(targets: list[Target], critical: tuple[str, ...], cards: Cards) -> list[Target]:
    bound_to = {card.binding.target for card in cards if card.critical}
    for target in targets:
        name = target["name"]
        target["critical"] = target.get("critical", False) or name in bound_to or matches(name, critical)
    return targets


def _strength(told: list[Report]) -> float | None:
    return strength(joined(report["mutants"] for report in told if "mutants" in report))


def _as_json(found: Coverage, share: float | None) -> dict[str, Any]:
    return {
        "critical": list(found.critical),
        "static": found.static,
        "live": found.live,
        "coverage": found.share,
        "strength": share,
        "calls": found.calls,
        "guarded": found.guarded,
        "uncovered": list(found.uncovered),
        "uncalled": list(found.uncalled),
        "vacuous": list(found.vacuous),
    }
