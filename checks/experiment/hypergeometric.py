"""Fisher's noncentral hypergeometric law: how bad requests split over two sides, given how many there are.

Of `control` and `canary` requests `bad` went wrong in all. Where the odds of a canary request to go wrong are `psi`
times those of a control request, x of them lie with the canary with probability
C(canary, x) C(control, bad - x) psi^x / Z, whatever the rate of errors is: conditioning on `bad` removes it.

The usual shortcut for large counts is a Poisson limit. It is not needed: log Z costs some thirty terms at any size.
Source: R. A. Fisher, The logic of inductive inference, JRSS 98 (1935).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, fsum, lgamma, log, log1p, pi, sqrt

WIDTH = 200  # up to so many terms are summed one by one, all psi on the same weights; 20^200 is still a float
REACH = 9.0  # standard deviations from the mode; what lies beyond is below 1e-16 of the sum
STRIDE = 1.5  # standard deviations: in such strides the sum over a bell is right to 1e-18 (Poisson summation)


def log_normalizers(control: int, canary: int, bad: int, psis: Sequence[float]) -> list[float]:
    """log Z of each `psi` (1/20 .. 20), up to one constant they share; `bad` is at most `control` + `canary`."""
    low, high = max(0, bad - control), min(bad, canary)
    if high - low > WIDTH:
        return [_by_strides(_Law(control, canary, bad, low, high, log(psi))) for psi in psis]
    weights = _weights(control, canary, bad, low, high)
    sums: list[float] = []
    for at in range(0, len(psis), 3):
        sums += _three(weights, *(*psis[at : at + 3], 1.0, 1.0)[:3])
    if not low:
        return [log(z) for z in sums[: len(psis)]]
    return [log(z) + low * log(psi) for psi, z in zip(psis, sums, strict=False)]


def _weights(control: int, canary: int, bad: int, low: int, high: int) -> list[float]:
    """C(canary, x) C(control, bad - x) for x from `high` down to `low`, the largest scaled to 1."""
    rest = control - bad
    peak = min(max((bad + 1) * (canary + 1) // (control + canary + 2), low), high)
    weights, weight = [1.0], 1.0
    for x in range(peak, high):
        weight *= (canary - x) * (bad - x) / ((x + 1) * (rest + x + 1))
        weights.append(weight)
    weights.reverse()
    weight = 1.0
    for x in range(peak, low, -1):
        weight *= x * (rest + x) / ((canary - x + 1) * (bad - x + 1))
        weights.append(weight)
    return weights


def _three(weights: Iterable[float], p: float, q: float, r: float) -> tuple[float, float, float]:
    """The polynomial in three psi at once, by Horner: one walk over the weights costs less than three."""
    a = b = c = 0.0
    for weight in weights:
        a = a * p + weight
        b = b * q + weight
        c = c * r + weight
    return a, b, c


class _Law:
    """One law with more than `WIDTH` terms; `theta` is log psi."""

    def __init__(self, control: int, canary: int, bad: int, low: int, high: int, theta: float) -> None:
        self.control, self.canary, self.bad = control, canary, bad
        self.low, self.high, self.theta = low, high, theta
        self.rate = bad / (control + canary)

    def mode(self) -> int:
        """Where the terms are largest: the root of x (control - bad + x) = psi (canary - x) (bad - x)."""
        psi = exp(self.theta)
        half = (self.control - self.bad + psi * (self.canary + self.bad)) / 2
        product = psi * self.canary * self.bad
        root = product / (half + sqrt(max(half * half - (psi - 1) * product, 0.0)))  # stable at psi = 1 too
        return min(max(round(root), self.low), self.high)

    def spread(self, x: int) -> float:
        """Standard deviation of the law, from the curvature at its mode `x`."""
        corners = (x, self.canary - x, self.bad - x, self.control - self.bad + x)
        return 1 / sqrt(sum(1 / (corner + 1) for corner in corners))

    def log_term(self, x: int) -> float:
        """log C(canary, x) C(control, bad - x) psi^x, less what does not depend on x or psi."""
        return (
            _log_binomial(x, self.canary, self.rate)
            + _log_binomial(self.bad - x, self.control, self.rate)
            + x * self.theta
        )


def _by_strides(law: _Law) -> float:
    mode = law.mode()
    spread = law.spread(mode)
    reach = int(REACH * spread) + 2
    first, last = max(law.low, mode - reach), min(law.high, mode + reach)
    cut = first == law.low or last == law.high  # a bell with an edge is no bell: then every term counts
    stride = 1 if cut else max(1, int(spread / STRIDE))
    peak = law.log_term(mode)
    xs = range(mode - (mode - first) // stride * stride, last + 1, stride)
    return peak + log(stride * fsum(exp(law.log_term(x) - peak) for x in xs))


def _log_binomial(x: int, n: int, p: float) -> float:
    """log of the binomial probability of x of n, without losing digits at large n. Source: C. Loader (2000)."""
    if x in {0, n}:
        return n * (log1p(-p) if x == 0 else log(p))
    apart = _stirling(n) - _stirling(x) - _stirling(n - x)
    return apart - _deviance(x, n * p) - _deviance(n - x, n - n * p) - log(2 * pi * x * (n - x) / n) / 2


def _stirling(n: int) -> float:
    """What Stirling's formula lacks of log n!."""
    if n < 16:
        return lgamma(n + 1) - (n + 0.5) * log(n) + n - log(2 * pi) / 2
    square = n * n
    return (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / n


def _deviance(x: int, mean: float) -> float:
    """x log(x / mean) + mean - x, for x > 0."""
    apart = (x - mean) / mean
    return mean * ((1 + apart) * log1p(apart) - apart)
