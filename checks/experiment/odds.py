"""Risks and odds, and the size of the fixed test that the gate is measured against."""

from __future__ import annotations

from math import ceil, sqrt

from checks.experiment.normal import upper_quantile


def odds(risk: float) -> float:
    """The odds of a risk in 0..1, both ends excluded."""
    return risk / (1 - risk)


def odds_ratio(risk_ratio: float, baseline: float) -> float:
    """What `risk_ratio` is as a ratio of odds, at a control risk of `baseline`; their product lies below 1."""
    return odds(risk_ratio * baseline) / odds(baseline)


def risk_ratio(odds_ratio_: float, baseline: float) -> float:
    """What a ratio of odds is as a ratio of risks, at a control risk of `baseline`."""
    return odds_ratio_ / (1 - baseline + baseline * odds_ratio_)


def fixed_size(control: float, canary: float, margin: float, alpha: float, beta: float) -> int:
    """Requests a side of the one-look test of "risk of the canary >= margin x risk of the control", equal sides.

    `control` and `canary` are the risks at which it answers "below the margin" with probability 1 - beta; where they
    lie at the margin it does so with probability alpha. Source: C. Farrington, G. Manning, Stat. Med. 9 (1990).
    """
    at_margin = _closest(control, canary, margin)
    null = _variance(at_margin, margin * at_margin, margin)
    truth = _variance(control, canary, margin)
    apart = margin * control - canary
    root = upper_quantile(alpha) * sqrt(null) + upper_quantile(beta) * sqrt(truth)
    return ceil((root / apart) ** 2)


def _variance(control: float, canary: float, margin: float) -> float:
    """Of (bad canary request) - margin x (bad control request)."""
    return canary * (1 - canary) + margin * margin * control * (1 - control)


def _closest(control: float, canary: float, margin: float) -> float:
    """The control risk q whose pair (q, margin q) is most likely where (control, canary) was observed."""
    half = (margin * (1 + control) + 1 + canary) / 2
    product = 2 * margin * (control + canary)
    return (half - sqrt(half * half - product)) / (2 * margin)
