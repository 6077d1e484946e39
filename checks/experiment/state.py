"""All that an experiment remembers: one small JSON object, from which it goes on bit for bit."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from checks.experiment.config import GateConfig
from checks.experiment.design import Design, Kind
from checks.experiment.mean import Mean
from checks.experiment.quantity import Finite, Time, Whole
from checks.experiment.split import Split
from checks.experiment.status import Reason, Status
from checks.experiment.table import Table, empty_table
from checks.experiment.tick import Tick

LONGEST = 5_000_000  # characters; a state of ours has a thousand, and with all that may wait not half of this

Evidence = Table | Mean


class StateError(ValueError):
    """A text that is no state of this version, or belongs to other metrics."""


class Anomalies(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came in and was not used, by kind."""

    late: Whole = 0  # after its time had been scored; a second report of a scored tick is one of these
    future: Whole = 0  # from a time that has not come
    flawed: Whole = 0  # a side that was no count
    unreadable: Whole = 0  # no tick at all
    crowded: Whole = 0  # more ticks within the watermark than can wait


class GateState(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An experiment between two ticks. `newest` and `scored` are times of ticks, epoch seconds."""

    version: Literal[2]
    config: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]  # digest of the rules the evidence was gathered under
    metrics: tuple[Evidence, ...]
    status: Status = Status.WAITING
    reason: Reason = Reason.NONE
    pending: tuple[Tick, ...] = ()  # not settled yet, in the order of their times
    newest: Time | None = None
    scored: Time | None = None
    began: Time | None = None  # the first tick, or when somebody first looked
    split: Split = Split()
    anomalies: Anomalies = Anomalies()
    flaw: Annotated[str, Meta(max_length=200)] = ""  # the last one, in words
    restarts: Whole = 0  # how often the rules changed
    log_e_promote: Finite = 0.0  # of the gate farthest from its proof; promotion takes log(1 / alpha)
    log_e_rollback: Finite = (
        0.0  # of the metric nearest to proven bad; rollback takes log(K / beta), K metrics deciding
    )

    @property
    def samples(self) -> int:
        """Requests of the canary that were scored, by the metric that has most."""
        return max((evidence.canary for evidence in self.metrics), default=0)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(GateState)


def begin(config: GateConfig) -> GateState:
    """An experiment that has seen nothing."""
    return GateState(2, config.digest, tuple(_empty(design) for design in config.designs))


def dump(state: GateState) -> str:
    """The state as one line of JSON, without what is still as it began. Floats keep every bit."""
    return _ENCODER.encode(state).decode()


def load(text: str, config: GateConfig) -> GateState:
    """The state in `text`, a line of `dump`. Raises StateError with the place where it is none, or not of `config`."""
    if len(text) > LONGEST:
        raise StateError(f"longer than {LONGEST} characters")
    try:
        state = _DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StateError(str(error)) from None
    if state.config == config.digest and not _fits(state, config):
        raise StateError("its metrics are not those of the configuration")
    return state


def _empty(design: Design) -> Table | Mean:
    return Mean() if design.kind is Kind.MEAN else empty_table(design)


def _fits(state: GateState, config: GateConfig) -> bool:
    shapes = [_shape(evidence) for evidence in state.metrics]
    ticks = all(len(tick.pairs) == len(config.designs) for tick in state.pending)
    return ticks and shapes == [_shape(_empty(design)) for design in config.designs]


def _shape(evidence: Table | Mean) -> tuple[str, int, int]:
    sizes = (len(evidence.logs), len(evidence.later)) if isinstance(evidence, Table) else (0, 0)
    return type(evidence).__name__, *sizes
