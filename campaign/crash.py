"""Named points at which a process kills itself: before and after what is committed, and what GitHub is told.

`effects.record:after:3` means: right after the third time that an effect was recorded. Nothing of this is in the
product: the methods are wrapped from outside, by the campaign's own way into it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaign.lanes import DEAD, Journal

BEFORE, AFTER = "before", "after"

IN_WEB: Mapping[str, str] = {"inbox.commit": "app.store.inbox:Inbox._commit"}
IN_WORKER: Mapping[str, str] = {
    "handover.take": "app.engine.handover:HandOver.take",
    "handover.mark": "app.engine.handover:_mark",  # on SQLite between the two files' commits
    "handover.put": "app.engine.handover:HandOver.put",
    "engine.run": "app.engine.engine:Engine.run",  # after: the job is done, and DBOS does not know it yet
    "effects.begin": "app.store.effects:Effects.begin",
    "effects.record": "app.store.effects:Effects.record",
    "decisions.keep": "app.store.decisions:Decisions.keep",
    "provenance.append": "app.store.provenance:Provenance.append",
    "github.call": "app.github.caller:Caller.perform",
    "github.create_check_run": "app.github.repository:Repository.create_check_run",
    "github.update_check_run": "app.github.repository:Repository.update_check_run",
    "github.create_comment": "app.github.repository:Repository.create_comment",
    "github.update_comment": "app.github.repository:Repository.update_comment",
    "github.react": "app.github.repository:Repository.react",
}


@dataclass(slots=True)
class Crash:
    """Kills this process at the `nth` passage of one side of a point."""

    side: str
    nth: int
    journal: Journal
    passed: int = field(default=0)

    def passage(self, side: str) -> None:
        """Count; at the nth passage there is no return."""
        if side != self.side:
            return
        self.passed += 1
        if self.passed == self.nth:
            self.journal.note(DEAD)
            os.kill(os.getpid(), signal.SIGKILL)


def arm(spec: str, journal: Journal) -> None:
    """Let this process die as `spec` (point:side:nth) says."""
    name, side, nth = spec.split(":")
    module, _, path = {**IN_WEB, **IN_WORKER}[name].partition(":")
    *owners, attribute = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    setattr(owner, attribute, wrapped(getattr(owner, attribute), Crash(side, int(nth), journal)))


def wrapped(call: Callable[..., Any], crash: Crash) -> Callable[..., Any]:
    """`call`, told to `crash` before and after."""
    if inspect.iscoroutinefunction(call):

        @functools.wraps(call)
        async def later(*words: Any, **named: Any) -> Any:
            crash.passage(BEFORE)
            answer = await call(*words, **named)
            crash.passage(AFTER)
            return answer

        return later

    @functools.wraps(call)
    def at_once(*words: Any, **named: Any) -> Any:
        crash.passage(BEFORE)
        answer = call(*words, **named)
        crash.passage(AFTER)
        return answer

    return at_once
