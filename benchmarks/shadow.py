"""Does the shadow diff, watched continuously, find regressions and no others? Exit 1 when a bar is missed.

    python -m benchmarks.shadow [RUNS]

300 fields that are as they were, 60 each at a noise of 0, 0.1, 1, 10 and 50 %, and 9 that got worse in 0.2, 1 and 5 %
of the answers, at a noise of 0, 1 and 10 %. 5,000 mirrored triples, looked at as the product looks. In the same run, on
the same counts: the rule of Diffy, and McNemar's test with Benjamini and Hochberg's procedure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from checks.shadow.config import ShadowConfig
from checks.shadow.evidence import Flags, Floats, flagged, log_e
from checks.shadow.look import next_look

CLEAN = np.repeat([0.0, 0.001, 0.01, 0.1, 0.5], 60)
NOISE_OF_WORSE = np.repeat([0.0, 0.01, 0.1], 3)
WORSE = np.tile([0.002, 0.01, 0.05], 3)
TRIPLES, RUNS = 5_000, 200
SEED = 20_261_130
CONFIG = ShadowConfig()


def looks() -> Iterator[int]:
    """The numbers of triples at which the product looks."""
    at = next_look(0)
    while at <= TRIPLES:
        yield at
        at = next_look(at)


LOOKS = tuple(looks())
MOST_FALSE = 0.05  # of the runs in which any clean field is flagged at any look
LEAST_RECALL = 0.95  # of the fields worse in 5 % of the answers


@dataclass(frozen=True, slots=True)
class Counted:
    """One run; integer arrays of (looks, fields), added up from look to look."""

    candidate_alone: Floats
    secondary_alone: Floats
    both: Floats

    @property
    def triples(self) -> Floats:
        """Of shape (looks, 1)."""
        return np.array(LOOKS, float)[:, None]


@dataclass(frozen=True, slots=True)
class Scored:
    """Means over the runs. `recall`: of the fields worse in 0.2, 1 and 5 %."""

    any_false: float
    false_fields: float
    recall: tuple[float, float, float]


def runs(number: int) -> Iterator[Counted]:
    """That many runs, the same each time."""
    random = np.random.default_rng(SEED)
    noise = np.concatenate([CLEAN, NOISE_OF_WORSE])
    worse = np.concatenate([np.zeros_like(CLEAN), WORSE])
    other = 1 - (1 - noise) * (1 - worse)  # the candidate's own chance to differ
    # Of a primary that is odd itself both differ; else candidate and secondary differ each by its own chance.
    both = noise + (1 - noise) * other * noise
    chances = np.stack([(1 - noise) * other * (1 - noise), (1 - noise) * (1 - other) * noise, both], 1)
    chances = np.concatenate([chances, 1 - chances.sum(1, keepdims=True)], 1)
    for _ in range(number):
        counts = np.cumsum(random.multinomial(np.diff(LOOKS, prepend=0)[:, None], chances), 0).astype(float)
        yield Counted(counts[..., 0], counts[..., 1], counts[..., 2])


def ours(run: Counted) -> Flags:
    """As `checks.shadow.look` judges: e-BH over the evidence of each look, and the effect floor."""
    log_es = log_e(run.candidate_alone, run.secondary_alone)
    effect = (run.candidate_alone - run.secondary_alone) / run.triples
    falls = np.stack([flagged(look, CONFIG.q) for look in log_es])
    return np.asarray((falls & (effect >= CONFIG.floor)).any(0))


def diffy(run: Counted) -> Flags:
    """More raw than noise, by 20 % of their sum and 0.03 % of all, at any look (opendiffy/diffy, JoinedDifferences)."""
    raw, noise = run.candidate_alone + run.both, run.secondary_alone + run.both
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(raw - noise) / (raw + noise)
    return np.asarray(((raw > noise) & (relative > 0.2) & (np.abs(raw - noise) / run.triples > 0.0003)).any(0))


def mcnemar(run: Counted) -> Flags:
    """McNemar's exact one-sided test, Benjamini and Hochberg over the fields, at any look."""
    p = binom.sf(run.candidate_alone - 1, run.candidate_alone + run.secondary_alone, 0.5)
    return np.asarray(np.stack([_benjamini_hochberg(look) for look in p]).any(0))


def _benjamini_hochberg(p: Floats) -> Flags:
    ranks = np.arange(1, p.size + 1)
    falls = np.sort(p) <= CONFIG.q * ranks / p.size
    return np.asarray(p <= (CONFIG.q * ranks[falls].max() / p.size if falls.any() else -1.0))


RULES: dict[str, Callable[[Counted], Flags]] = {
    "sign e-process, e-BH (ours)": ours,
    "McNemar, Benjamini-Hochberg": mcnemar,
    "Diffy's rule": diffy,
}


def score(rule: Callable[[Counted], Flags], number: int) -> Scored:
    """What a rule says of `number` runs."""
    flags = np.stack([rule(run) for run in runs(number)])
    false, right = flags[:, : len(CLEAN)], flags[:, len(CLEAN) :]
    recall = [float(right[:, worse == WORSE].mean()) for worse in (0.002, 0.01, 0.05)]
    return Scored(float(false.any(1).mean()), float(false.sum(1).mean()), (recall[0], recall[1], recall[2]))


def main() -> int:
    """Print the table; 0 when both bars hold, 1 when one is missed."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    scores = {name: score(rule, number) for name, rule in RULES.items()}
    print(f"{number} runs of {LOOKS[-1]:,} triples, {len(CLEAN)} clean fields, looked at {len(LOOKS)} times")
    print(f"{'':30}{'any false':>10}{'false fields':>14}{'recall +0.2 %':>15}{'+1 %':>8}{'+5 %':>8}")
    for name, found in scores.items():
        low, middle, high = found.recall
        print(f"{name:30}{found.any_false:10.3f}{found.false_fields:14.2f}{low:15.2f}{middle:8.2f}{high:8.2f}")
    mine = scores["sign e-process, e-BH (ours)"]
    bars = {
        f"any clean field flagged in at most {MOST_FALSE:.0%} of the runs": mine.any_false <= MOST_FALSE,
        f"of the fields worse by 5 % at least {LEAST_RECALL:.0%} found": mine.recall[2] >= LEAST_RECALL,
    }
    for bar, held in bars.items():
        print(f"{'holds ' if held else 'MISSED'} {bar}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
