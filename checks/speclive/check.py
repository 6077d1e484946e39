"""The check of Spec Cards: what guards critical paths, what was seen of a head, what a change takes away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.guarded import Guarded
from checks.model import Check, CheckResult, Finding, Measure, Measured, Missing, Need, Snapshot, State
from checks.speclive.block import NAME, Config
from checks.speclive.coverage import Coverage, coverage, known_critical
from checks.speclive.evidence import evidence
from checks.speclive.figures import Figured, Point, figured
from checks.speclive.found import BROKEN, VIOLATED, WEAKENED, findings
from checks.speclive.reading import Ends, ends
from checks.speclive.weakened import LOST, Turn, Way, turns
from checks.speclive.words import count, window

MOST_FINDINGS = 50
_BADNESS = (State.BLOCK, State.UNMEASURED, State.WAIT, State.WARN, State.PASS)  # the worst first
_NOTHING_CRITICAL = "no path is known to be critical: tag cards `@critical`, or name paths in `speclive.critical`"
_SEND = "Have CI run `speclive coverage` with `--report`, and send that to `/api/speclive/reports`."
_REMEDIES = {
    BROKEN: "Correct the card: `speclive compile` refuses it with the same words.",
    VIOLATED: "Mend the code, or the card where that demands too much.",
    WEAKENED: "See that each is meant.",
}


@dataclass(frozen=True, slots=True)
class _Look:
    """The change, looked at once. `covered`: None where no report of the head came."""

    guarded: Guarded
    ends: Ends
    moved: tuple[Turn, ...]
    findings: tuple[Finding, ...]
    covered: Coverage | None
    figured: Figured

    @property
    def violations(self) -> int | None:
        """Of the head; None where nobody saw a call of it."""
        live = self.guarded.live
        return None if live is None else sum(seen.violated for seen in live.clauses)

    @property
    def serves(self) -> bool:
        """Is it the head itself that serves?"""
        live, serving = self.guarded.live, self.guarded.serving
        return live is not None and serving is not None and live.sha == serving.sha


def absent(snapshot: Snapshot, config: Config) -> str:
    """Why there is nothing to speak of: nothing is critical, and nothing was found. "" where there is."""
    guarded = snapshot.guarded
    if not isinstance(guarded, Guarded):
        return ""
    both = ends(guarded)
    if known_critical(guarded, both, config) or findings(guarded, both, turns(both), config):
        return ""
    return "" if config.critical and not guarded.told else _NOTHING_CRITICAL


def evaluate(snapshot: Snapshot, config: Config, _measured: Measured) -> CheckResult:
    """The worst of what is bound, what was seen, how strong it is, and what the change takes away."""
    guarded = snapshot.guarded
    if isinstance(guarded, Missing):
        return CheckResult(NAME, guarded.state, "What the cards are is not known", reasons=(guarded.reason,))
    look = _look(guarded or Guarded(), config)
    points = [*_found(look), *_report(look, snapshot), *look.figured.points]
    state = min((_BADNESS.index(point.state) for point in points), default=len(_BADNESS) - 1)
    worst = next((point for point in points if _BADNESS.index(point.state) == state), None)
    return CheckResult(
        NAME,
        _BADNESS[state],
        _title(look, snapshot),
        reasons=tuple(dict.fromkeys((*(point.reason for point in points), *_asides(look)))),
        measures=(*look.figured.measures, *_violations(look)),
        findings=look.findings[:MOST_FINDINGS],
        next_step=worst.next_step if worst else "",
        detail=evidence(look.guarded, look.covered, look.moved),
        stage=f"{look.violations or 0} {len(look.findings)}",
    )


def _look(guarded: Guarded, config: Config) -> _Look:
    both = ends(guarded)
    moved = turns(both)
    found = coverage(guarded, both, config) if guarded.told else None
    said = figured(guarded, found, config) if found else Figured((), ())
    return _Look(guarded, both, moved, findings(guarded, both, moved, config), found, said)


# --- in words ----------------------------------------------------------------------------------------------------


def _report(look: _Look, snapshot: Snapshot) -> Iterator[Point]:
    if look.guarded.told:
        return
    head = snapshot.pull.head_sha[:7]
    if look.guarded.coming:
        yield Point(State.WAIT, f"no report of what guards `{head}` came yet; CI may still send it")
    else:
        yield Point(State.UNMEASURED, f"nobody told what guards `{head}`", _SEND)


def _found(look: _Look) -> Iterator[Point]:
    """A point for each rule that was broken, at its worst."""
    for rule in dict.fromkeys(finding.rule for finding in look.findings):
        of_rule = [finding for finding in look.findings if finding.rule == rule]
        several = len({finding.id or (finding.path, finding.line) for finding in of_rule})
        reason = f"{count(several, rule)}, {of_rule[0].message}" if several > 1 else of_rule[0].message
        yield Point(of_rule[0].state, reason, _REMEDIES.get(rule, ""))


def _asides(look: _Look) -> Iterator[str]:
    """What is said and weighs nothing."""
    serving = look.guarded.serving
    if serving and not look.serves and (broken := [one for one in serving.clauses if one.violated]):
        names = ", ".join(one.id for one in broken[:3])
        yield f"what serves violates {names}, {window(serving)}: this change did not cause it"
    gained = [turn for turn in look.moved if turn.way not in LOST]
    for way in (Way.ADDED, Way.STRENGTHENED):
        cards = tuple(dict.fromkeys(turn.card for turn in gained if turn.way is way))
        if cards:
            yield f"{count(len(cards), 'card')} {way}: {', '.join(cards[:3])}"
    yield from (one.reason for one in look.guarded.unread if not one.touched)
    if len(look.findings) > MOST_FINDINGS:
        yield f"{len(look.findings) - MOST_FINDINGS} more findings are not listed"


def _title(look: _Look, snapshot: Snapshot) -> str:
    parts: list[str] = []
    if look.covered is None:
        parts.append(f"No report of what guards {snapshot.pull.head_sha[:7]}")
    elif look.covered.critical:
        parts.append(f"{look.covered.covered}/{count(len(look.covered.critical), 'critical path')}")
    else:
        parts.append("No critical path")
    if broken := {finding.path for finding in look.findings if finding.rule == BROKEN}:
        parts.append(f"{count(len(broken), 'file')} of cards cannot be read")
    if look.violations is not None:
        parts.append(count(look.violations, "violation"))
    elif look.covered is not None:
        parts.append("no call of it seen")
    if lost := {turn.card for turn in look.moved if turn.way in LOST}:
        parts.append(f"{count(len(lost), 'card')} weakened")
    return ", ".join(parts)


def _violations(look: _Look) -> Iterator[Measure]:
    live = look.guarded.live
    if live is None:
        return
    evaluated = sum(seen.evaluated for seen in live.clauses if seen.part != "given")
    states = [finding.state for finding in look.findings if finding.rule == VIOLATED]
    state = min(states, key=_BADNESS.index, default=State.PASS)
    yield Measure("violations", look.violations, "", "= 0", n=evaluated, state=state)


CHECK = Check(
    NAME,
    Config,
    frozenset({Need.SPECLIVE, Need.CHANGE, Need.TESTS}),
    evaluate,
    paths=lambda config: config.cards,
    absent=absent,
)
