"""The experiments on a head, as the check reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.model import KeptExperiment
from checks.experiment import Config
from checks.held import Experiment


class Trials(Protocol):
    """The experiments that are kept."""

    async def of(self, repository: str, sha: str) -> Sequence[KeptExperiment]:
        """All of a commit, the oldest first."""


class NoTrials:
    """For a reader without a database: nobody experimented."""

    async def of(self, repository: str, sha: str) -> Sequence[KeptExperiment]:
        """None."""
        return ()


async def experiments(trials: Trials, repository: str, sha: str) -> tuple[Experiment, ...]:
    """Those on commit `sha`, each with the gate that it runs under: the base may ask for another one meanwhile."""
    return tuple(_experiment(kept) for kept in await trials.of(repository, sha))


def _experiment(kept: KeptExperiment) -> Experiment:
    gate = Config.model_validate_json(kept.rules).judged_by
    gate_json, told = gate.model_dump_json(), kept.mirrored.told if kept.mirrored else ""
    return Experiment(kept.id, kept.canary.environment, gate_json, kept.state, kept.acted, kept.feed, kept.course, told)
