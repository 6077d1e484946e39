"""What a metric is held against: a control that the deployment moved itself says nothing of the metric.

Each is asked what the metric is asked, by itself, and always with prior `auto`: controls wander as metrics do. That
costs a control that moved at that moment for another reason; keeping it would hide an effect, or show one that is none.
Prior `r` promises what R says, and R keeps every control: there one that moved is named, and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from checks.impact.asking import ask, known
from checks.impact.block import Metric, Prior
from checks.impact.panel import FEWEST, copies
from checks.impact.plan import Plan
from checks.impact.series import Series
from checks.impact.told import Held
from checks.impact.window import Window

MOST_MISSING = 0.2  # of the metric's points; a point without its control says nothing


def controls(window: Window, metric: Metric, plan: Plan) -> tuple[Held, ...]:
    """Which of the window's controls can be used; a tested one is called moved at `alpha` over their number."""
    reasons = [_unusable(one, window) for one in window.controls]
    usable = sum(not reason for reason in reasons)
    return tuple(
        Held(one.name, "unusable", why=reason) if reason else _tested(one, window, metric, plan, usable)
        for one, reason in zip(window.controls, reasons, strict=True)
    )


def kept(window: Window, held: Sequence[Held], prior: Prior) -> tuple[Series, ...]:
    """The controls that are used."""
    used = {"ok", "moved"} if prior == "r" else {"ok"}
    return tuple(one for one, told in zip(window.controls, held, strict=True) if told.state in used)


def _unusable(control: Series, window: Window) -> str:
    """Why it cannot be used; "" where it can."""
    x, y = known(control.values), known(window.values)
    wanted, both = ~np.isnan(y), ~np.isnan(y) & ~np.isnan(x)
    if not both.any():
        return "it has no point where the metric has one"
    missing = int(wanted.sum() - both.sum())
    if missing > MOST_MISSING * wanted.sum():
        return f"it has no point at {missing:,} of {int(wanted.sum()):,} of the metric's"
    if not np.isfinite(x[both]).all():
        return "it has values that are no numbers"
    before = x[: window.start][both[: window.start]]
    if not before.size or np.ptp(before) == 0:
        return "it does not vary before the deployment"
    same = before.size >= FEWEST and copies(x[None, both], y[both], before.size)[0]
    return "it is the metric itself" if same else ""


def _tested(control: Series, window: Window, metric: Metric, plan: Plan, number: int) -> Held:
    alone = Window(window.times, control.values, window.start, steps=window.steps)
    found = ask(alone, (), metric.model_copy(update={"kind": "stock"}), replace(plan, prior="auto"))
    if found.p is None:
        return Held(control.name, "unusable", why=found.reason)
    if found.p >= plan.alpha / number:
        return Held(control.name, "ok", found.p)
    return Held(
        control.name, "moved", found.p, "it moved itself" + (", kept as R keeps it" if plan.prior == "r" else "")
    )
