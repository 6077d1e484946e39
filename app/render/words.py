"""The words and marks of a Decision, the same on every surface; all plain text, escaped where it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.render.escape import line
from checks.impact.check import NAME as IMPACT
from checks.model import Decision, Measure, Mode, Row, State, Verdict

NOTHING = "—"  # not measured: a state of its own, never a pass
OVERRIDDEN = "overridden"  # it found what it found, and a person said that it does not count
REASON = 160  # characters of why somebody overrode a check, among the notes
_MINUTE, _HOUR = 60, 3_600  # seconds
CONTRACT = "contract"  # the check whose measures are named by the repository


@dataclass(frozen=True, slots=True)
class Word:
    """How a state reads: a mark, never without its word, and what to do where the check does not say."""

    mark: str
    word: str
    next_step: str = ""
    would: str = ""  # what it would do to the change in mode `block`


# In the order of a table, which is every check's own order of badness, the worst first: what the author must mend,
# what we must, what somebody must bring, what comes by itself, what only wants a look, what is well.
STATES: Mapping[State, Word] = {
    State.BLOCK: Word("❌", "block", "Read the evidence, then push a correction.", "block"),
    State.ERROR: Word("⚠️", "our error", "Nothing to correct in the change; re-evaluate if it stays.", "hold"),
    State.UNMEASURED: Word(NOTHING, "not measured", "Bring the missing input, then re-evaluate.", "hold"),
    State.WAIT: Word("⏳", "wait", "Nothing to do: the answer arrives by itself.", "hold"),
    State.WARN: Word("⚠️", "warn"),
    State.PASS: Word("✅", "pass"),
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.SHIP: "SHIP",
    Verdict.HOLD: "HOLD",
    Verdict.BLOCK: "BLOCK",
    Verdict.ROLLBACK: "ROLL BACK",
}
_PLACE = {state: place for place, state in enumerate(STATES)}
_LABELS: Mapping[str, str] = {"licence_denied": "licences denied"}  # where an underscore made a blank reads badly
_SCORES = frozenset({("risk", "score"), (CONTRACT, "risk"), (CONTRACT, "risk.score")})  # check and measure


def remarks(row: Row) -> bool:
    """Whether the row found something that its mode keeps from stopping the change."""
    return row.mode is Mode.WARN and bool(STATES[row.result.state].would)


def mark(row: Row) -> str:
    """The mark of a row. In mode `warn` nothing is red, nor what was overridden."""
    return STATES[State.WARN].mark if remarks(row) or row.overridden else STATES[row.result.state].mark


def word(row: Row) -> str:
    """The word that stands beside the mark."""
    state = STATES[row.result.state]
    if row.overridden:
        return OVERRIDDEN
    return f"would {state.would}" if remarks(row) else state.word


def ordered(decision: Decision) -> tuple[Row, ...]:
    """The rows as readers need them: block, error, unmeasured, wait, warn, pass; within each as they ran."""

    def place(row: Row) -> int:
        return _PLACE[State.WARN if remarks(row) or row.overridden else row.result.state]

    return tuple(sorted(decision.rows, key=place))


def deciding(decision: Decision) -> tuple[Row, ...]:
    """The rows that made the verdict what it is; none where the change may ship."""
    if decision.verdict is Verdict.SHIP:
        return ()
    return tuple(row for row in ordered(decision) if row.verdict is decision.verdict)


def counts(decision: Decision) -> str:
    """How many checks stand in the way; where none does, or the change is merged, how many passed, or that each has a
    remark.
    """
    return f"merged, {_counted(decision)}" if decision.merged else _counted(decision)


def _counted(decision: Decision) -> str:
    total = len(decision.rows)
    if not total:
        return "no check is configured"
    stopping = 0 if decision.merged else sum(row.verdict is not Verdict.SHIP for row in decision.rows)
    checks = "check" if total == 1 else "checks"
    if stopping:
        return f"{stopping} of {total} {checks} in the way"
    passed = sum(row.result.state is State.PASS for row in decision.rows)
    spared = sum(row.overridden is not None for row in decision.rows)
    if not passed and not spared:
        return "1 check, with a remark" if total == 1 else f"{total} checks, each with a remark"
    said = f"{total} {checks} passed" if passed == total else f"{passed} of {total} {checks} passed"
    return f"{said}, {spared} {OVERRIDDEN}" if spared else said


def risk(decision: Decision) -> str:
    """The change's risk with its limit, or "" where it is not known."""
    if decision.risk is None:
        return ""
    measures = (measure for row in decision.rows if row.result.name == "risk" for measure in row.result.measures)
    said = next(filter(None, map(limit, measures)), "")
    return f"risk {decision.risk.score:.2f}" + (f" (limit {said})" if said else "")


def headline(decision: Decision) -> str:
    """The verdict in one line."""
    return " · ".join(filter(None, (VERDICTS[decision.verdict], counts(decision), risk(decision))))


def why(decision: Decision) -> str:
    """What made the verdict, the worst first; of a merged change, what its deployment did."""
    if decision.merged:
        since = "; ".join(row.result.title for row in _since(decision))
        return f"What had been decided stays.{f' Since then: {since}' if since else ''}"
    reasons = [f"{row.result.title.rstrip('.')} ({row.result.name})" for row in deciding(decision)]
    if not reasons:
        spared = ", ".join(row.result.name for row in decision.rows if row.overridden)
        return f"Nothing {f'but what is overridden ({spared})' if spared else 'configured'} stands in the way."
    shown = "; ".join(reasons[:2])
    return f"{shown}; and {len(reasons) - 2} more." if len(reasons) > 2 else f"{shown}."


def next_step(decision: Decision) -> str:
    """The one thing to do now."""
    if decision.merged:
        return next((row.result.next_step for row in _since(decision) if row.result.next_step), "Nothing to do.")
    for row in deciding(decision):
        return row.result.next_step or STATES[row.result.state].next_step
    return "Merge once its reviewers agree."


def _since(decision: Decision) -> tuple[Row, ...]:
    """What is known of a merged change since."""
    return tuple(row for row in decision.rows if row.result.name == IMPACT)


def notes(decision: Decision) -> tuple[str, ...]:
    """What to know beside the verdict: who wrote the change, where, and what mode `warn` kept back."""
    pull = decision.pull
    agent = f"an agent's pull request ({decision.agent})"
    return (
        *(overridden(row) for row in ordered(decision) if row.overridden),
        *(
            f"{row.result.name} would {STATES[row.result.state].would} in mode `block`"
            for row in ordered(decision)
            if remarks(row) and not decision.merged
        ),
        *([agent] if decision.agent else []),
        *(["from a fork: what it measures of itself cannot turn a gate green"] if pull.from_fork else []),
        *(["a draft: judged all the same"] if pull.draft else []),
        *decision.notes,
    )


def overridden(row: Row) -> str:
    """Who said that a check does not count, and why; the state that it has all the same. "" where nobody did."""
    said = row.overridden
    if said is None:
        return ""
    state = STATES[row.result.state].word
    return f"{row.result.name} ({state}) is overridden by {said.who}: {line(said.reason, REASON)}"


def short(sha: str) -> str:
    """The seven characters of a sha that people compare."""
    return sha[:7]


def value(measure: Measure, check: str) -> str:
    """The figure itself with its unit; the change's risk with two decimals, as everywhere."""
    if measure.value is None:
        return f"{NOTHING} not yet" if measure.state is State.WAIT else f"{NOTHING} not measured"
    scored = isinstance(measure.value, float) and (check, measure.name) in _SCORES
    return f"{f'{measure.value:.2f}' if scored else number(measure.value)} {measure.unit}".rstrip()


def number(figure: float | str | bool | None) -> str:
    """A figure to four significant digits, or in full where it counts things."""
    if figure is None:
        return NOTHING
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    if isinstance(figure, float):
        return f"{figure:.4g}" if abs(figure) < 1e4 else f"{figure:.0f}"
    return str(figure)


def dollars(usd: float) -> str:
    """`$0.08`, and `$0.0042` where cents would say nothing."""
    return f"${usd:,.4f}" if 0 < usd < 0.005 else f"${usd:,.2f}"


def lasted(seconds: float) -> str:
    """`40 s`, `14 min`, `3 h`."""
    if seconds < _MINUTE:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds // _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds // _HOUR:.0f} h"


def interval(measure: Measure) -> str:
    """The 95 % interval, or ""."""
    return f"{number(measure.interval[0])}…{number(measure.interval[1])}" if measure.interval else ""


def limit(measure: Measure) -> str:
    """The limit as people write it, or ""."""
    return measure.limit.replace("<=", "≤").replace(">=", "≥")


def label(measure: Measure, check: str) -> str:
    """Its name in words. A contract's measures are keys of its rules: they stay as the repository wrote them."""
    if check == CONTRACT:
        return measure.name
    return _LABELS.get(measure.name, measure.name.replace("_", " "))


def qualifiers(measure: Measure) -> str:
    """What makes the figure honest: limit, interval, number of observations, and whether it may be believed."""
    estimated = isinstance(measure.value, int | float) and not isinstance(measure.value, bool)
    said = (
        _against(limit(measure), number(measure.value)),
        f"95 % CI {interval(measure)}" if measure.interval else "",
        f"n {measure.n}" if measure.n is not None and estimated else "",
        "does not count" if measure.state is State.UNMEASURED and measure.value is not None else "",
        "stops nothing" if measure.limit and measure.state is State.WARN else "",
    )
    return ", ".join(filter(None, said))


def _against(limit: str, figure: str) -> str:
    """The limit beside a figure that need not be said twice: 0 against "0 of severity high" is "of severity high"."""
    if not limit or limit == figure:
        return ""
    if limit.startswith(f"{figure} "):
        return limit.removeprefix(f"{figure} ")
    return f"limit {limit}" if any(map(str.isdigit, limit)) else f"expected {limit}"


def telling(measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """The measures worth a line, the worst first: what a limit judges or what went wrong; else whatever is not zero."""
    ordered = worst_first(measures)
    judged = tuple(measure for measure in ordered if measure.limit or measure.state is not State.PASS)
    return judged or tuple(measure for measure in ordered if measure.value)


def worst_first(measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """Measures in the order of the table; at one state those that a limit judges come first."""
    return tuple(sorted(measures, key=lambda measure: (_PLACE[measure.state], not measure.limit)))
