"""SpecLive of a pull request: what its Spec Cards saw of the running service, and the way from a violation to code,
card and tests.

All of it is what a service says: texts become one visible line here, and an address leads to this repository's own
files at the commit that ran, or nowhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from app.model import KeptExemplar, SpecTold
from app.render import words
from app.render.escape import line
from app.render.evidence import blob
from app.render.pull import Shown, told
from checks.guarded import Live, Seen, Target
from checks.model import Pull

MOST = 20  # violations that are shown, and cards that are listed
_VALUES, _VALUE, _TESTS = 12, 120, 10  # inputs of one example, characters of one, tests of one card
_PLACE = re.compile(r"([^\s#:\\]{1,300})(?:#L(\d{1,7}))?")
_CANARY = {"canary": ", canary", "control": ", control"}


@dataclass(frozen=True, slots=True)
class Place:
    """A file and a line as people read them, and where it opens; "" where it does not."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause and what was seen of it."""

    id: str
    text: str
    part: str
    evaluated: int
    violated: int
    errors: int
    tone: str
    place: Place


@dataclass(frozen=True, slots=True)
class Card:
    """A card with its clauses, the code that it guards, and the tests that are marked with it."""

    id: str
    target: str
    critical: bool
    code: Place
    tests: tuple[Place, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """One example. `values`: inputs by name, and what came of them."""

    clause: str
    text: str
    at: float
    where: str
    service: str
    traceparent: str
    values: tuple[tuple[str, str], ...]
    sha: str
    code: Place
    card: Place
    tests: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """All of it. `figures`: by name. `off`: why guards are switched off, "" where they are not."""

    word: str
    tone: str
    said: str
    off: str
    figures: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    more: int
    violations: tuple[Violation, ...]
    survivors: tuple[tuple[str, int], ...]


def panel(shown: Shown) -> Panel | None:
    """None where nothing is told of any Spec Card."""
    if not shown.guarded:
        return None
    seen = next((one for one in reversed(shown.guarded) if one.live), shown.guarded[0])
    pull = replace(shown.pull, head_sha=seen.sha)
    cards = tuple(_cards(seen, pull))
    found = tuple(_violation(example, one, shown.pull) for one in shown.guarded for example in one.exemplars)
    static = shown.guarded[0].static
    mutants = static[1] if static else None
    word, tone = _word(seen.live)
    return Panel(
        word,
        tone,
        _said(seen, shown.pull),
        _off(seen),
        tuple((name, value) for name, value in _figures(shown, seen) if value),
        cards[:MOST],
        max(len(cards) - MOST, 0),
        tuple(sorted(found, key=lambda one: -one.at))[:MOST],
        tuple((line(name, 200), count) for name, count in mutants.survivors[:MOST]) if mutants else (),
    )


def panel_json(shown: Shown) -> dict[str, Any] | None:
    """The same for scripts."""
    made = panel(shown)
    return None if made is None else asdict(made)


# --- how it stands ---------------------------------------------------------------------------------------------


def _word(live: Live | None) -> tuple[str, str]:
    """In a word, and in which tone."""
    clauses = live.clauses if live else ()
    if any(one.violated for one in clauses):
        return "violated", "bad"
    if any(one.errors for one in clauses):
        return "guards fail", "open"
    return ("holds", "good") if any(one.evaluated for one in clauses) else ("not seen yet", "open")


def _said(seen: SpecTold, pull: Pull) -> str:
    live, which = seen.live, "the head" if seen.sha == pull.head_sha else "what was deployed of it"
    if live is None:
        return f"of {which}, `{words.short(seen.sha)}`: no process told of a call yet"
    where = ", ".join(line(one, 60) for one in live.environments)
    evaluated, violated = sum(one.evaluated for one in live.clauses), sum(one.violated for one in live.clauses)
    counted = f"{evaluated:,} times looked at, {violated:,} times violated in {live.hours:g} hours"
    return f"of {which}, `{words.short(seen.sha)}`, in {where}: {counted}"


def _off(seen: SpecTold) -> str:
    said = seen.switch
    if not said.off:
        return ""
    return f"Guards are switched off for the whole repository: {line(said.reason, 200) or 'no reason was given'}."


def _figures(shown: Shown, seen: SpecTold) -> Iterator[tuple[str, str]]:
    row = next((one for one in shown.decision.rows if one.result.name == "speclive"), None)
    for measure in words.telling(row.result.measures) if row else ():
        value, limit = words.value(measure, "speclive"), words.limit(measure)
        yield told(words.label(measure, "speclive"), 60), told(f"{value} ({limit})" if limit else value, 100)
    static = shown.guarded[0].static
    targets = static[0] if static else ()
    yield "Critical paths with a Then", _of(_critical(targets), lambda one: bool(one.clauses))
    calls = [one for one in _critical(seen.live.targets if seen.live else ()) if one.calls]
    guarded, total = sum(one.guarded for one in calls), sum(one.calls for one in calls)
    yield "Calls to them that a Then saw", f"{guarded:,} of {total:,}" if total else ""
    mutants = static[1] if static else None
    yield "Wrong results that a Then notices", f"{mutants.killed:,} of {mutants.made:,}" if mutants else ""


def _critical(targets: Sequence[Target]) -> list[Target]:
    return [one for one in targets if one.critical]


def _of(every: Sequence[Target], so: Any) -> str:
    return f"{sum(map(so, every)):,} of {len(every):,}" if every else ""


# --- cards and violations ----------------------------------------------------------------------------------------


def _cards(seen: SpecTold, pull: Pull) -> Iterator[Card]:
    """What is violated comes first, then what is critical."""
    by_card: dict[str, list[Seen]] = {}
    for clause in seen.live.clauses if seen.live else ():
        by_card.setdefault(clause.card, []).append(clause)
    ordered = sorted(
        by_card.values(), key=lambda of: (-sum(one.violated for one in of), not of[0].critical, of[0].card)
    )
    for clauses in ordered:
        first = clauses[0]
        yield Card(
            line(first.card, 200),
            line(first.target, 200),
            first.critical,
            _place(first.code, pull),
            _tests(first.tests, pull),
            tuple(_clause(one, pull) for one in clauses),
        )


def _urgent(clauses: Sequence[Seen]) -> tuple[int, bool, str]:
    return -sum(one.violated for one in clauses), not clauses[0].critical, clauses[0].card


def _clause(one: Seen, pull: Pull) -> Clause:
    tone = "bad" if one.violated else "open" if one.errors or not one.evaluated else "good"
    counts = (one.evaluated, one.violated, one.errors, tone)
    return Clause(line(one.id, 300), line(one.text, 300), one.part, *counts, _place(f"{one.path}#L{one.line}", pull))


def _violation(example: KeptExemplar, of: SpecTold, pull: Pull) -> Violation:
    at = replace(pull, head_sha=of.sha)
    clause = next((one for one in (of.live.clauses if of.live else ()) if one.id == example.clause), None)
    tests = clause.tests if clause else ()
    return Violation(
        line(example.clause, 300),
        line(clause.text, 300) if clause else "",
        example.at,
        line(example.environment, 60) + _CANARY.get(example.side, ""),
        line(example.service, 60),
        line(example.traceparent, 60),
        tuple(_values(example)),
        of.sha,
        _place(example.code or (clause.code if clause else ""), at),
        _place(f"{clause.path}#L{clause.line}" if clause else "", at),
        _tests(tests, at),
    )


def _values(example: KeptExemplar) -> Iterator[tuple[str, str]]:
    for name, value in list(example.inputs.items())[:_VALUES]:
        yield line(name, 60), _value(value)
    if example.raised:
        yield "raised", line(example.raised, _VALUE)
    else:
        yield "result", _value(example.result)


def _value(value: object) -> str:
    return line(json.dumps(value, ensure_ascii=False), _VALUE)


def _tests(tests: Sequence[str], pull: Pull) -> tuple[Place, ...]:
    """`tests/test_pay.py::test_it` opens its file, `tests/test_pay.py:12` its line."""
    return tuple(_test(one, pull) for one in tests[:_TESTS])


def _test(name: str, pull: Pull) -> Place:
    path, _, number = name.partition("::")[0].partition(":")
    opened = _place(f"{path}#L{number}" if number.isascii() and number.isdigit() else path, pull)
    return Place(line(name, 200), opened.url)


def _place(told_of: str, pull: Pull) -> Place:
    """`shop/pay.py#L12` at the head of `pull`. A path that leaves the repository opens nothing."""
    found = _PLACE.fullmatch(told_of)
    if found is None or found[1].startswith("/") or ".." in found[1].split("/"):
        return Place(line(told_of, 200), "")
    path, number = found[1], found[2]
    shown = f"{path}:{number}" if number and number != "0" else path
    return Place(line(shown, 200), blob(path, pull, f"L{number}" if shown != path else ""))
