"""What the guards of this process saw, told to Maestro: in the background, each window once, and never in the way.

A thread of its own does everything: the endpoint counts, and waits for nothing. What cannot be sent waits; where too
much waits, the oldest is given up and the next report says so. A forked child tells of its own calls alone.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from typing import NamedTuple

from speclive import remote
from speclive.destination import Side
from speclive.maestro import Maestro, said
from speclive.outbox import Outbox, Pace
from speclive.wire import VERSION, Counted, Exemplar, Remote, Report, Target, Watched

EVERY = 10.0  # seconds of one window
BATCH = 256  # exemplars of one report, and of a window that is told before its time
HEARTBEAT = 300.0  # seconds after which everything is told that there is, also what was not called
LONGEST = 3600.0  # seconds that a window may be said to have had
LOOK = 1.0  # seconds between two looks at how much there is to tell
KEPT = 202
"""The answer of Maestro alone: a 200 may be the page of whatever stands between."""
GIVEN_UP = frozenset({400, 409, 411, 413, 415, 422})
"""Answers that another try would not change. A token that is refused may be let in later: it is tried again."""

_log = logging.getLogger("speclive")


class Window(NamedTuple):
    """What was seen since the last one."""

    targets: list[Target]
    clauses: list[Counted]
    exemplars: list[Exemplar]
    watched: list[Watched]

    @property
    def empty(self) -> bool:
        """Whether nothing was called."""
        called = any(target.get("calls") for target in self.targets)
        return not (called or self.exemplars or any(clause["evaluated"] for clause in self.clauses))

    def news(self) -> Window:
        """Without what was not called."""
        targets = [target for target in self.targets if target.get("calls")]
        clauses = [clause for clause in self.clauses if clause["evaluated"]]
        return self._replace(targets=targets, clauses=clauses)


class Source(NamedTuple):
    """Where windows come from. `drain` takes what was seen; `pending` tells how many exemplars it would take."""

    drain: Callable[[], Window]
    pending: Callable[[], int]
    obey: Callable[[Remote], None]


class Exporter:
    """Tells Maestro at `url` what the guards see in this process of `service`, and asks it what they should do.

    `token`: of the repository, with the scope `speclive`. `sha`: the commit that runs. `side`: "control" or "canary"
    while an experiment splits the traffic, else "". `allow`: hosts that may be spoken to without TLS. ValueError where
    the address is not one.
    """

    def __init__(
        self,
        url: str,
        token: str,
        service: str,
        environment: str,
        sha: str,
        side: Side = "",
        *,
        source: Source,
        allow: tuple[str, ...] = (),
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._maestro = Maestro(url, token, allow, wall)
        self._service, self._environment, self._sha, self._side = service, environment, sha, side
        self._source, self._every, self._clock, self._wall = source, every, clock, wall
        self._outbox, self._pace = Outbox(), Pace()
        self._poller = remote.Poller(self._maestro, self._obey)
        self._whole = float("-inf")  # when all was told that there is, called or not
        self._refusal = ""
        self._begin()

    def _begin(self) -> None:
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asked = self._taken = self._done = 0  # flushes: wanted, begun, arrived
        self._until: float | None = None  # closing, until then at most
        self._since = self._clock()

    def __repr__(self) -> str:
        return f"Exporter({self._maestro!r}, {self._service!r}, {self._environment!r}, {self._sha!r})"

    def start(self) -> Exporter:
        """Begin to tell, in the background, and in every process that is forked off this one. Itself."""
        if self._thread is None:
            self._launch()
            _living.add(self)
            atexit.register(self.close)
        return self

    def flush(self, timeout: float = 5.0) -> bool:
        """Tell what was seen until now; whether all of it arrived within `timeout` seconds."""
        with self._turn:
            self._asked += 1
            mine = self._asked
            self._turn.notify_all()
            return self._turn.wait_for(lambda: self._done >= mine, timeout) if self._thread else False

    def close(self, timeout: float = 3.0) -> None:
        """Tell what is left, within `timeout` seconds, and end."""
        atexit.unregister(self.close)
        _living.discard(self)
        thread = self._thread
        if thread is None:
            return
        with self._turn:
            self._until = self._clock() + timeout
            self._asked += 1
            self._turn.notify_all()
        thread.join(timeout)

    def _launch(self) -> None:
        self._thread = threading.Thread(target=self._run, name="speclive", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                self._step()
            except Exception:  # a guard's own error never breaks the service; the next window is told again
                _log.exception("a report could not be made")
            with self._turn:
                left = self._asked != self._taken or len(self._outbox)
                if self._until is not None and (not left or self._until <= self._clock()):
                    return
                if self._asked == self._taken:
                    self._turn.wait(self._rest())

    def _step(self) -> None:
        with self._turn:
            asked, closing = self._asked, self._until is not None
        if not closing and not self._poller.rest(self._clock()):
            self._poller.poll(self._clock())
        if asked != self._taken:
            self._taken = asked
            self._pace.hurry()
            self._collect()
        elif self._due() <= 0 or self._source.pending() >= BATCH:
            self._collect()
        self._send()
        if not len(self._outbox):
            with self._turn:
                self._done = asked
                self._turn.notify_all()

    def _obey(self, told: Remote) -> None:
        with _AT_WORK:
            self._source.obey(told)

    def _due(self) -> float:
        return self._since + self._every - self._clock()

    def _rest(self) -> float:
        """The seconds until there is something to do."""
        now = self._clock()
        rests = [self._due(), self._poller.rest(now), LOOK]
        if len(self._outbox):
            rests.append(self._pace.rest(now))
        return max(min(rests), 0.001)

    def _collect(self) -> None:
        now, end = self._clock(), self._wall()
        lasted, self._since = now - self._since, now
        with _AT_WORK:
            window = self._source.drain()
        if now - self._whole >= HEARTBEAT:
            self._whole = now
        elif window.empty and not self._outbox.dropped:
            return
        else:
            window = window.news()
        for report in self._reports(window, end - min(lasted, LONGEST), end):
            self._outbox.put(report)

    def _reports(self, window: Window, start: float, end: float) -> list[Report]:
        """The reports of one window: its counts once, and in each at most `BATCH` exemplars and sketches."""
        clauses = _apart(window.clauses)
        most = max(-(-len(window.exemplars) // BATCH), -(-len(window.watched) // BATCH), len(clauses), 1)
        reports = [self._report(start, end) for _ in range(most)]
        reports[0]["targets"] = window.targets
        for number, report in enumerate(reports):
            part = slice(number * BATCH, (number + 1) * BATCH)
            report["exemplars"] = window.exemplars[part]
            report["clauses"] = clauses[number] if number < len(clauses) else []
            if sketches := window.watched[part]:
                report["watched"] = sketches
        return reports

    def _report(self, start: float, end: float) -> Report:
        return {
            "version": VERSION,
            "kind": "live",
            "id": uuid.uuid4().hex,
            "service": self._service,
            "environment": self._environment,
            "side": self._side,
            "sha": self._sha,
            "start": start,
            "end": end,
            "targets": [],
            "clauses": [],
            "exemplars": [],
        }

    def _send(self) -> None:
        """Send what waits longest; one that does not arrive stays."""
        head = self._outbox.head()
        if head is None or self._pace.rest(self._clock()):
            return
        answer = self._maestro.report(head.id, head.body)
        if answer.status == KEPT:
            self._outbox.sent()
            self._pace.worked()
            self._tell("")
        elif answer.status in GIVEN_UP:
            self._outbox.drop()
            self._tell(f"a report was refused: {said(answer)}")
        else:
            self._pace.failed(self._clock(), answer.wait(self._wall()))
            self._tell(f"Maestro could not be told, reports wait: {said(answer)}")

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._refusal:
            _log.warning("%s", trouble)
        self._refusal = trouble

    def _forked(self) -> None:
        """In a child: what was seen and not yet told is the parent's to tell."""
        self._outbox, self._pace = Outbox(), Pace()
        self._begin()
        self._source.drain()
        self._launch()


def _apart(clauses: list[Counted]) -> list[list[Counted]]:
    """So that none stands twice in one report, as it does after its card was edited under its name."""
    parts: list[dict[str, Counted]] = []
    for clause in clauses:
        part = next((part for part in parts if clause["id"] not in part), None)
        if part is None:
            parts.append(part := {})
        part[clause["id"]] = clause
    return [list(part.values()) for part in parts]


_AT_WORK = threading.Lock()
"""Held while the thread is among the guards: a child that was forked then would wait forever for what it held there."""

_living: weakref.WeakSet[Exporter] = weakref.WeakSet()


def _after_fork() -> None:
    _AT_WORK.release()
    for exporter in tuple(_living):
        exporter._forked()


os.register_at_fork(before=_AT_WORK.acquire, after_in_parent=_AT_WORK.release, after_in_child=_after_fork)
