"""Which arm tries next: the one with which the whole chain of tries, and the person after it, costs least."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from checks.globs import matches
from program.arms import Arm, Ladder
from program.belief import Odds, Tried, odds
from program.terms import OTHER, Terms

__all__ = ["OTHER", "Choice", "Odds", "Terms", "Tried", "choose", "task_class"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The arm that tries next, and what is to be expected of it and of those after it.

    `chain`: the tries that are meant, this one first, each made where those before it failed. `expected_usd`: what
    they cost on the average, the further attempts with them, the person who takes over left out. `success`: the
    chance that one of them mends the change. `why`: the same in words, in which `code` stands. `odds`: of each arm
    that was weighed. `reached`: some chain gives the floor.
    """

    arm: Arm
    chain: tuple[Arm, ...]
    expected_usd: float
    success: float
    why: str
    odds: tuple[Odds, ...] = ()
    reached: bool = True


def task_class(ladder: Ladder, paths: Iterable[str]) -> str:
    """The first class of which some glob covers one of the paths; OTHER where none does."""
    every = tuple(paths)
    fits = (name for name, globs in ladder.classes if any(matches(path, globs) for path in every))
    return next(fits, OTHER)


def choose(
    ladder: Ladder,
    task_class: str,
    history: Sequence[Tried],
    *,
    tried: Sequence[str] = (),
    left: int | None = None,
    spent_usd: float = 0.0,
    seed: str = "",
) -> Choice | str:
    """The arm that tries next, or why none does.

    `history`: what came of tries, the oldest first, those that failed for what ran them left out. `tried`: the arms
    that failed at this change. `left`: the tries that it may have still; None for what the terms give it. `spent_usd`:
    what the pull request has cost. The same arguments give the same choice: chance is drawn from `seed` alone.
    """
    steps = ladder.terms.attempts - len(tried) if left is None else left
    if steps < 1:
        return f"no attempt is left of {ladder.terms.attempts}"
    every = odds(ladder.arms, task_class, history)
    able = _able(every, ladder.terms)
    if isinstance(able, str):
        return able
    return _Weighing(ladder.terms, able, tuple(tried), steps, spent_usd).choice(seed)


def _able(every: Sequence[Odds], terms: Terms) -> tuple[Odds, ...] | str:
    """The arms that the terms let try, the frozen ones left out while others are there."""
    tagged = [one for one in every if _tagged(one.arm, terms)]
    if not tagged:
        return "no arm of the ladder has the tags that `arms.tags` wants"
    within = tuple(one for one in tagged if terms.max_usd is None or _most(one) <= terms.max_usd)
    if not within:
        return f"no arm costs {terms.max_usd:.2f} US dollars a try or less, as `arms.max_usd` wants"
    return tuple(one for one in within if not one.frozen) or within


def _tagged(arm: Arm, terms: Terms) -> bool:
    fits = not terms.allow or any(tag in arm.tags for tag in terms.allow)
    return fits and not any(tag in arm.tags for tag in terms.forbid)


def _most(one: Odds) -> float:
    """What a try is taken to cost where a limit is at stake: what was measured or declared, whichever is more."""
    return max(one.arm.cost_usd or 0.0, one.usd or 0.0) if one.usd is not None else np.inf


@dataclass(frozen=True, slots=True)
class _Weighing:
    """Every chain of the arms that may try, and what comes of it."""

    terms: Terms
    able: tuple[Odds, ...]
    tried: tuple[str, ...]
    steps: int
    spent: float

    def choice(self, seed: str) -> Choice | str:
        """The chain that costs least by the odds that were drawn, of those that reach the floor by the mean."""
        chains = [chain for length in range(1, self.steps + 1) for chain in self._chains(length)]
        if not chains:
            left = (self.terms.budget_usd or 0.0) - self.spent
            return f"no arm fits into the {max(left, 0.0):.2f} US dollars that are left of `arms.budget_usd`"
        means = [one.mean for one in self.able]
        wins = np.array([self.outcome(chain, means)[1] for chain in chains])
        reached = wins >= min(self._floor(means), wins.max()) - 1e-9
        drawn = self._drawn(seed)
        whole = [self._whole(chain, drawn) if ok else np.inf for chain, ok in zip(chains, reached, strict=True)]
        return self._told(chains[int(np.argmin(whole))], means, bool(wins.max() >= self._floor(means) - 1e-9))

    def _chains(self, length: int) -> Iterable[tuple[int, ...]]:
        """Those that the budget bears even where every try fails."""
        for chain in product(range(len(self.able)), repeat=length):
            if self.terms.budget_usd is None or self._worst(chain) <= self.terms.budget_usd:
                yield chain

    def _worst(self, chain: tuple[int, ...]) -> float:
        return self.spent + sum(_most(self.able[at]) for at in chain)

    def outcome(self, chain: tuple[int, ...], chances: Sequence[float]) -> tuple[float, float]:
        """What the tries of `chain` cost on the average, and the chance that one of them succeeds."""
        usd, reach = 0.0, 1.0
        for k, at in enumerate(chain):
            usd += reach * (self._usd(at) + (self.terms.retry_usd if k or self.tried else 0.0))
            again = self.tried.count(self.able[at].arm.name) + chain[:k].count(at)
            reach *= 1 - chances[at] * self.terms.repeat**again
        return usd, 1 - reach

    def _whole(self, chain: tuple[int, ...], chances: Sequence[float]) -> float:
        usd, wins = self.outcome(chain, chances)
        return usd + (1 - wins) * self.terms.human_usd

    def _usd(self, at: int) -> float:
        """What a try costs; of an arm of which nothing is known, as much as the dearest."""
        usd = self.able[at].usd
        return max((one.usd for one in self.able if one.usd is not None), default=0.0) if usd is None else usd

    def _floor(self, means: Sequence[float]) -> float:
        """The chance that is wanted of what is left, so that all tries together reach the floor."""
        by_name = {one.arm.name: mean for one, mean in zip(self.able, means, strict=True)}
        failed = 1.0
        for at, name in enumerate(self.tried):
            failed *= 1 - by_name.get(name, 0.0) * self.terms.repeat ** self.tried[:at].count(name)
        return 1 - (1 - self.terms.floor) / failed

    def _drawn(self, seed: str) -> list[float]:
        """One chance of each arm, drawn from what is believed of it."""
        dice = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
        return [float(dice.beta(one.alpha, one.beta)) for one in self.able]

    def _told(self, chain: tuple[int, ...], means: Sequence[float], reached: bool) -> Choice:
        usd, wins = self.outcome(chain, means)
        arms = tuple(self.able[at].arm for at in chain)
        first, tries = self.able[chain[0]], f"{len(chain)} {'try' if len(chain) == 1 else 'tries'}"
        cost = f"${self._usd(chain[0]):.2f}" + ("" if first.usd is not None else " (unknown: counted as the dearest)")
        why = f"arm `{arms[0].name}`: {cost}, expected chain ${usd:.2f}, {wins:.0%} to be mended in {tries}"
        known = f"; {first.mean:.0%} by this arm, of {first.n} known in the class and {first.of_arm} in all"
        short = "" if reached else f"; no chain reaches {self.terms.floor:.0%}, so the most successful one"
        return Choice(arms[0], arms, usd, wins, why + known + short, self.able, reached)
