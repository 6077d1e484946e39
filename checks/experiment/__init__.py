"""Guarded experiments: promote a canary on overwhelming evidence only, and take it back on little."""

from checks.experiment.advance import advance, stopped, under
from checks.experiment.block import Config, Promote, Rollback
from checks.experiment.check import CHECK, stage
from checks.experiment.config import GateConfig, OnInconclusive
from checks.experiment.design import Kind, Role
from checks.experiment.fed import lateness, trouble
from checks.experiment.gate import Gate
from checks.experiment.metric import Metric
from checks.experiment.report import Report, action, by_hand, report
from checks.experiment.state import GateState, StateError, begin, dump, load
from checks.experiment.status import STATES, Reason, Status
from checks.experiment.tick import TickError, read_tick
from checks.experiment.watched import Counter, NamedMetric, Query, Side, Watched

__all__ = [
    "CHECK",
    "STATES",
    "Config",
    "Counter",
    "Gate",
    "GateConfig",
    "GateState",
    "Kind",
    "Metric",
    "NamedMetric",
    "OnInconclusive",
    "Promote",
    "Query",
    "Reason",
    "Report",
    "Role",
    "Rollback",
    "Side",
    "StateError",
    "Status",
    "TickError",
    "Watched",
    "action",
    "advance",
    "begin",
    "by_hand",
    "dump",
    "lateness",
    "load",
    "read_tick",
    "report",
    "stage",
    "stopped",
    "trouble",
    "under",
]
