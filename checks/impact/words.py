"""What a person reads of one metric after a deployment, in the order in which CausalImpact for R reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.impact.effect import Interval
from checks.impact.effect import Relative as Share
from checks.impact.outcome import Outcome
from checks.impact.told import Amount, MetricTold, Relative

VERDICTS = {
    Outcome.LIKELY_WORSE: "likely worse",
    Outcome.LIKELY_BETTER: "likely better",
    Outcome.NO_EVIDENCE: "no evidence of an effect",
    Outcome.INSUFFICIENT_DATA: "too little data to say",
    Outcome.PENDING_DEPLOY: "pending deploy",
}

UNTOUCHED = (
    "The controls were not touched by the deployment themselves, and what tied the metric to them before still does."
)
MOVED = (
    "A control moved at that moment, too: whether the deployment moved it, these series cannot tell, and the answer"
    " hangs on that."
)
ALONE = "Without a control whatever happened to the metric at that moment is taken for the effect."
ALWAYS = (
    "Nothing else happened to the metric at that moment: an effect is of the moment, not proven to be of the change.",
    "Placebo dates show whether the method holds on this metric's own past; they cannot show that it will go on.",
)


def assumptions(metrics: Sequence[MetricTold]) -> tuple[str, ...]:
    """What the answers take for granted, in sentences."""
    states = [{control.state for control in one.controls} for one in metrics if one.p is not None]
    moved, fine = any("moved" in one for one in states), any("ok" in one for one in states)
    alone = any("ok" not in one for one in states)
    about = (MOVED if moved else UNTOUCHED if fine else "", ALONE if alone and not moved else "")
    return (*filter(None, about), *ALWAYS)


def chance(name: str, value: float) -> str:
    """`p 0.004`; below a thousandth digits say nothing."""
    return f"{name} < 0.001" if value < 0.001 else f"{name} {value:.3f}"


def number(value: float) -> str:
    """To four significant digits, thousands apart: `1,234`, `0.01235`."""
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.3e}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def signed(value: float) -> str:
    """The same, always with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)


def percent(share: float) -> str:
    """`+6.1`; of a fraction."""
    return f"{100 * share:+,.1f}" if abs(share) < 100 else f"{100 * share:+.2e}"


def verdict(outcome: Outcome) -> str:
    """The outcome in words."""
    return VERDICTS[outcome]


def change(one: MetricTold) -> str:
    """The effect with its interval: in percent where that can be said, else in the metric's unit; "" without one."""
    return changed(one.relative, one.average, one.unit)


def changed(part: Relative | Share | None, average: Amount | Interval | None, unit: str) -> str:
    """The same of an effect that is not told yet."""
    if part and part.effect is not None and part.lower is not None and part.upper is not None:
        return f"{percent(part.effect)} % [{percent(part.lower)}, {percent(part.upper)}]"
    if average is None:
        return ""
    return f"{signed(average.effect)} {unit}".rstrip() + f" [{signed(average.lower)}, {signed(average.upper)}]"


def line(one: MetricTold) -> str:
    """All of it in one line, as a card tells it."""
    if one.average is None or one.p is None:
        return f"{one.name}: {verdict(one.outcome)}{f': {one.reason}' if one.reason else ''}"
    parts = (
        f"{one.name} {change(one)} against expected (two-sided {chances(one)})",
        tried(one),
        held(one),
        f"{window(one)} after the deployment" if window(one) else "",
        *one.notes,
        f"verdict: {verdict(one.outcome)}",
    )
    return "; ".join(filter(None, parts))


def tried(one: MetricTold) -> str:
    """How the method did at placebo dates: `placebo 1/20`."""
    placebo = one.placebo
    if not placebo.dates:
        return "no placebo dates" if placebo.horizon else "no placebo dates fit: the past is too short"
    return f"placebo {placebo.alarms}/{placebo.dates}{': calibration failed' if placebo.trusted is False else ''}"


def held(one: MetricTold) -> str:
    """What it was held against: `controls: 2 ok, not traffic (it moved itself)`."""
    fine = sum(control.state == "ok" for control in one.controls)
    others = [f"{control.name} ({control.why})" for control in one.controls if control.state != "ok"]
    said = f"controls: {fine} ok" if one.controls else "no controls"
    return f"{said}, not {', '.join(others)}" if others else said


def window(one: MetricTold) -> str:
    """How many points count: `360 points`."""
    return f"{one.n_post:,} points" if one.n_post != 1 else "1 point"


def summary(one: MetricTold) -> tuple[str, ...]:
    """Plain sentences: what was seen, what was expected, the difference, sums, percent, what to make of it."""
    if one.average is None or one.p is None:
        return (f"{one.name}: {verdict(one.outcome)}. {_sentence(one.reason)}".strip(),)
    return tuple(_sentences(one, one.average, one.p))


def _sentences(one: MetricTold, average: Amount, p: float) -> Iterator[str]:
    yield f"After the deployment {one.name} was {_amount(average.actual, one)} on average, over {window(one)}."
    yield f"Without it {_amount(average.expected, one)} was to be expected, {_interval(*_expected(average))}."
    yield f"The effect is {signed(average.effect)}, {_interval(average.lower, average.upper)}."
    if one.cumulative:
        total = one.cumulative
        expected = f"where {number(total.expected)} was to be expected, {_interval(*_expected(total))}"
        yield f"Summed up it was {_amount(total.actual, one)}, {expected}."
    if one.relative and one.relative.effect is not None:
        yield f"In percent of what was expected that is {change(one)}."
    yield f"{_meaning(one)}: {one.reason}."
    yield f"The chance of a difference as large, either way, had nothing happened: {chance('p', p)}."


def _meaning(one: MetricTold) -> str:
    if one.outcome is Outcome.NO_EVIDENCE:
        return "That is no evidence of an effect"
    return f"That is {verdict(one.outcome)}, where {one.better} is better"


def _expected(amount: Amount) -> tuple[float, float]:
    return amount.actual - amount.upper, amount.actual - amount.lower


def _amount(value: float, one: MetricTold) -> str:
    return f"{number(value)} {one.unit}".rstrip()


def _interval(lower: float, upper: float) -> str:
    return f"between {number(lower)} and {number(upper)}"


def chances(one: MetricTold) -> str:
    """`p 0.004, q 0.012`; "" without an answer."""
    known = [(name, value) for name, value in (("p", one.p), ("q", one.q)) if value is not None]
    return ", ".join(chance(name, value) for name, value in known)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
