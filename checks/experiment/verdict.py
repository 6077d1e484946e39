"""What the evidence allows. Rollback comes first; promotion needs every gate proven at once and every guard awake."""

from __future__ import annotations

from collections.abc import Sequence

from checks.experiment.config import GateConfig
from checks.experiment.design import Design
from checks.experiment.mean import Mean
from checks.experiment.split import Split
from checks.experiment.status import Reason, Status
from checks.experiment.table import Table

Evidence = Table | Mean

LEAST_TICKS = 10  # before the horizon counts: promotion would hardly be possible sooner where bursts are suspected


def standing(metrics: Sequence[Evidence], split: Split, minutes: float, config: GateConfig) -> tuple[Status, Reason]:
    """Where the experiment stands after a tick that lies `minutes` after the first."""
    deciding = [(metrics[at], config.designs[at]) for at in config.deciding]
    for evidence, design in deciding:
        if evidence.log_e_rollback >= design.rollback_bound:
            return Status.ROLLBACK, Reason.NONE
    reason = _failure(deciding, split, config)
    if reason is not Reason.NONE:
        return Status.INCONCLUSIVE, reason
    unproven = [at for at in config.gates if not _proven(metrics[at], config.designs[at], config)]
    if not unproven and all(_awake(evidence, design) for evidence, design in deciding):
        return Status.PROMOTE, Reason.NONE
    if any(_spent(metrics[at], config.designs[at]) for at in unproven) or _over(minutes, config):
        return Status.INCONCLUSIVE, Reason.HORIZON
    return (Status.CONTINUE if any(evidence.ticks for evidence, _ in deciding) else Status.WAITING), Reason.NONE


def nearest_rollback(metrics: Sequence[Evidence], config: GateConfig) -> float:
    """The log of evidence of the deciding metric nearest to being proven bad."""
    return max([metrics[at].log_e_rollback for at in config.deciding])


def farthest_promotion(metrics: Sequence[Evidence], config: GateConfig) -> float:
    """The log of evidence of the gate farthest from its proof."""
    return min([_promotion(metrics[at]) for at in config.gates])


def _proven(evidence: Evidence, design: Design, config: GateConfig) -> bool:
    """Whether a gate is proven as things stand: what was proven earlier may have gone bad since."""
    return _promotion(evidence) >= design.promote_bound and evidence.ticks >= config.min_ticks


def _promotion(evidence: Evidence) -> float:
    return evidence.log_e_promote if isinstance(evidence, Table) else 0.0


def _failure(deciding: list[tuple[Evidence, Design]], split: Split, config: GateConfig) -> Reason:
    if split.log_e >= config.split_bound:
        return Reason.SRM
    for evidence, _ in deciding:
        if evidence.missing > config.max_missing_ticks:
            return Reason.NO_DATA
    return Reason.NONE


def _awake(evidence: Evidence, design: Design) -> bool:
    """Whether a metric saw this very tick, and could have objected."""
    return not evidence.missing and evidence.ticks >= max(1, design.burn_in)


def _spent(evidence: Evidence, design: Design) -> bool:
    """Whether it had all its requests. Vast ticks do not end it before its control was seen a few times."""
    return isinstance(evidence, Table) and evidence.size >= design.most and evidence.ticks >= LEAST_TICKS


def _over(minutes: float, config: GateConfig) -> bool:
    return config.max_minutes is not None and minutes >= config.max_minutes
