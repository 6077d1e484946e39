"""How metrics are looked at: by a repository's rules, or as somebody asks it of a file."""

from __future__ import annotations

from dataclasses import dataclass

from checks.impact.block import Config, Metric, Prior


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for every metric of a look. `before`, `after`, `step`: seconds, the first two may be infinite."""

    before: float
    after: float
    step: float
    alpha: float
    fdr: float
    prior: Prior
    min_pre: int
    placebos: int

    @classmethod
    def of(cls, config: Config) -> Plan:
        """What the rules say."""
        return cls(
            config.pre_seconds,
            config.post_seconds,
            config.step_seconds,
            config.alpha,
            config.fdr,
            config.prior,
            config.min_pre,
            config.placebos,
        )

    def enough(self, metric: Metric) -> int:
        """The fewest points before the deployment that say something of this metric: two of its seasons at least."""
        return max(self.min_pre, 2 * metric.period)
