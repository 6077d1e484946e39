"""The two faces of the standard normal law that the gate needs; `scipy` would cost a tenth of a second to import."""

from __future__ import annotations

from math import erfc, exp, log, pi, sqrt

_FAR = -30.0  # below it erfc keeps few digits, and the first terms of the asymptotic series have them all


def upper_quantile(p: float) -> float:
    """z with P(Z > z) = `p`, for 1e-12 <= p <= 1/2, right to 1e-12: Newton's steps on log P, which is concave."""
    z = 0.0
    for _ in range(60):
        tail = erfc(z / sqrt(2)) / 2
        step = tail / _density(z) * log(tail / p)
        z += step
        if abs(step) < 1e-13:
            break
    return z


def log_cdf(z: float) -> float:
    """log P(Z <= z), without underflow."""
    if z > _FAR:
        return log(erfc(-z / sqrt(2)) / 2)
    square = z * z
    return -square / 2 - log(-z * sqrt(2 * pi)) + log(1 - (1 - (3 - 15 / square) / square) / square)


def _density(z: float) -> float:
    return exp(-z * z / 2) / sqrt(2 * pi)
