"""What is believed of each arm, from what came of its tries: its odds by class of task, and its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from program.arms import Arm

KEEPS = 0.998  # of a try's weight, for every later try: what was true long ago is true no more
PSEUDO = 8.0  # tries that an arm's odds over all classes count for in each class
HARD = 8.0  # tries that speak against a class being harder, or easier, than the others are
DECLARED = 2.0  # tries that a declared cost counts for
STREAK = 5  # failures in a row, at the least, that freeze an arm
CHANCE = 0.01  # that an arm as good as its record fails as often in a row: above it, nothing is told by the failures
THAW = 10  # tries of other arms after which a frozen one may try once more


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try of an arm; a try that failed for what ran it is none.

    `usd`: what was reported that it cost, None where nobody did.
    """

    arm: str
    task_class: str
    succeeded: bool
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Odds:
    """Of one arm at one class of task: a Beta distribution of its chance, and what a try costs, in US dollars.

    `n`: tries known in this class, `of_arm` in all. `usd`: None where nothing is known and nothing declared.
    `measured`: of how many tries the cost was reported. `frozen`: it failed too often in a row.
    """

    arm: Arm
    alpha: float
    beta: float
    n: int
    of_arm: int
    usd: float | None
    measured: int
    frozen: bool

    @property
    def mean(self) -> float:
        """The chance that its next try mends such a task."""
        return self.alpha / (self.alpha + self.beta)


def odds(arms: Sequence[Arm], task_class: str, history: Sequence[Tried]) -> tuple[Odds, ...]:
    """Of each arm, in order. `history`: the oldest first.

    An arm is expected to do in a class as it does over all, as much better or worse as all arms do there: so a few
    tries of one arm tell of the others. What it did in this class itself is added to that.
    """
    known = [_Known.of(arm, task_class, history) for arm in arms]
    told = sum(one.good - one.seen * one.share for one in known)
    shift = told / (HARD + sum(one.seen for one in known))
    return tuple(one.odds(shift) for one in known)


@dataclass(frozen=True, slots=True)
class _Known:
    """The tries of one arm, each with its age; `share` of them succeed, and of `seen` in the class `good` did."""

    arm: Arm
    own: tuple[tuple[int, Tried], ...]
    n: int
    share: float
    good: float
    seen: float

    @classmethod
    def of(cls, arm: Arm, task_class: str, history: Sequence[Tried]) -> _Known:
        own = tuple((len(history) - 1 - at, one) for at, one in enumerate(history) if one.arm == arm.name)
        here = [(age, one) for age, one in own if one.task_class == task_class]
        overall, failed = _weights(own)
        good, bad = _weights(here)
        return cls(arm, own, len(here), (1 + overall) / (2 + overall + failed), good, good + bad)

    def odds(self, shift: float) -> Odds:
        expected = min(max(self.share + shift, 0.03), 0.97)
        reported = [one.usd for _, one in self.own if one.usd is not None]
        return Odds(
            self.arm,
            1 + PSEUDO * expected + self.good,
            1 + PSEUDO * (1 - expected) + self.seen - self.good,
            self.n,
            len(self.own),
            _usd(self.arm, reported),
            len(reported),
            _frozen(self.own),
        )


def _weights(tries: Sequence[tuple[int, Tried]]) -> tuple[float, float]:
    """Of the tries that succeeded, and of those that failed."""
    weighed = [(KEEPS**age, one.succeeded) for age, one in tries]
    return sum(w for w, good in weighed if good), sum(w for w, good in weighed if not good)


def _usd(arm: Arm, reported: Sequence[float]) -> float | None:
    if arm.cost_usd is None:
        return sum(reported) / len(reported) if reported else None
    return (DECLARED * arm.cost_usd + sum(reported)) / (DECLARED + len(reported))


def _frozen(own: Sequence[tuple[int, Tried]]) -> bool:
    """Whether it failed in a row as its record before does not explain, and few others have tried since.

    Five failures in a row are common of an arm that mends 45 %: to freeze it for these would cost more than it saves.
    """
    streak = next((at for at, (_, one) in enumerate(reversed(own)) if one.succeeded), len(own))
    before = own[: len(own) - streak]
    share = (1 + sum(one.succeeded for _, one in before)) / (2 + len(before))
    return streak >= STREAK and (1 - share) ** streak < CHANCE and own[-1][0] < THAW
