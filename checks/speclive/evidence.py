"""What the check shows of its figures, in JSON values: lists of a few, and how many there are beyond."""

from __future__ import annotations

from typing import Any

from checks.guarded import Guarded, Live, Seen
from checks.speclive.coverage import Coverage
from checks.speclive.weakened import Turn
from checks.speclive.words import window

MOST_SHOWN = 40  # of each list


def evidence(guarded: Guarded, covered: Coverage | None, moved: tuple[Turn, ...]) -> dict[str, Any]:
    """`bare` critical paths, `vacuous` cards, `survivors` by path, `seen` by commit, `turns` of cards."""
    bare, vacuous = (covered.bare, covered.vacuous) if covered else ((), ())
    survivors = guarded.mutants.survivors if guarded.mutants else ()
    seen = [one for one in (guarded.live, guarded.serving) if one]
    if len(seen) == 2 and seen[0].sha == seen[1].sha:
        del seen[1]
    return {
        "bare": [{"name": name, "place": _place(guarded, name)} for name in bare[:MOST_SHOWN]],
        "vacuous": list(vacuous[:MOST_SHOWN]),
        "survivors": [{"name": name, "left": left} for name, left in survivors[:MOST_SHOWN]],
        "seen": [_of(live, live is guarded.live) for live in seen],
        "turns": [_turn(turn) for turn in moved[:MOST_SHOWN]],
        "beyond": {
            name: max(len(items) - MOST_SHOWN, 0)
            for name, items in (("bare", bare), ("vacuous", vacuous), ("survivors", survivors), ("turns", moved))
        },
    }


def _place(guarded: Guarded, name: str) -> str:
    target = next((one for one in guarded.targets if one.name == name and one.path), None)
    if target is None:
        return ""
    return f"{target.path}#L{target.line}" if target.line else target.path


def _of(live: Live, head: bool) -> dict[str, Any]:
    """What was seen of a commit; of its clauses those that did not hold or could not be decided."""
    wrong = [seen for seen in live.clauses if seen.violated or seen.errors]
    wrong.sort(key=lambda seen: (not seen.critical, -seen.violated, seen.id))
    return {
        "head": head,
        "sha": live.sha,
        "window": window(live),
        "evaluated": sum(seen.evaluated for seen in live.clauses if seen.part != "given"),
        "clauses": [_clause(seen) for seen in wrong[:MOST_SHOWN]],
        "beyond": max(len(wrong) - MOST_SHOWN, 0),
    }


def _clause(seen: Seen) -> dict[str, Any]:
    return {
        "id": seen.id,
        "text": seen.text,
        "target": seen.target,
        "critical": seen.critical,
        "evaluated": seen.evaluated,
        "violated": seen.violated,
        "errors": seen.errors,
        "card": f"{seen.path}#L{seen.line}",
        "code": seen.code,
        "tests": list(seen.tests[:3]),
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "card": turn.card,
        "way": turn.way.value,
        "what": turn.what,
        "place": f"{turn.path}#L{turn.line}" if turn.path else "",
        "was": turn.was,
        "now": turn.now,
    }
