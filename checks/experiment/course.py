"""The steps from one state to the next, on a working copy: frozen records are made once a call, not once a step."""

from __future__ import annotations

from bisect import bisect_left
from math import inf

from msgspec.structs import replace

from checks.experiment.config import GateConfig
from checks.experiment.design import Design
from checks.experiment.mean import Mean, add_mean
from checks.experiment.split import Split
from checks.experiment.state import GateState
from checks.experiment.status import Reason, Status
from checks.experiment.table import Table, add_table
from checks.experiment.tick import Pair, Tick, TickError, measured, merged, read_tick
from checks.experiment.verdict import farthest_promotion, nearest_rollback, standing

FLAW = 120  # characters kept of the last flaw
MOST_WAITING = 2000  # ticks that wait for the watermark, which spans 1,000 at most


class Course:
    """An experiment on its way through some ticks, at time `now` where that is known."""

    def __init__(self, state: GateState, config: GateConfig, now: float | None) -> None:
        self.before, self.config, self.now = state, config, now
        self.status, self.reason = state.status, state.reason
        self.metrics, self.split = state.metrics, state.split
        self.pending = list(state.pending)
        self.newest, self.scored, self.began = state.newest, state.scored, state.began
        self.anomalies, self.flaw = state.anomalies, state.flaw

    def state(self) -> GateState:
        """Where it stands."""
        return GateState(
            self.before.version,
            self.before.config,
            self.metrics,
            self.status,
            self.reason,
            () if self.status.final else tuple(self.pending),
            self.newest,
            self.scored,
            self.began,
            self.split,
            self.anomalies,
            self.flaw,
            self.before.restarts,
            farthest_promotion(self.metrics, self.config),
            nearest_rollback(self.metrics, self.config),
        )

    def receive(self, sent: object) -> bool:
        """Take in one tick and score what has settled by it; False once nothing can change any more."""
        tick = self._usable(sent)
        if tick is not None:
            self.newest = tick.t if self.newest is None else max(self.newest, tick.t)
            self.began = tick.t if self.began is None else min(self.began, tick.t)
            self._wait(tick)
            self._settle()
        return not self.status.final

    def look(self) -> None:
        """Score what has settled by `now`; a source that fell silent ends the experiment."""
        if self.now is None or self.status.final:
            return
        self._settle()
        self.began = self.now if self.began is None else self.began
        last = self.began if self.newest is None else self.newest
        patience = self.config.watermark_seconds + (self.config.max_missing_ticks + 1) * self.config.tick_seconds
        if not self.status.final and self.now - last > patience:
            self._stop(Reason.STALE)

    # --- what comes in -----------------------------------------------------------------------------------------

    def _usable(self, sent: object) -> Tick | None:
        try:
            tick, flaws = read_tick(sent, self.config)
        except TickError as error:
            self._note("unreadable", str(error))
            return None
        if flaws:
            self._note("flawed", flaws[0])
        if self.now is not None and tick.t > self.now + self.config.tick_seconds:
            self._note("future")
        elif tick.t <= self._frontier():
            self._note("late")
        elif len(self.pending) >= MOST_WAITING and all(one.t != tick.t for one in self.pending):
            self._note("crowded")
        else:
            return tick
        return None

    def _note(self, kind: str, flaw: str = "") -> None:
        self.anomalies = replace(self.anomalies, **{kind: getattr(self.anomalies, kind) + 1})
        self.flaw = flaw[:FLAW] or self.flaw

    def _frontier(self) -> float:
        """Ticks up to this time are settled."""
        clocks = (-inf if self.newest is None else self.newest, -inf if self.now is None else self.now)
        return max(clocks) - self.config.watermark_seconds

    def _wait(self, tick: Tick) -> None:
        at = bisect_left(self.pending, tick.t, key=lambda one: one.t)
        if at < len(self.pending) and self.pending[at].t == tick.t:
            self.pending[at] = merged(self.pending[at], tick)
        else:
            self.pending.insert(at, tick)

    # --- what has settled --------------------------------------------------------------------------------------

    def _settle(self) -> None:
        frontier = self._frontier()
        while self.pending and self.pending[0].t <= frontier and not self.status.final:
            self._score(self.pending.pop(0))

    def _score(self, tick: Tick) -> None:
        since = 0.0 if self.scored is None else tick.t - self.scored
        absent = max(0, round(since / self.config.tick_seconds) - 1)
        if absent > self.config.max_missing_ticks:
            return self._stop(Reason.STALE)
        rows = zip(self.metrics, self.config.designs, tick.pairs, strict=True)
        self.metrics = tuple([_grown(evidence, design, pair, absent, self.config) for evidence, design, pair in rows])
        self.split = _split(self.split, tick, self.config)
        self.scored = tick.t
        minutes = (tick.t - (self.began or 0.0)) / 60
        self.status, self.reason = standing(self.metrics, self.split, minutes, self.config)
        return None

    def _stop(self, reason: Reason) -> None:
        self.status, self.reason = Status.INCONCLUSIVE, reason


def _grown(evidence: Table | Mean, design: Design, pair: Pair, absent: int, config: GateConfig) -> Table | Mean:
    control, canary = pair
    if control is None or canary is None or not measured(pair):
        return replace(evidence, missing=evidence.missing + absent + 1)
    if isinstance(evidence, Mean):
        return add_mean(evidence, design, control, canary)
    return add_table(evidence, design, control, canary, bursts=config.dispersion == "auto")


def _split(split: Split, tick: Tick, config: GateConfig) -> Split:
    """The requests of a tick are those of the first metric that was measured on both sides."""
    share = config.expected_share if tick.share is None else tick.share
    pair = next((pair for pair in tick.pairs if measured(pair)), None)
    if share is None or pair is None or pair[0] is None or pair[1] is None:
        return split
    return split.after(int(pair[0][0]), int(pair[1][0]), share, config.share_tolerance)
