"""What the card shows beside the decision: what people asked for, what is done about failures, and what it all cost."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.commands import KeptCommand
from checks.model import Measurement
from program.remediation import Remediation


@dataclass(frozen=True, slots=True)
class Spent:
    """What a pull request has cost so far, over all the heads that it was judged at. None: nobody said.

    `usd`: of models, as senders reported it; nobody has verified it. `ci_minutes`: of the jobs of GitHub Actions that
    we saw end, each in whole minutes; `ci_reported`: what senders say of others, beside them. `cached_tokens`: those
    of the `tokens` that came from a cache. `budget_usd`: what the rules let it cost. `reports`: how many, `untrusted`
    of them on a fork's change. `by_arm`: US dollars of each arm, where a trusted report says whose work it was.
    """

    usd: float | None = None
    ci_minutes: float | None = None
    tokens: int = 0
    cached_tokens: int = 0
    budget_usd: float | None = None
    reports: int = 0
    ci_reported: float | None = None
    by_arm: tuple[tuple[str, float], ...] = ()
    untrusted: int = 0

    @property
    def over(self) -> bool:
        """Is the budget used up? Then no arm is sent any more."""
        return self.budget_usd is not None and self.usd is not None and self.usd >= self.budget_usd


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a pull request beside what was decided of it.

    `commands`: that have ended, the newest first. `remediation`: the newest, whether or not it is over. `reported`:
    scores of this head that somebody sent, whether or not a contract asks for them.
    """

    commands: tuple[KeptCommand, ...] = ()
    remediation: Remediation | None = None
    spent: Spent | None = None
    reported: tuple[Measurement, ...] = ()
