"""`maestro gate watch`: the gate on a Prometheus, tick by tick, until there is an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor

import aiohttp
import click

from app.commands.thinned import Thinned
from app.sources import Prometheus, SourceError, Window, check, read
from app.wire import Tuning, Wire, WireError, own
from checks.experiment import Gate, GateState, Watched

MOST_TICKS = 120  # read at a time: after a pause the rest comes with the next tick


@dataclass(slots=True)
class Watch:
    """Feeds `gate` from `source`. Ticks that have not settled are read again each time: late figures still count."""

    gate: Gate
    config: Watched
    source: Prometheus
    began: float
    told: Callable[[str], None]
    course: Thinned[GateState] = field(default_factory=Thinned)

    async def until_answered(self, kept: Callable[[], None]) -> None:
        """Look once a tick; `kept` is called after each look."""
        seconds = self.config.tick_seconds
        while not self.gate.state.status.final:
            now = time.time()
            await self._look(now)
            kept()
            if not self.gate.state.status.final:
                await asyncio.sleep(seconds - (time.time() - self.began) % seconds)

    async def _look(self, now: float) -> None:
        state = self.gate.state
        window = self._window(state, now)
        if window.ticks:
            try:
                found = await read(self.source, self.config, window)
            except (SourceError, WireError) as error:
                self.told(f"not read: {error}")
            else:
                for tick in found.ticks:
                    self.course.add(self.gate.update(tick))
        self.course.add(self.gate.look(now))
        self._say()

    def _window(self, state: GateState, now: float) -> Window:
        """From the last tick that was scored to the last that is over."""
        seconds = self.config.tick_seconds
        first = self.began if state.scored is None else state.scored
        ticks = min(floor((now - first) / seconds + 1e-9), MOST_TICKS)
        return Window(first, seconds, max(ticks, 0))

    def _say(self) -> None:
        state = self.gate.state
        self.told(
            f"{state.status.value}: {state.samples:,} canary requests, "
            f"log-e {state.log_e_promote:.2f} to promote, {state.log_e_rollback:.2f} to roll back"
        )


async def watch(gate: Gate, config: Watched, address: str, token: str, kept: Callable[[], None]) -> Thinned[GateState]:
    """The states until the answer, from now on or from where `gate` stands.

    Raises ValueError for what is no address, and BadSelector, which is one, for what is no selector.
    """
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        tuning = Tuning(attempts=2, total=min(20.0, config.tick_seconds), first_wait=0.2)
        source = Prometheus(Wire(session, own(address), tuning, token), {})
        check(source, config)
        began = gate.state.began or time.time()
        watched = Watch(gate, config, source, began, lambda said: click.echo(said, err=True))
        await watched.until_answered(kept)
        return watched.course
