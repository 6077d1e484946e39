"""What may be had run for a change, and what was, as a Snapshot holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dispatching:
    """`arm`: the one that was dispatched last, else the one that the change says it was made by (`stated`: nobody but
    its author says so); "" where nobody says any. `cost_usd`: what the rules declare for it.

    `next_arm`: what a retry would dispatch, "" for nothing. `escalates`: heavier tests could be run on this head.
    `budget_usd`: what the rules let one pull request cost, None where they do not say.
    """

    arm: str = ""
    cost_usd: float | None = None
    stated: bool = False
    next_arm: str = ""
    escalates: bool = False
    budget_usd: float | None = None
