"""What moved an experiment: its ticks as they came, and the looks at them, from which each state can be made again.

Pure but for `TickLogs`, which reads them: a Repro Pack is checked by the very steps that the App took.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.fed import digest_of
from app.store.tables import experiment_looks as looks
from app.store.tables import experiment_ticks as ticks
from app.store.tables import experiments as table
from checks.experiment import Config, GateConfig, GateState, Reason, advance, begin, dump, stopped

Came = tuple[int, object]
"""A tick as it was sent, and when it came (epoch microseconds)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One look: its rules, its moment (epoch microseconds), and why it ended the experiment from outside, or ""."""

    rules: str
    at: int
    stopped: str = ""

    def __call__(self, state: GateState, came: Sequence[Came]) -> GateState:
        """The state after it."""
        *_, last = self.through(state, came)
        return last

    def through(self, state: GateState, came: Sequence[Came]) -> Iterator[GateState]:
        """The state after each moment at which ticks came, and at last after the look itself.

        Whether a tick was late is a matter of when it came, not of when we got round to it.
        """
        gate = gate_of(self.rules)
        if self.stopped:
            yield stopped(state, Reason(self.stopped))
            return
        for moment, together in groupby(came, key=lambda one: one[0]):
            state = advance(state, [sent for _, sent in together], gate, moment / 1e6)
            yield state
        yield advance(state, (), gate, self.at / 1e6)


@dataclass(frozen=True, slots=True)
class KeptTick:
    """A tick as it is kept. `received`: epoch microseconds; `body`: canonical JSON."""

    id: int
    received: int
    body: str


@dataclass(frozen=True, slots=True)
class KeptLook:
    """A look as it is kept: `taken` up to which tick, `rules` where they are others than before, the state's digest."""

    id: int
    at: int
    taken: int
    rules: str
    stopped: str
    digest: str


@dataclass(frozen=True, slots=True)
class TickLog:
    """All that moved one experiment. `rules`: those it has, which count where no look ever was."""

    rules: str
    looks: tuple[KeptLook, ...]
    ticks: tuple[KeptTick, ...]

    @property
    def first_rules(self) -> str:
        """Those it began under."""
        return self.looks[0].rules if self.looks else self.rules

    def until(self, digest: str) -> TickLog | None:
        """The part that came to the state of this `digest`; None where none did."""
        if digest == digest_of(dump(begin(gate_of(self.first_rules)))):
            return TickLog(self.first_rules, (), ())
        last = next((place for place, one in reversed(list(enumerate(self.looks))) if one.digest == digest), None)
        if last is None:
            return None
        taken = self.looks[last].taken
        return TickLog(self.rules, self.looks[: last + 1], tuple(one for one in self.ticks if one.id <= taken))

    def passed(self) -> Iterator[tuple[Sequence[KeptTick], GateState, GateConfig]]:
        """The state after the ticks of each moment, and after each look, which has none; and its rules.

        Raises ValueError at the first look that comes to another state than was kept.
        """
        rules = self.first_rules
        state, place = begin(gate_of(rules)), 0
        for look in self.looks:
            rules = look.rules or rules
            gate, came = gate_of(rules), []
            while place < len(self.ticks) and self.ticks[place].id <= look.taken:
                came.append(self.ticks[place])
                place += 1
            moments = [] if look.stopped else [list(one) for _, one in groupby(came, key=lambda tick: tick.received)]
            sent = [(one.received, json.loads(one.body)) for one in came]
            for together, after in zip(
                [*moments, []], Step(rules, look.at, look.stopped).through(state, sent), strict=True
            ):
                state = after
                yield together, state, gate
            if digest_of(dump(state)) != look.digest:
                raise ValueError(f"look {look.id} comes to another state")


@dataclass(frozen=True, slots=True)
class TickLogs:
    """The tables of ticks and looks."""

    engine: AsyncEngine

    async def of(self, experiment: int) -> TickLog:
        """All of an experiment. Raises NoResultFound where there is none."""
        of_looks = select(looks).where(looks.c.experiment == experiment).order_by(looks.c.id)
        of_ticks = select(ticks.c.id, ticks.c.received_at, ticks.c.body).where(ticks.c.experiment == experiment)
        async with self.engine.connect() as connection:
            rules = (await connection.execute(select(table.c.rules).where(table.c.id == experiment))).scalar_one()
            seen = (await connection.execute(of_looks)).all()
            told = (await connection.execute(of_ticks.order_by(ticks.c.id))).all()
        kept = tuple(KeptLook(one.id, one.at, one.taken, one.rules, one.stopped, one.digest) for one in seen)
        return TickLog(rules, kept, tuple(KeptTick(*one) for one in told))


@lru_cache(maxsize=64)
def gate_of(rules: str) -> GateConfig:
    """The gate of a stored block of rules. To size one takes milliseconds, and a log asks at every look."""
    return Config.model_validate_json(rules).judged_by
