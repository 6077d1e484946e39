"""The grid that the posterior is summed over: coarse at first, halved where it holds something and is too coarse.

For each rho the log of the ratio runs from end to end of the prior's range. The trapezoid rule is all but exact for a
bell of standard deviation s as long as its step is below 1.7 s, that is, as long as the log of its height bends by less
than 3 from step to step. Data that say more make the bell narrower, and the grid follows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checks.impact.floats import Floats, Places
from checks.impact.level import Chain, Grid, Likelihood
from checks.impact.prior import Prior
from checks.impact.selection import Design, Models, Weighed, weigh

BENT = 3.0  # that much needs no halving
DEEP = 12.0  # so far below the highest point, in logs, nothing is held
FINEST = 32  # into so many parts is a step halved at most; places are counted in these
ROW = 1 << 20  # places that are one rho's


def explored(chains: Sequence[Chain], design: Design, among: Models, prior: Prior) -> tuple[Weighed, Grid]:
    """All models on a grid that is as fine as it has to be; their weights hold its steps.

    The first chain is that of the points before the change; all of them judge.
    """

    def weighed(places: Places) -> Weighed:
        grid = _grid(places, prior)
        return weigh(design, among, [chain.likelihood(grid) for chain in chains], grid, prior)

    places = _start(prior)
    found = weighed(places)
    while len(fresh := _between(places, np.logaddexp.reduce(found.log_weight))):
        more = weighed(fresh)
        places = np.concatenate([places, fresh])
        order = np.argsort(places)
        places, found = places[order], _joined(found, more, order)
    return found._replace(before=found.before + np.log(_steps(places))), _grid(places, prior)


def _start(prior: Prior) -> Places:
    """Each rho has a row of places."""
    return np.add.outer(np.arange(len(prior.rhos)) * ROW, np.arange(prior.start) * FINEST).ravel()


def _grid(places: Places, prior: Prior) -> Grid:
    row, at = np.divmod(places, ROW)
    low, high = np.log(prior.ratios)
    return Grid(np.exp(low + (high - low) * at / ((prior.start - 1) * FINEST)), prior.rhos[row], row)


def _gaps(places: Places) -> Places:
    """From each place to the next; 0 from one row to another."""
    return np.where(np.diff(places // ROW) == 0, np.diff(places), 0)


def _steps(places: Places) -> Floats:
    """What each place stands for: half of the gaps at both sides, in steps of the start."""
    gaps = _gaps(places)
    return np.asarray((np.append(gaps, 0) + np.append(0, gaps)) / (2 * FINEST))


def _between(places: Places, height: Floats) -> Places:
    """Places in the middle of gaps where the height bends too much, and may be high."""
    gaps = _gaps(places)
    slope = np.diff(height) / np.maximum(gaps, 1)
    inside = (gaps[1:] > 0) & (gaps[:-1] > 0)
    bend = np.where(inside, -np.diff(slope) * np.minimum(gaps[1:], gaps[:-1]), 0.0)
    worst = np.maximum(np.append(bend, 0.0), np.append(0.0, bend))
    hidden = np.maximum(height[1:], height[:-1]) + worst / 4
    wanted = (gaps > 1) & (worst > BENT) & (hidden > height.max() - DEEP)
    return np.asarray((places[:-1] + gaps // 2)[wanted])


def _joined(one: Weighed, other: Weighed, order: Places) -> Weighed:
    """Both, with the points of the grid in this order."""
    found = Likelihood(*(np.concatenate(pair)[order] for pair in zip(one.found, other.found, strict=True)))
    return one._replace(
        before=np.concatenate([one.before, other.before], axis=1)[:, order],
        after=np.concatenate([one.after, other.after], axis=1)[:, order],
        rate=np.concatenate([one.rate, other.rate])[order],
        gram=np.concatenate([one.gram, other.gram])[order],
        found=found,
    )
