"""Evidence of a regression, whenever it began: with the first tick, or somewhere on the way.

A likelihood ratio from the first tick on sinks with every healthy one, so that a fault after an hour would have to make
up for the hour. Beside it run those that begin later: each tick opens one, with a weight that is its part of the
requests that the experiment may have. All weights together are 1 and each is known before its tick is, so their sum is
a martingale of mean 1 under the hypothesis, as each of them is: it reaches 1 / beta with probability beta at most.
Held against bursts it stays one: what begins later is raised to powers that are known before each tick, and the long
ratio is lowered, never raised.
Source: G. Lorden, Ann. Math. Stat. 42 (1971), tests that may begin at any observation; here mixed over a finite prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from checks.experiment.design import Design

AT_ONCE = 0.95  # the weight of a regression from the first tick on; most are
FAINT = 1e-12  # at which a ratio is let go, for a state is to be small
LARGEST = 1e100  # at which a ratio is cut, far beyond every bound; less evidence is never wrong
LEAST = 1e-100  # below which evidence is not told apart: of a float that ran dry there is no logarithm
STEEPEST = 600.0  # log of a ratio whose exp is still a float


def grown(later: Sequence[float], gains: Sequence[float], factor: float, opened: float) -> tuple[float, ...]:
    """The ratios of what may have begun later, one for each suspect, after a tick that adds `gains` to their logs.

    `factor` is the dispersion it is held against, `opened` the weight of what may begin with it.
    """
    powers = [_exp(gain / factor) for gain in gains]
    return tuple([_kept((ratio + opened) * power) for ratio, power in zip(later, powers, strict=True)])


def to_come(size: float, design: Design) -> float:
    """The weight of what may still begin in an experiment of this size; it proves nothing yet."""
    return (1 - AT_ONCE) * max(0.0, 1 - size / design.most)


def log_evidence(since_the_start: Sequence[float], factor: float, later: Sequence[float], left: float) -> float:
    """log of the mean over the suspects; `since_the_start` are the logs of their ratios over all ticks, and `left` is
    the weight `to_come`.
    """
    whole = sum([AT_ONCE * _exp(min(ratio, ratio / factor)) for ratio in since_the_start])
    return log(max(LEAST, (whole + sum(later)) / len(later) + left))


def _exp(power: float) -> float:
    return exp(min(power, STEEPEST))


def _kept(ratio: float) -> float:
    return min(LARGEST, ratio) if ratio > FAINT else 0.0
