"""Evidence from counts of bad requests on both sides, tick by tick, each tick a stratum of its own.

Of a tick only the way its bad requests split over the sides is used. Given their number, that depends on the ratio of
odds alone: rate of errors, traffic, their drift and the time of day all cancel. For a true ratio psi, the likelihood
of any other ratio over that of psi is a martingale of mean 1, so it reaches 1 / alpha with probability alpha at most,
however often one looks (Ville). Against "at least the margin" the rival is 1; against "at most tolerated" it is the
mean over `Design.suspects`, from any tick on. Either hypothesis is worst at its end, because the likelihood ratio is
monotone.
"""

from __future__ import annotations

from math import log
from operator import sub

from msgspec import Struct

from checks.experiment.design import Design, Kind
from checks.experiment.dispersion import CALM, Dispersion
from checks.experiment.hypergeometric import log_normalizers
from checks.experiment.quantity import Finite, NotNegative, Whole
from checks.experiment.regression import grown, log_evidence, to_come
from checks.experiment.tick import Counts


class Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="table"):
    """What a counting metric has shown so far. `logs` are the log-likelihoods of `Design.psis`, less that of 1."""

    logs: tuple[Finite, ...]
    later: tuple[
        NotNegative, ...
    ]  # of `Design.suspects`: likelihood ratios from later ticks on, over what is tolerated
    shifted: Finite = 0.0  # latency: the log-likelihood ratio that promotes
    dispersion: Dispersion = CALM
    ticks: Whole = 0
    control: Whole = 0  # requests scored
    control_bad: Whole = 0
    canary: Whole = 0
    canary_bad: Whole = 0
    size: NotNegative = 0.0  # requests a side of an experiment with equal sides that would know as much
    missing: Whole = 0  # ticks in a row without data
    log_e_promote: Finite = 0.0
    log_e_rollback: Finite = 0.0


def empty_table(design: Design) -> Table:
    """Nothing seen."""
    return Table((0.0,) * len(design.psis), (0.0,) * len(design.suspects))


def add_table(table: Table, design: Design, control: Counts, canary: Counts, bursts: bool) -> Table:
    """The evidence with one more tick that has requests on both sides; with `bursts` it is held against dispersion."""
    bad_c, bad_t = int(control[1]), int(canary[1])
    total_c, total_t = int(control[0]), int(canary[0])
    logs = _likelihoods(table.logs, design, total_c, total_t, bad_c, bad_t)
    latency = design.kind is Kind.LATENCY
    shifted = _shifted(design, total_c, total_t, int(control[-1]), bad_t) + table.shifted if latency else 0.0
    calm, cautious = (table.dispersion.factor, table.dispersion.cautious) if bursts else (1.0, 1.0)
    promote = (shifted if latency else 0.0 - logs[design.limit]) / cautious
    ticks = table.ticks + 1
    size = table.size + (1 + design.weight) / (1 / total_t + design.weight / total_c)
    since_the_start, before = _ratios(logs, design), _ratios(table.logs, design)
    gains, left = list(map(sub, since_the_start, before)), to_come(size, design)
    later = grown(table.later, gains, calm, to_come(table.size, design) - left)
    return Table(
        logs,
        later,
        shifted,
        table.dispersion.after(total_c, bad_c),  # the next tick's factor: no tick weighs itself
        ticks,
        table.control + total_c,
        table.control_bad + bad_c,
        table.canary + total_t,
        table.canary_bad + bad_t,
        size,
        0,
        promote,
        log_evidence(since_the_start, calm, later, left),
    )


def _likelihoods(
    logs: tuple[float, ...], design: Design, control: int, canary: int, bad_c: int, bad_t: int
) -> tuple[float, ...]:
    bad = bad_c + bad_t
    if bad in {0, control + canary}:  # however they split, it could not have been otherwise
        return logs
    zs = log_normalizers(control, canary, bad, design.psis)
    base = zs[design.unit]
    return tuple([old + bad_t * theta - z + base for old, theta, z in zip(logs, design.thetas, zs, strict=True)])


def _shifted(design: Design, control: int, canary: int, bad_c: int, bad_t: int) -> float:
    """Latency: log-likelihood of "as fast as the control" over that of "at the margin or slower".

    Were every request of the control slower by the margin, as many would exceed tau as now exceed tau / margin. So a
    canary at the margin has odds 1 in this table, and a good one those of `tau` over those of `inner`.
    """
    bad = bad_c + bad_t
    if bad in {0, control + canary}:
        return 0.0
    good = 1 / design.psis[design.limit]
    at_good, at_margin = log_normalizers(control, canary, bad, (good, 1.0))
    return bad_t * log(good) - at_good + at_margin


def _ratios(logs: tuple[float, ...], design: Design) -> list[float]:
    """The log-likelihood of each suspect, over that of what is tolerated."""
    base = logs[design.tolerated]
    return [logs[at] - base for at in design.suspects]
