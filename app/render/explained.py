"""The answers to `/maestro explain` and `/maestro plan`: why a decision is what it is, and what opens each gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.model import Verb
from app.render import words
from app.render.card import cut_note
from app.render.cut import BLANK, blocks, fit, fit_all, size
from app.render.offers import offers, offers_of
from app.render.sections import section
from app.render.templates import render
from checks.model import Decision, Row, State, Verdict

LONGEST = 16_000  # bytes of an answer: a comment among others, and not the evidence over again
STEPS = 20

# Who opens a gate that stands thus; what they do about it is for the check to say.
_WHO = {
    State.BLOCK: "Whoever writes the change",
    State.ERROR: "Maestro Conductor tries again by itself",
    State.UNMEASURED: "Whoever brings what is missing",
    State.WAIT: "It comes by itself",
}


@dataclass(frozen=True, slots=True)
class _Other:
    """Another way to open a gate: the command, and the role that it takes."""

    command: str
    effect: str
    role: str


@dataclass(frozen=True, slots=True)
class _Step:
    """One gate that is to be opened: by whom, how, and how else."""

    row: Row
    who: str
    what: str
    others: Sequence[_Other] = field(default_factory=tuple)


def explained(decision: Decision, names: Sequence[str], head_sha: str) -> str:
    """Why: for the checks of these `names`, else for those that stand in the way. `head_sha`: where the change is."""
    rows = [row for row in words.ordered(decision) if not names or row.result.name in names]
    shown = [row for row in rows if names or row.verdict is not Verdict.SHIP]
    head = render(
        "explain.md.j2", decision=decision, verdict=_verdict(decision), shown=shown, moved=_moved(decision, head_sha)
    )
    room = LONGEST - size(head) - len(BLANK)
    parts = [_section(row, decision) for row in shown]
    return BLANK.join(filter(None, [head, fit_all(parts, room, cut_note)]))


def planned(decision: Decision, verbs: Sequence[Verb], head_sha: str) -> str:
    """The steps until the change may ship, in the order to take them: each gate, and who or what opens it."""
    if decision.merged:
        return _after(decision, verbs)
    rows = [row for row in words.ordered(decision) if row.verdict is not Verdict.SHIP]
    plan = render(
        "plan.md.j2",
        decision=decision,
        verdict=_verdict(decision),
        steps=[_step(row, decision, verbs) for row in rows[:STEPS]],
        beyond=max(len(rows) - STEPS, 0),
        moved=_moved(decision, head_sha),
    )
    return fit(blocks(plan), LONGEST, cut_note)


def _after(decision: Decision, verbs: Sequence[Verb]) -> str:
    """No gate is to be opened any more: what can still be asked for."""
    known, named = {verb.name: verb for verb in verbs}, words.short(decision.pull.head_sha)
    found = [(offer, known[offer.verb]) for offer in offers(decision) if offer.verb in known and not offer.undoes]
    others = [
        _Other(_written(verb, offer.arguments, named if offer.destructive else ""), verb.effect, verb.role)
        for offer, verb in found
    ]
    after = render("plan_after.md.j2", decision=decision, verdict=_verdict(decision), others=others)
    return fit(blocks(after), LONGEST, cut_note)


def _written(verb: Verb, *words_after: str) -> str:
    return " ".join(filter(None, ("/maestro", verb.name, *words_after)))


def _verdict(decision: Decision) -> str:
    return words.VERDICTS[decision.verdict]


def _moved(decision: Decision, head_sha: str) -> str:
    return "" if head_sha == decision.pull.head_sha else words.short(head_sha)


def _section(row: Row, decision: Decision) -> str:
    """The evidence of one check, and what opens it, which its own answer may leave to its state."""
    opens = "" if row.result.next_step else words.STATES[row.result.state].next_step
    return BLANK.join(filter(None, [section(row, decision.pull), opens and render("opens.md.j2", opens=opens)]))


def _step(row: Row, decision: Decision, verbs: Sequence[Verb]) -> _Step:
    itself = row.result.state is State.WAIT
    what = row.result.next_step or ("" if itself else words.STATES[row.result.state].next_step)
    return _Step(row, _WHO.get(row.result.state, ""), what, tuple(_others(row, decision, verbs)))


def _others(row: Row, decision: Decision, verbs: Sequence[Verb]) -> Iterator[_Other]:
    known = {verb.name: verb for verb in verbs}
    for offer in offers_of(row, decision):
        verb = known.get(offer.verb)
        if verb is not None and not offer.undoes:
            named = words.short(decision.pull.head_sha) if offer.destructive else ""
            said = _written(verb, offer.arguments, named, "<reason>" if offer.reason else "")
            yield _Other(said, verb.effect, verb.role)
