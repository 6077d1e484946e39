"""What a test run tells at its end: the sum of its processes, as one report of calls and one of the commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypedDict

from speclive import reports, window
from speclive.cards import Card, Cards
from speclive.coverage import bound
from speclive.covering import listed
from speclive.inspecting import Unresolved, resolve
from speclive.mutants import Trials, matches
from speclive.targets import place
from speclive.wire import Counted, Exemplar, Report, Target, Watched

MOST_EXEMPLARS = 256


class Told(TypedDict):
    """What one process of a run tells the one that started it."""

    targets: list[Target]
    clauses: list[Counted]
    exemplars: list[Exemplar]
    watched: list[Watched]
    killed: dict[str, dict[str, bool]]
    tried: dict[str, list[str]]
    tests: dict[str, list[str]]
    vacuous: list[str]
    violations: list[str]


def told(trials: Trials, tests: dict[str, list[str]], vacuous: list[str], violations: list[str]) -> Told:
    """What this process saw since it began."""
    seen = window.drain()
    return {
        "targets": seen.targets,
        "clauses": seen.clauses,
        "exemplars": seen.exemplars,
        "watched": seen.watched,
        "killed": trials.killed,
        "tried": trials.clauses,
        "tests": tests,
        "vacuous": vacuous,
        "violations": violations,
    }


def targets(cards: Cards, app: str, critical: tuple[str, ...]) -> list[Target]:
    """What of the repository can be bound: the targets of `app` (`module:attribute`), and what cards are bound to."""
    found = listed(app, critical, cards) if app else []
    known = {target["name"] for target in found}
    for card in cards:
        if card.binding.target and card.binding.target not in known:
            known.add(card.binding.target)
            found.append(_target(card, critical))
    return bound(found, cards)


def _target(card: Card, critical: tuple[str, ...]) -> Target:
    name, handler = card.binding.target, card.binding.handler
    target: Target = {"name": name, "handler": handler, "critical": card.critical or matches(name, critical)}
    try:
        where = place(resolve(handler).function) if handler else None
    except Unresolved:
        where = None
    if where is not None:
        target["path"], target["line"] = where
    return target


def write(path: str, root: Path, began: float, cards: Cards, known: list[Target], everybody: Sequence[Told]) -> None:
    """Write the report of the calls, and that of the commit."""
    reports.write(path, [_live(root, began, everybody), _static(root, cards, known, everybody)])


def _live(root: Path, began: float, everybody: Sequence[Told]) -> Report:
    report = reports.begun("live", root, began)
    report["targets"] = reports.summed_targets(one["targets"] for one in everybody)
    report["clauses"] = reports.summed_clauses(one["clauses"] for one in everybody)
    report["exemplars"] = [example for one in everybody for example in one["exemplars"]][:MOST_EXEMPLARS]
    report["watched"] = [watched for one in everybody for watched in one["watched"]]
    return report


def _static(root: Path, cards: Cards, known: list[Target], everybody: Sequence[Told]) -> Report:
    report = reports.begun("static", root)
    critical = [target["name"] for target in known if target["critical"]]
    trials = Trials()
    for one in everybody:
        trials.add(one["killed"], one["tried"])
    report["targets"], report["clauses"] = known, reports.uncounted(cards)
    report["mutants"] = trials.report(critical or None)
    report["tests"] = _tests(one["tests"] for one in everybody)
    return report


def _tests(everybody: Iterable[dict[str, list[str]]]) -> dict[str, list[str]]:
    """By card, its tests: each process of a run collects them all."""
    found: dict[str, dict[str, None]] = {}
    for tests in everybody:
        for card, names in tests.items():
            found.setdefault(card, {}).update(dict.fromkeys(names))
    return {card: list(names) for card, names in found.items()}
