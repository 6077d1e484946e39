"""How strongly counts speak against "the candidate answers as the version in service does": e-processes and e-BH.

An e-process stays below 1 on average as long as the hypothesis is true, so that it may be looked at after each triple:
it exceeds 1/a with a chance of at most a, ever (Ville's inequality). Here it is the likelihood of what was counted,
averaged over all chances that a regression may have, against the chance without one.
"""

from __future__ import annotations

from bisect import bisect_left
from math import inf, log

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, betaln, gammaincinv

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FAIR = 0.5  # whether of two that answer alike the candidate or the secondary is the odd one, is a fair coin
_SEEN = 0.95  # the chance with which `detectable` promises to see a difference
_SURE = 0.999  # with which `rate_bound` lies above the rate
_LEAST = -50.0  # no evidence at all; less is not told apart, for `above` is then too small for a float


def log_e(odd: ArrayLike, even: ArrayLike, rate: ArrayLike = FAIR) -> Floats:
    """Natural logarithm of the e-process against "a case is odd with a chance of at most `rate`".

    `odd`, `even`: cases counted, each an array of integers >= 0; the answer has their common shape. The alternative is
    uniform between `rate` and 1: the integral has a closed form, the incomplete beta function.

    >>> float(np.round(np.exp(log_e(2, 0)), 3))  # 2 of 2: the mean of (p / 0.5)^2 over p from 0.5 to 1
    2.333
    """
    a, b = np.asarray(odd, dtype=float), np.asarray(even, dtype=float)
    r = np.asarray(rate, dtype=float)
    above = betainc(b + 1, a + 1, 1 - r)  # P(Beta(a + 1, b + 1) > r)
    with np.errstate(divide="ignore"):
        value = betaln(a + 1, b + 1) + np.log(above) - a * np.log(r) - (b + 1) * np.log1p(-r)
    return np.asarray(np.maximum(value, _LEAST), dtype=np.float64)


def flagged(log_es: ArrayLike, q: float) -> Flags:
    """Which hypotheses fall, of `len(log_es)` that are held together: e-BH at level `q`, whatever their dependence.

    Wang & Ramdas, "False discovery rate control with e-values", JRSS B 84 (2022): the k with the largest e fall, for
    the largest k of which the k-th is at least n / (q k).
    """
    values = np.asarray(log_es, dtype=float)
    ranks = np.arange(1, values.size + 1)
    falls = np.sort(values)[::-1] >= np.log(values.size / (q * ranks))
    if not falls.any():
        return np.zeros(values.size, dtype=np.bool_)
    most = int(ranks[falls].max())
    return np.asarray(values >= np.log(values.size / (q * most)), dtype=np.bool_)


def detectable(answers: int, fields: int, q: float, rate: float = FAIR) -> float:
    """The smallest share of `answers` in which a quiet field, one of `fields`, must differ for us to have flagged it by
    now with a chance of 95 %. Infinite where these answers cannot show any.

    `rate` as in `log_e`: a fair coin is thrown only where one of two differs, any other at each answer.
    """
    cases = range(1 if rate == FAIR else int(rate * answers) + 1, answers + 1)  # evidence grows from each to the next

    def seen(odd: int) -> float:
        return float(log_e(odd, 0 if rate == FAIR else answers - odd, rate))

    least = bisect_left(cases, log(max(fields, 1) / q), key=seen)
    return float(gammaincinv(cases[least], _SEEN) / answers) if least < len(cases) else inf


def rate_bound(differing: ArrayLike, of: ArrayLike) -> Floats:
    """A rate that the true one exceeds with a chance of 1 in 1,000 (Clopper & Pearson 1934); 1 where `of` is 0."""
    d, n = np.asarray(differing, dtype=float), np.asarray(of, dtype=float)
    return np.asarray(np.where(d >= n, 1.0, betaincinv(d + 1, np.maximum(n - d, 1), _SURE)), dtype=np.float64)
