"""A gate that keeps its own state: the short way for a loop, a script or a test. `advance` is the pure one."""

from __future__ import annotations

from typing import Self

from checks.experiment.advance import advance, under
from checks.experiment.config import GateConfig
from checks.experiment.state import GateState, begin, dump, load


class Gate:
    """One experiment under `config`.

    >>> gate = Gate(GateConfig(baseline=0.01, watermark_seconds=0))
    >>> side = {"good": 99000, "total": 100000}
    >>> [gate.update({"t": 30.0 * k, "control": side, "canary": side}).status.value for k in range(3)]
    ['continue', 'continue', 'promote']
    """

    def __init__(self, config: GateConfig, state: GateState | None = None) -> None:
        self.config = config
        self.state = begin(config) if state is None else state

    def update(self, tick: object, now: float | None = None) -> GateState:
        """The state after one more tick, at time `now` (epoch seconds) where it is known."""
        self.state = advance(self.state, (tick,), self.config, now)
        return self.state

    def look(self, now: float) -> GateState:
        """The state at `now` (epoch seconds), with whatever has settled by then scored."""
        self.state = advance(self.state, (), self.config, now)
        return self.state

    def to_json(self) -> str:
        """The state as one line of JSON."""
        return dump(self.state)

    @classmethod
    def from_json(cls, config: GateConfig, text: str) -> Self:
        """The gate that goes on from `text`; under other rules evidence begins anew. Raises StateError."""
        return cls(config, under(load(text, config), config))
