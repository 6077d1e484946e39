"""On what terms arms are chosen: what a try, a wait and a person cost, and what an arm may not do."""

from __future__ import annotations

from dataclasses import dataclass

from program.remediation import MOST_ATTEMPTS

OTHER = "other"  # the class of a task that fits none


@dataclass(frozen=True, slots=True)
class Terms:
    """Money is in US dollars.

    `floor`: the least chance that the tries mend a change, wherever some order of the arms gives it. `attempts`: how
    many tries one change is given. `retry_usd`: what every try after the first costs besides the arm: the wait, the
    runs of CI, a reviewer's touch. `human_usd`: what a person costs who takes over when every try failed. `max_usd`:
    the most that one try may cost. `budget_usd`: the most that the tries of one pull request may cost. `allow`: tags
    of which an arm must have one, () for any. `forbid`: tags that no arm may have. `repeat`: what an arm's second try
    at the same change is worth as a share of its first, and so on; 1 where its tries do not depend on each other.
    """

    floor: float = 0.85
    attempts: int = MOST_ATTEMPTS
    retry_usd: float = 0.10
    human_usd: float = 10.0
    max_usd: float | None = None
    budget_usd: float | None = None
    allow: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    repeat: float = 0.8
