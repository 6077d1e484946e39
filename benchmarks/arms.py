"""What does the choice of arms cost beside every fixed order of them? `python -m benchmarks.arms [tasks] [seeds]`.

The product's own rules run here: `program.next_step` says what is tried, `program.chain` which arm. The failures and
what mends them are made up; docs/arms.md states each assumption. Without arguments a few minutes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from scipy.special import betainc

from program.arms import Arm, Ladder
from program.belief import Tried, odds
from program.bounds import Bounds
from program.chain import Choice, choose
from program.classify import Trouble
from program.next_step import Signs, Try, next_step
from program.remediation import Attempted, Failure, Remediation, Result, Step
from program.terms import Terms

COSTS, BASE = (0.08, 0.25, 0.80), (0.45, 0.65, 0.80)
OFFSETS = (-0.15, -0.05, 0.05, 0.15)  # of the classes
HUMAN, CI, FLOOR = 2.0, 0.02, 0.85
MIX = {
    Failure.FLAKY: 0.25,
    Failure.INFRA: 0.10,
    Failure.CONTRACT: 0.40,
    Failure.SBOM: 0.10,
    Failure.POLICY: 0.05,
    Failure.CONFLICT: 0.10,
}
MENDS = {(Failure.FLAKY, Step.RERUN): 0.7, (Failure.INFRA, Step.RERUN): 0.9, (Failure.SBOM, Step.FIX): 0.9}
MENDS |= {(Failure.CONFLICT, Step.UPDATE): 0.5}
KNOWN_FIX = 0.8  # of the SBOM failures
MISREAD = 0.15  # of the tasks are taken for another class
DRIFT = 0.2  # that the middle arm loses half-way
KNOWN = 500  # tries that are looked back at

ARMS = tuple(
    Arm(name, "agent.yml", cost_usd=usd) for name, usd in zip(("small", "medium", "large"), COSTS, strict=True)
)
NAMES = [arm.name for arm in ARMS]
TERMS = Terms(floor=FLOOR, retry_usd=CI, human_usd=HUMAN, repeat=1.0)
LADDER = Ladder(ARMS, TERMS)
Picks = Callable[[str, Sequence[Tried], Sequence[str], str], int]


@dataclass(frozen=True, slots=True)
class Task:
    """One failing change: `odds` of each arm, `luck` of each attempt in 0..1, `seen` the class it is taken for."""

    failure: Failure
    seen: str
    odds: tuple[float, ...]
    luck: tuple[float, ...]
    mendable: bool


@dataclass(frozen=True, slots=True)
class Made:
    """What was done about one task; `agents`: how many tries of an arm."""

    usd: float
    mended: bool
    attempts: int
    agents: int
    first: bool

    @property
    def whole(self) -> float:
        """With the person who takes over."""
        return self.usd + (0.0 if self.mended else HUMAN)


@dataclass(frozen=True, slots=True)
class World:
    """`alike`: the classes are as hard for every arm; else each arm has its own. `lower`: off every chance."""

    name: str
    alike: bool = False
    drifts: bool = False
    lower: float = 0.0

    def tasks(self, count: int, seed: int) -> list[Task]:
        """The same for every policy."""
        dice = np.random.default_rng(seed)
        shifts = [OFFSETS if self.alike else tuple(dice.permutation(OFFSETS)) for _ in ARMS]
        kinds = dice.choice(len(MIX), size=count, p=list(MIX.values()))
        return [
            self._task(dice, list(MIX)[kind], shifts, self.drifts and at >= count / 2) for at, kind in enumerate(kinds)
        ]

    def _task(self, dice: np.random.Generator, failure: Failure, shifts: Sequence[Sequence[float]], late: bool) -> Task:
        of = int(dice.integers(len(OFFSETS)))
        seen = of if dice.random() >= MISREAD else (of + 1 + int(dice.integers(len(OFFSETS) - 1))) % len(OFFSETS)
        lost = (0.0, DRIFT if late else 0.0, 0.0)
        chances = [base + shift[of] - gone - self.lower for base, shift, gone in zip(BASE, shifts, lost, strict=True)]
        luck = tuple(map(float, dice.random(3)))
        return Task(failure, str(seen), tuple(max(one, 0.02) for one in chances), luck, bool(dice.random() < KNOWN_FIX))

    def mends(self, failure: Failure, step: Step) -> float:
        """The chance of what is no arm."""
        return max(MENDS.get((failure, step), 0.0) - self.lower, 0.0)


# --- the policies ------------------------------------------------------------------------------------------


def chain(task_class: str, history: Sequence[Tried], tried: Sequence[str], seed: str) -> int:
    """The product's."""
    found = choose(LADDER, task_class, history[-KNOWN:], tried=tried, left=max(3 - len(tried), 1), seed=seed)
    assert isinstance(found, Choice)
    return ARMS.index(found.arm)


def capable(task_class: str, history: Sequence[Tried], _tried: Sequence[str], seed: str) -> int:
    """The cheapest with P(p >= 0.85) >= 0.9; where none is, Thompson on cost and a person's share."""
    known = odds(ARMS, task_class, history[-KNOWN:])
    able = [at for at, one in enumerate(known) if 1 - betainc(one.alpha, one.beta, 0.85) >= 0.9]
    dice = np.random.default_rng([ord(letter) for letter in seed])
    whole = [cost + (1 - dice.beta(one.alpha, one.beta)) * HUMAN for cost, one in zip(COSTS, known, strict=True)]
    return able[0] if able else int(np.argmin(whole))


def capable_plain(task_class: str, history: Sequence[Tried], _tried: Sequence[str], seed: str) -> int:
    """The same by the plainer belief that it was first described with: two pseudo-tasks, discount 0.995."""
    counts = np.zeros((2, len(ARMS), 2))  # over all and in the class; of each arm; failed and succeeded
    for age, one in enumerate(reversed(history[-KNOWN:])):
        arm = int(NAMES.index(one.arm))
        counts[: 2 if one.task_class == task_class else 1, arm, int(one.succeeded)] += 0.995**age
    share = (1 + counts[0, :, 1]) / (2 + counts[0].sum(axis=1))
    alpha, beta = 1 + 2 * share + counts[1, :, 1], 1 + 2 * (1 - share) + counts[1, :, 0]
    able = np.flatnonzero(1 - betainc(alpha, beta, 0.85) >= 0.9)
    dice = np.random.default_rng([ord(letter) for letter in seed])
    return int(able[0]) if len(able) else int(np.argmin(np.array(COSTS) + (1 - dice.beta(alpha, beta)) * HUMAN))


def fixed(order: Sequence[int], _task_class: str, _history: Sequence[Tried], tried: Sequence[str], _seed: str) -> int:
    """One order of the arms, come what may."""
    return order[len(tried)]


# --- the play ----------------------------------------------------------------------------------------------


def play(world: World, tasks: Sequence[Task], picks: Picks) -> list[Made]:
    """Every task to its end; what comes of an arm is known to the next choice."""
    history: list[Tried] = []
    return [_one(world, task, picks, history, str(at)) for at, task in enumerate(tasks)]


def _one(world: World, task: Task, picks: Picks, history: list[Tried], at: str) -> Made:
    made: list[Attempted] = []
    usd, mended, tried = 0.0, False, list[str]()
    while not mended and (todo := _todo(task, made)) is not None:
        chance, cost = world.mends(task.failure, todo.step), CI
        if todo.step is Step.AGENT:
            arm = picks(task.seen, history, tried, f"{at} {len(tried)}")
            chance, cost = task.odds[arm], COSTS[arm] + (CI if made else 0.0)
        mended, usd = task.luck[len(made)] < chance, usd + cost
        if todo.step is Step.AGENT:
            tried.append(ARMS[arm].name)
            history.append(Tried(ARMS[arm].name, task.seen, mended))
        result = Result.MENDED if mended else Result.FAILED
        made.append(Attempted(len(made) + 1, todo.step, task.failure, "a", "", 0.0, result=result))
    return Made(usd, mended, len(made), len(tried), mended and len(made) == 1)


def _todo(task: Task, made: Sequence[Attempted]) -> Try | None:
    """What the loop's own rule does next."""
    signs = Signs(
        "a",
        (Trouble(task.failure, ""),),
        rerunnable=task.failure in {Failure.FLAKY, Failure.INFRA},
        behind=True,
        mendable=task.mendable,
    )
    whole = Remediation(1, "a/b", 1, "a", 0.0, task.failure, "", attempts=tuple(made))
    found = next_step(signs, whole, made, Bounds(), 1.0)
    return found if isinstance(found, Try) else None


# --- the figures -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one policy over `n` tasks."""

    name: str
    n: int
    usd: float
    whole: float
    mended: float
    first: float
    retries: float

    @classmethod
    def of(cls, name: str, made: Sequence[Made]) -> Line:
        """The means."""
        columns = [(one.usd, one.whole, one.mended, one.first, max(one.attempts - 1, 0)) for one in made]
        return cls(name, len(made), *map(float, np.mean(columns, axis=0)))

    def __str__(self) -> str:
        cells = (
            f"{self.usd:.3f}",
            f"{self.whole:.3f}",
            f"{self.mended:.3f}",
            f"{self.first:.3f}",
            f"{self.retries:.2f}",
        )
        return f"| {self.name} | {' | '.join(cells)} |"

    @property
    def half_width(self) -> float:
        """Of a 95 % interval of `mended`."""
        return 1.96 * math.sqrt(self.mended * (1 - self.mended) / self.n)


Runs = list[list[Made]]  # of one policy, by seed


def of_arms(runs: Runs, late: float = 0.0) -> list[Made]:
    """The tasks on which an arm tried: the same for every policy. `late`: only those after this share."""
    return [one for run in runs for at, one in enumerate(run) if one.agents and at >= late * len(run)]


def best(statics: dict[str, Runs], late: float = 0.0, floor: float = 0.0) -> Line:
    """The fixed order that costs least in hindsight, chosen anew for each seed, of those that reach `floor`."""
    found: list[Made] = []
    for seed in range(len(next(iter(statics.values())))):
        each = [of_arms([runs[seed]], late) for runs in statics.values()]
        fit = [made for made in each if np.mean([one.mended for one in made]) >= floor] or each
        found += min(fit, key=lambda made: float(np.mean([one.whole for one in made])))
    return Line.of("best fixed order in hindsight" + (f" that reaches {floor:.0%}" if floor else ""), found)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one world."""

    chain: Line
    capable: Line
    static: Line
    every: Line
    late: Line
    late_static: Line


def report(world: World, count: int, seeds: int) -> Report:
    """Play it, and print its tables."""
    tasks = [world.tasks(count, seed) for seed in range(1, seeds + 1)]
    statics = {
        " ".join(ARMS[at].name for at in order): [play(world, each, partial(fixed, order)) for each in tasks]
        for order in product(range(len(ARMS)), repeat=3)
    }
    chained, able, plain = ([play(world, each, p) for each in tasks] for p in (chain, capable, capable_plain))
    every = Line.of("every failure, by the chain", [one for run in chained for one in run])
    lines = [Line.of("whole chain (the product)", of_arms(chained)), Line.of("cheapest capable", of_arms(plain))]
    lines += [Line.of("cheapest capable, by the product's belief", of_arms(able))]
    lines += [best(statics), best(statics, floor=FLOOR)]
    lines += [Line.of(name, of_arms(statics[name])) for name in ("small medium large", "medium medium medium")]
    lines += [Line.of("large large large", of_arms(statics["large large large"])), every]
    print(f"\n{world.name}: {lines[0].n} tasks of arms, of {every.n} failures, {seeds} seeds\n")
    print("| policy | $/task | $ with the person | self-resolved | at first | retries |\n|---|---|---|---|---|---|")
    print(*lines, sep="\n", flush=True)
    late = Line.of("late", of_arms(chained, 0.5))
    return Report(lines[0], lines[1], lines[3], every, late, best(statics, 0.5))


def bars(plain: Report, drift: Report) -> list[tuple[str, bool]]:
    """Each with its figure, and whether it holds."""
    ratio, after = plain.chain.whole / plain.static.whole, drift.late.whole / drift.late_static.whole
    cheaper = 1 - plain.chain.usd / plain.capable.usd
    whole = 1 - plain.chain.whole / plain.capable.whole
    low = plain.chain.mended - plain.chain.half_width
    return [
        (f"cost with the person, beside the best fixed order: {ratio:.3f} <= 1.03", ratio <= 1.03),
        (f"cheaper than the cheapest capable: {cheaper:.1%} >= 30 % (with the person {whole:.1%})", cheaper >= 0.3),
        (f"floor: {plain.chain.mended:.3f} +- {plain.chain.half_width:.3f}, from {low:.3f} >= {FLOOR}", low >= FLOOR),
        (f"after the drift, beside the best fixed order picked anew: {after:.3f} <= 1.03", after <= 1.03),
        (f"self-resolved, of every failure: {plain.every.mended:.3f} >= 0.7", plain.every.mended >= 0.7),
    ]


def main() -> int:
    """Print the tables and the bars of docs/arms.md; 1 where one is missed."""
    count, seeds = (int(sys.argv[at]) if len(sys.argv) > at else usual for at, usual in ((1, 2500), (2, 3)))
    plain = report(World("as stated, each arm with its own classes"), count, seeds)
    drift = report(World("the middle arm loses 0.2 half-way", drifts=True), count, seeds)
    report(World("every chance lower by 0.15", lower=0.15), count, seeds)
    alike = report(World("classes as hard for every arm", alike=True), count, seeds)
    found = bars(plain, drift)
    print()
    for said, holds in found:
        print(f"{'holds ' if holds else 'MISSED'} {said}")
    print(f"stated classes as hard for every arm: {alike.chain.whole / alike.static.whole:.3f} of the best fixed order")
    return int(not all(holds for _, holds in found))


if __name__ == "__main__":
    sys.exit(main())
