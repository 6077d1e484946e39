"""What a base branch asks of the experiments on its pull requests."""

from __future__ import annotations

from dataclasses import dataclass

from checks import experiment, shadow


@dataclass(frozen=True, slots=True)
class Rules:
    """The block `experiment`, and the block `shadow`; None where mirrored answers are not compared."""

    experiment: experiment.Config
    shadow: shadow.Config | None = None
